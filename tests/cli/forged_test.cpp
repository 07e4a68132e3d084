// Somebody with a write key, or a file, tries to say facts of the system: by each door, under each name of the table.
// Nothing reads them as such: nobody is marked, refused, left out of a segment, or given a trait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "profiles/system_facts.hpp"

namespace tessera::cli {
namespace {

using testing::HasSubstr;

constexpr std::string_view kForged = R"("$marked":"bot","$profiling":false,"tier":"gold","$by":"a person")";

class Forged : public testing::Test {
 protected:
  void SetUp() override {
    work.write("s.tsl",
               "segment \"Here\" = did Seen\n"
               "segment \"Marked\" = trait $marked is known\n"
               "segment \"Golden\" = trait tier = \"gold\"\n");
    for (const profiles::SystemStreamRow& row : profiles::kSystemStreams) {
      csv += fmt::format("ann,2026-01-02T10:00:00Z,{},bot,false,gold\n", row.name);
      calls += fmt::format(
          R"({{"type":"track","userId":"ann","event":"{}","timestamp":"2026-01-02T10:00:00Z","properties":{{{}}}}})"
          "\n",
          row.name, kForged);
      ga4 += fmt::format(R"({{"event_name":"{}","event_timestamp":1767348000000000,"user_id":"ann","event_params":)"
                         R"([{{"key":"$marked","value":{{"string_value":"bot"}}}}]}})"
                         "\n",
                         row.name);
      lines += fmt::format(R"({{"who":"ann","at":"2026-01-02T10:00:00Z","what":"{}",{}}})"
                           "\n",
                           row.name, kForged);
    }
    csv += "ann,2026-01-02T10:00:00Z,Seen,bot,false,gold\n";
    work.write("log.csv", csv);
    work.write("calls.jsonl", calls);
    work.write("ga4.jsonl", ga4);
    work.write("log.jsonl", lines);
  }
  // By files, into a record or over HTTP into a server's.
  void import(const std::string& store) {
    const std::string tessera = "tessera --store " + store + " import ";
    const std::string map = "--map customer=who,time=at,event=what";
    EXPECT_EQ(work.sh(tessera + "log.csv " + map + ",'$marked=$marked','$profiling=$profiling',tier=tier").code, 0);
    for (const std::string& rest : {std::string("calls.jsonl --preset segment"), std::string("ga4.jsonl --preset ga4"),
                                    "log.jsonl " + map + ",tier=tier"}) {
      const Ran ran = work.sh(tessera + rest);
      EXPECT_THAT(ran.out + ran.err, HasSubstr("reserved-event-name")) << rest;
    }
  }
  std::string ask(const std::string& what) {
    const Ran ran = work.sh("tessera --store s.db " + what);
    EXPECT_EQ(ran.code, 0) << what << ": " << ran.err;
    return ran.out;
  }
  void expect_nothing_forged() {
    EXPECT_EQ(ask("segments members Here"), "ann\n") << "she is not left out";
    EXPECT_EQ(ask("segments members Marked"), "");
    EXPECT_EQ(ask("segments members Golden"), "");
    EXPECT_THAT(ask("customers marked --format csv"), testing::Not(HasSubstr("ann")));
    EXPECT_EQ(ask("sql \"SELECT event FROM tessera.catalogue WHERE kind = 'event'\" --format csv"), "event\nSeen\n");
    EXPECT_EQ(ask("sql \"SELECT DISTINCT reason FROM tessera.reject\" --format csv"), "reason\nreserved-event-name\n");
  }

  Workplace work;
  std::string csv = "who,at,what,$marked,$profiling,tier\n", calls, ga4, lines;
};

TEST_F(Forged, FilesIntoARecord) {
  import("s.db");
  ASSERT_EQ(work.sh("tessera --store s.db segments apply s.tsl").code, 0);
  expect_nothing_forged();
}

TEST_F(Forged, CallsAndFilesToAServer) {
  Serving server(work.path("s.db"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const auto send = [&](std::string_view route, const std::string& more) {
    const auto answer = server.ask("POST", route, fmt::format(R"({{"writeKey":"{}",{}}})", server.key(), more));
    EXPECT_EQ(answer.status, 200) << answer.body;
  };
  for (const profiles::SystemStreamRow& row : profiles::kSystemStreams) {
    const std::string call =
        fmt::format(R"("type":"track","userId":"ann","event":"{}","properties":{{{}}})", row.name, kForged);
    send("/v1/track", call);
    send("/v1/batch", fmt::format(R"("batch":[{{{}}}])", call));
  }
  send("/v1/track", R"("type":"track","userId":"ann","event":"Seen")");
  const std::string address = fmt::format("http://127.0.0.1:{}", server.port());
  import(address);
  ASSERT_EQ(work.sh("tessera --store " + address + " segments apply s.tsl").code, 0);
  EXPECT_EQ(work.sh("tessera --store " + address + " segments members Here").out, "ann\n");
  EXPECT_EQ(server.stop(), 0) << server.errors();
  expect_nothing_forged();
}

}  // namespace
}  // namespace tessera::cli

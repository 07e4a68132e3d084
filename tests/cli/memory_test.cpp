// What one request may cost: memory, time and places. The plain server under a limit of its address space, given what
// ended it before: answers that were held, texts that are gigabytes, files that unpack to them, bodies of strangers. It
// says no to that one and goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/gzip.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

namespace tessera::cli {
namespace {

using http::Answer;
using http::Raw;
using testing::HasSubstr;
using testing::Not;

constexpr uint64_t kMega = 1 << 20;

// Where the binary is sanitized, it cannot be limited (shadow memory), and counts nothing.
#if defined(TESSERA_BINARY_SANITIZED)
constexpr uint64_t kAddressSpace = 0, kResident = uint64_t{1} << 50;
#define ONLY_PLAIN() GTEST_SKIP() << "of the plain binary"
#else
constexpr uint64_t kAddressSpace = 2048 * kMega, kResident = 1200 * kMega;
#define ONLY_PLAIN() static_cast<void>(0)
#endif

class OneRequest : public testing::Test {
 protected:
  void serve(const std::vector<std::string>& more = {}) {
    server.start(more, kAddressSpace);
    ASSERT_TRUE(server.is_up()) << server.errors();
    store = fmt::format("http://127.0.0.1:{}", server.port());
    ASSERT_EQ(track(1).status, 200);
  }
  Answer track(int n, const std::string& headers = "") const {
    Raw raw(server.port());
    raw.send(request("POST", "/v1/track?writeKey=" + server.key(),
                     fmt::format(R"({{"messageId":"m{0}","userId":"u{0}","event":"Order Completed"}})", n), headers));
    return raw.answer();
  }
  Ran sql(const std::string& question, const std::string& format = "csv") const {
    return work.sh(fmt::format("tessera --store {} --format {} sql \"{}\" > answer.txt", store, format, question));
  }
  // It goes on: events are taken, questions answered, and it ends as it should with every event there once.
  void goes_on() {
    EXPECT_EQ(server.ask("GET", "/healthz").status, 200);
    EXPECT_EQ(track(2).status, 200);
    EXPECT_EQ(sql("SELECT count(*) AS n FROM order_completed").code, 0);
    EXPECT_EQ(work.read("answer.txt"), "n\n2\n");
    const uint64_t most = server.most_resident_bytes();
    fmt::print("at most {} MB resident\n", most / kMega);
    EXPECT_LT(most, kResident);
    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_THAT(server.errors(), Not(HasSubstr("terminate")));
  }

  Workplace work;
  Serving server{work.path("s.db")};
  std::string store;
};

// --- SQL

TEST_F(OneRequest, AnAnswerOfAnySizeIsSentWhileItIsMade) {
  serve();
  const uint64_t before = server.resident_bytes();
  const Ran ran =
      work.sh(fmt::format("tessera --store {} --format csv sql 'SELECT * FROM range(20000000)' | tail -n 1", store));
  EXPECT_EQ(ran.out, "19999999\n") << ran.err;
  const uint64_t grown = server.most_resident_bytes() - std::min(before, server.most_resident_bytes());
  fmt::print("20,000,000 rows: {} MB more\n", grown / kMega);
  EXPECT_LT(grown, 200 * kMega);
  for (const char* const format : {"json", "text"}) {
    EXPECT_EQ(sql("SELECT range AS a, 'x' AS b FROM range(300000)", format).code, 0) << format;
    EXPECT_THAT(work.read("answer.txt"), HasSubstr("299999")) << format;
  }
  goes_on();
}

TEST_F(OneRequest, TextsOfGigabytesAreAnErrorOfTheQuestion) {
  ONLY_PLAIN();
  serve();
  for (const char* const question :
       {"SELECT length(repeat('x', 4000000000) || repeat('y', 4000000000))",
        "SELECT repeat('x', 100000000) FROM range(2048)",
        "SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(5000)",
        "SELECT list_transform(range(200000000), lambda x: 'a text that is too long to lie in place ' || x)",
        "SELECT len(list(repeat('x', 1000) || range)) FROM range(10000000)",
        "SELECT rpad('x', 2000000000, 'y'), rpad('x', 2000000000, 'z'), rpad('x', 2000000000, 'a')"}) {
    const Ran ran = sql(question);
    EXPECT_EQ(ran.code, 1) << question << "\n" << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("memory")) << question;
    EXPECT_EQ(server.ask("GET", "/healthz").status, 200) << question;
  }
  goes_on();
}

TEST_F(OneRequest, AStatementThatIsAProgramsIsRefusedBeforeItIsPlanned) {
  serve();
  const auto ask = [&](const std::string& question) {
    const std::string words = Json::array().add("sql").add(question).dump();
    return server.ask("POST", "/api/v1/commands", fmt::format(R"({{"words": {}}})", words)).body;
  };
  std::string ors = "SELECT 1 FROM range(10) WHERE range = 0", list = "SELECT 1 FROM range(10) WHERE range IN (0",
              names = "SELECT 0";
  for (int i = 1; i < 100'000; ++i) {
    ors += fmt::format(" OR range = {}", i);
    list += fmt::format(", {}", i);
    names += fmt::format(", {}", i);
  }
  for (const std::string& question : {ors, list, names}) EXPECT_THAT(ask(question), HasSubstr("at most 131072 bytes"));
  // The longest that are taken.
  for (std::string question : {ors, list + ""}) {
    question.resize(130'000);
    question.resize(question.find_last_of(question == ors.substr(0, 130'000) ? "O" : ","));
    if (question.contains("IN (")) question += ")";
    const SystemClock clock;
    const Instant begun = clock.now();
    EXPECT_THAT(ask(question), HasSubstr("1\n")) << question.substr(0, 60);
    fmt::print("{} bytes of conditions: {} ms\n", question.size(), (clock.now() - begun).ms);
    EXPECT_LT((clock.now() - begun).ms, 60'000);
  }
  goes_on();
}

TEST_F(OneRequest, AQuestionHasItsTimeAndItsRows) {
  serve({"--sql-time", "1 second", "--sql-rows", "1000"});
  const Ran slow = sql("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b");
  EXPECT_EQ(slow.code, 1);
  EXPECT_THAT(slow.err, HasSubstr("longer than 1 seconds"));
  const Ran sorted = sql("SELECT a.range FROM range(1000000) a, range(1000000) b ORDER BY hash(a.range)");
  EXPECT_EQ(sorted.code, 1);
  const Ran many = sql("SELECT * FROM range(1001)");
  EXPECT_EQ(many.code, 1);
  EXPECT_THAT(many.err, HasSubstr("more than 1000 rows"));
  EXPECT_EQ(sql("SELECT * FROM range(1000)").code, 0);
  goes_on();
}

// --- files that are small until they are unpacked

TEST_F(OneRequest, AFileThatUnpacksToGigabytesIsRefusedAndALargeOneIsTaken) {
  serve();
  const auto import = [&](const std::string& body, const std::string& options = "&yes") {
    Raw raw(server.port());
    raw.send(request("POST", "/api/v1/imports?map=customer=who,time=at,event=what&zone=UTC" + options, body));
    return raw.answer();
  };
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += fmt::format("c{},2026-01-01T00:00:{:02},Seen\n", i % 500, i % 60);
  const std::string head = gzipped("who,at,what\n"), member = gzipped(lines);
  std::string wide;
  for (int i = 0; i < 20'000; ++i)
    wide += fmt::format("c{},2026-01-01T00:00:{:02},Seen,{:x>400}\n", i % 500, i % 60, "");
  std::string bomb = gzipped("who,at,what,note\n");
  for (const std::string more = gzipped(wide); bomb.size() + more.size() < 7 * kMega;) bomb += more;
  const Answer refused = import(bomb);
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("256 MB when it is unpacked"));
  // Zeros: a line without an end.
  std::string zeros;
  const std::string zero = gzipped(std::string(16 * kMega, '\0'));
  for (int i = 0; i < 64; ++i) zeros += zero;
  EXPECT_EQ(import(zeros).status, 422);
  // A line without an end that is just below.
  std::string line = gzipped("who,at,what\n");
  for (int i = 0; i < 15; ++i) line += gzipped(std::string(16 * kMega, 'x'));
  EXPECT_THAT(import(line).status, testing::AnyOf(422, 200));
  // Ten megabytes of usual rows.
  std::string usual = head;
  for (int i = 0; i < 20; ++i) usual += member;
  const Answer taken = import(usual);
  EXPECT_EQ(taken.status, 200) << taken.body;
  EXPECT_THAT(taken.body, HasSubstr("400000")) << taken.body;
  goes_on();
}

// --- bodies that do not come to their end

TEST_F(OneRequest, UnfinishedBodiesOfStrangersAreBoundedTogether) {
  serve({"--memory", "256M"});
  const uint64_t before = server.resident_bytes();
  const std::string most(3'900'000, ' ');
  std::vector<Raw> open;
  size_t refused = 0;
  for (int i = 0; i < 100; ++i) {
    Raw& one = open.emplace_back(server.port());
    one.send("POST /rudder/v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n");
    if (!one.send(most)) ++refused;
  }
  // One whose key is known is taken beside them; so is whoever manages.
  Raw sender(server.port());
  sender.send(request("POST", "/v1/batch?writeKey=" + server.key(),
                      R"({"batch":[{"type":"track","userId":"x","event":"Big","properties":{"a":")" +
                          std::string(30'000, 'x') + "\"}}]}"));
  EXPECT_EQ(sender.answer().status, 200);
  EXPECT_EQ(server.ask("PUT", "/api/v1/segments", "segment \"A\" = did \"Big\"").status, 200);
  size_t told = 0;
  for (Raw& each : open) {
    const Answer answer = each.fill(0) ? each.answer() : Answer{};
    if (answer.status == 503) {
      ++told;
      EXPECT_TRUE(answer.has("Retry-After"));
    }
  }
  const uint64_t grown = server.most_resident_bytes() - before;
  fmt::print("100 unfinished bodies of 3.9 MB: {} MB more, {} told to come again\n", grown / kMega, told + refused);
  EXPECT_GT(told + refused, 50u);
  EXPECT_LT(grown, 200 * kMega) << "16 MB of them are held, and what is being read";
  const std::string metrics = server.ask("GET", "/metrics").body;
  EXPECT_THAT(metrics, Not(HasSubstr("tessera_http_refused{reason=\"no_memory\"} 0")));
  open.clear();
  EXPECT_THAT(server.errors(), HasSubstr("connections refused"));
  goes_on();
}

// --- whoever is gone

TEST_F(OneRequest, WhoeverLeavesEndsWhatHeAsked) {
  serve();
  const SystemClock clock;
  // What the one thread of commands does is seen by how long the next one waits for it.
  const auto next_after = [&](const std::string& question) {
    {
      Raw raw(server.port());
      const std::string words = Json::array().add("sql").add(question).dump();
      raw.send(request("POST", "/api/v1/commands", fmt::format(R"({{"words": {}}})", words)));
      EXPECT_EQ(raw.answer(false).status, 200);
    }
    const Instant left = clock.now();
    EXPECT_EQ(sql("SELECT 1").code, 0);
    return clock.now() - left;
  };
  const Duration alone = [&] {
    const Instant begun = clock.now();
    EXPECT_EQ(sql("SELECT 1").code, 0);
    return clock.now() - begun;
  }();
  for (const char* const question :
       {"SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b",
        "SELECT count(DISTINCT hash(a.range, b.range)) FROM range(100000) a, range(100000) b",
        "SELECT * FROM range(1000000000)"}) {
    const Duration waited = next_after(question);
    fmt::print("{}: the next waited {} ms ({} alone)\n", question, waited.ms, alone.ms);
    EXPECT_LT(waited.ms, 10 * alone.ms + 5'000) << question << " would take minutes";
  }
  goes_on();
}

// --- places

TEST_F(OneRequest, OneAddressHoldsItsConnectionsAndHealthIsAnsweredBesideThem) {
  serve({"--connections-of-one", "50"});
  std::vector<Raw> silent;
  for (int i = 0; i < 300; ++i) silent.emplace_back(server.port());
  EXPECT_EQ(server.ask("GET", "/healthz").status, 200);
  EXPECT_EQ(server.ask("GET", "/readyz").status, 200);
  EXPECT_EQ(server.ask("GET", "/api/v1/segments").status, 200);
  const Answer other = track(7);
  EXPECT_EQ(other.status, 503) << "not for others from there";
  EXPECT_TRUE(other.has("Retry-After"));
  EXPECT_THAT(server.ask("GET", "/metrics").body, Not(HasSubstr("tessera_http_refused{reason=\"of_one_address\"} 0")));
  silent.clear();
  goes_on();
}

TEST_F(OneRequest, WhoSendsTooOftenIsToldWhen) {
  serve({"--rate-of-address", "2"});
  int taken = 0;
  Answer last;
  for (int i = 0; i < 300; ++i) {
    last = track(2);
    taken += last.status == 200;
    if (last.status != 200) break;
  }
  EXPECT_EQ(last.status, 429);
  EXPECT_TRUE(last.has("Retry-After: "));
  EXPECT_TRUE(last.has("X-RateLimit-Reset: "));
  EXPECT_GT(taken, 100);
  EXPECT_EQ(server.ask("GET", "/api/v1/segments").status, 200);
  // Wrong tokens: 401, then 429.
  int wrong = 0, often = 0;
  Raw raw(server.port());
  for (int i = 0; i < 200; ++i) {
    raw.send(request("GET", "/api/v1/segments", {}, "Authorization: Bearer tsk_no\r\n"));
    const int status = raw.answer().status;
    wrong += status == 401;
    often += status == 429;
  }
  EXPECT_GE(wrong, 100);
  EXPECT_GT(often, 0);
  EXPECT_THAT(server.ask("GET", "/metrics").body, Not(HasSubstr("tessera_tracking_told_to_wait 0")));
  EXPECT_EQ(server.stop(), 0) << server.errors();
  EXPECT_THAT(server.errors(), HasSubstr("rate_of_address"));
}

}  // namespace
}  // namespace tessera::cli

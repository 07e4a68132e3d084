// From when a question looks where nobody says: the newest event of a record that has ended, by every command that looks
// from an instant, and said so; now on a server. And the zone by which times are read.
#include <map>

#include <gtest/gtest.h>

#include "cli/command.hpp"
#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

constexpr std::string_view kNote = "looking from 2011-12-09, your newest event; --as-of now for today";

// Of each command that looks from an instant, how it is called. A command that is not here fails the test.
const std::map<std::string, std::string> kCalls = {
    {"segments count", "segments count -e 'did \"Order Completed\" in the last 30 days'"},
    {"segments members", "segments members -e 'did \"Order Completed\" in the last 30 days'"},
    {"segments explain", "segments explain -e 'did \"Order Completed\" in the last 30 days' --customer c001"},
    {"export", "export -e 'did \"Order Completed\" in the last 30 days'"},
    {"customer", "customer c001"},
    {"letter", "letter --since '30 days'"},
    {"hunch", "hunch 'did \"Order Completed\"' then 'did \"Order Completed\" in the last 90 days'"},
    {"discover", "discover --no-hiding --no-keep"},
    {"adopt", "adopt --dry-run"},
};

class AnOldRecord : public testing::Test {
 protected:
  void SetUp() override {
    // 240 customers who ordered every 20 days; the last day is 2011-12-09, and one order is dated far ahead.
    std::string text = "customer,date,order,amount\n";
    for (int c = 0; c < 240; ++c)
      for (int i = 0; i <= c % 7; ++i)
        text +=
            fmt::format("c{:03},{},o{}-{},{}\n", c,
                        text_of(*parse_instant("2011-12-09T12:00:00Z") - kDay * (20 * i + c % 40)).substr(0, 19) + "Z",
                        c, i, 5 + c % 11);
    work.write("orders.csv", text);
    const Ran made = work.sh(
        "tessera import orders.csv --yes --zone UTC && tessera --as-of 2011-12-09 discover --no-hiding > found");
    ASSERT_EQ(made.code, 0) << made.err;
  }
  Workplace work;
};

TEST_F(AnOldRecord, IsLookedAtFromItsNewestEventByEveryCommand) {
  size_t looked = 0;
  for (const Command& command : commands()) {
    const auto call = kCalls.find(std::string(command.path));
    if (command.looks != Looks::FromAnInstant) {
      EXPECT_EQ(call, kCalls.end()) << command.path << " says in its row that it looks from nowhere";
      continue;
    }
    SCOPED_TRACE(command.path);
    ASSERT_NE(call, kCalls.end()) << "say here how it is called";
    ++looked;
    const Ran usual = work.sh("tessera " + call->second);
    EXPECT_EQ(usual.code, 0) << usual.err;
    EXPECT_NE(usual.err.find(kNote), std::string::npos) << usual.err;
    EXPECT_EQ(usual.err.find(kNote), usual.err.rfind(kNote)) << "is said once: " << usual.err;
    const Ran newest = work.sh("tessera --as-of newest " + call->second);
    EXPECT_EQ(newest.code, 0) << newest.err;
    EXPECT_EQ(newest.err.find("looking from"), std::string::npos) << newest.err;
    // A hunch and a discovery look from just after it.
    if (command.path != "hunch" && command.path != "discover") {
      EXPECT_EQ(newest.out, usual.out);
    }
    const Ran now = work.sh("tessera --as-of now " + call->second);
    EXPECT_EQ(now.err.find("looking from"), std::string::npos) << now.err;
    const Ran given = work.sh("tessera --as-of 2011-12-01 " + call->second);
    EXPECT_EQ(given.err.find("looking from"), std::string::npos) << given.err;
    const auto json = parse_json(work.sh("tessera --format json " + call->second).out);
    if (command.path == "export") continue;  // its answer is the list itself
    ASSERT_TRUE(json.has_value());
    EXPECT_EQ(json->find("as_of_is") ? json->find("as_of_is")->text_or("") : "", "newest");
    const auto said = parse_json(work.sh("tessera --format json --as-of 2011-12-01 " + call->second).out);
    ASSERT_TRUE(said.has_value());
    EXPECT_EQ(said->find("as_of_is")->text_or(""), "given");
  }
  EXPECT_EQ(looked, kCalls.size());
}

TEST_F(AnOldRecord, CountsWhatWasSoAtItsEnd) {
  const std::string ask = "segments count -e 'did \"Order Completed\" in the last 40 days'";
  const std::string end = work.sh("tessera --as-of 2011-12-09T12:00:00Z " + ask).out;
  EXPECT_EQ(work.sh("tessera " + ask).out, end);
  EXPECT_EQ(work.sh("tessera --as-of newest " + ask).out, end);
  EXPECT_EQ(work.sh("tessera --as-of now " + ask).out, "0\n");
  EXPECT_EQ(end, "240\n");
  EXPECT_NE(work.sh("tessera --as-of yesterday " + ask).err.find("now or newest"), std::string::npos);
}

// What is dated ahead is no newest event, and neither makes the record a living one.
TEST_F(AnOldRecord, LooksPastWhatIsDatedAhead) {
  work.write("ahead.csv", "customer,date,order,amount\nc001,2190-01-01T00:00:00Z,o-ahead,5\n");
  ASSERT_EQ(work.sh("tessera import ahead.csv --yes --zone UTC --keep future-time").code, 0);
  const Ran ran = work.sh("tessera segments count -e 'did \"Order Completed\" in the last 40 days'");
  EXPECT_NE(ran.err.find(kNote), std::string::npos) << ran.err;
  EXPECT_EQ(ran.out, "240\n");
  EXPECT_NE(work.sh("tessera discover --no-hiding --no-keep").err.find(kNote), std::string::npos);
}

TEST_F(AnOldRecord, IsLookedAtFromNowByAServer) {
  Serving server{work.path("tessera.duckdb")};
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string address = fmt::format("tessera --store http://127.0.0.1:{} ", server.port());
  const std::string ask = "segments count -e 'did \"Order Completed\" in the last 40 days'";
  const Ran usual = work.sh(address + ask);
  EXPECT_EQ(usual.out, "0\n") << usual.err;
  EXPECT_EQ(usual.err.find("your newest event"), std::string::npos) << usual.err;
  EXPECT_EQ(work.sh(address + "--as-of newest " + ask).out, "240\n");
}

TEST(Zone, IsThatOfTheDefinitionTheQuestionAndTheRecord) {
  const Workplace work;
  work.write("orders.csv",
             "customer,date,order,amount\na,2026-03-01T23:30:00Z,o1,5\nb,2026-07-01T22:30:00Z,o2,5\n"
             "c,2026-07-01T21:30:00Z,o3,5\n");
  ASSERT_EQ(work.sh("tessera import orders.csv --yes --zone UTC").code, 0);
  const std::string ask = "segments members -e 'last(\"Order Completed\".$hour) = 0' --as-of 2026-08-01 ";
  EXPECT_EQ(work.sh("tessera zone").out, "UTC\n");
  EXPECT_EQ(work.sh("tessera " + ask).out, "");
  EXPECT_EQ(work.sh("tessera " + ask + "--zone Europe/Berlin").out, "a\nb\n");
  EXPECT_EQ(work.sh("tessera zone Europe/Athens").out, "Europe/Athens\n");
  EXPECT_EQ(work.sh("tessera zone").out, "Europe/Athens\n");
  EXPECT_EQ(work.sh("tessera " + ask).out, "c\n") << "summer time is an hour more";
  EXPECT_EQ(work.sh("tessera " + ask + "--zone Europe/Berlin").out, "a\nb\n");
  work.write("my.tsl", "segment \"Midnight\" zone \"UTC\" = last(\"Order Completed\".$hour) = 23\n");
  ASSERT_EQ(work.sh("tessera segments apply my.tsl").code, 0);
  EXPECT_EQ(work.sh("tessera segments members Midnight --as-of 2026-08-01 --zone Asia/Tokyo").out, "a\n");
  const Ran wrong = work.sh("tessera " + ask + "--zone Europe/Berln");
  EXPECT_NE(wrong.code, 0);
  EXPECT_NE(wrong.err.find("did you mean 'Europe/Berlin'?"), std::string::npos) << wrong.err;
  EXPECT_NE(work.sh("tessera zone Nowhere/City").code, 0);
}

}  // namespace
}  // namespace tessera::cli

// What the versions before left behind is read: a record, and the log of a server that was killed before it had recorded
// what it had acknowledged. tests/cli/upgrade/before/make.sh says how they came to be.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"

namespace tessera::cli {
namespace {

using testing::HasSubstr;

const std::string kKept = TESSERA_SOURCE_DIR "/tests/cli/upgrade/before/";

// What questions.sh says of the store beside what it said then; empty: the same.
std::string difference(const Workplace& work, const std::string& store, const std::string& then) {
  return work
      .sh("sh " + kKept + "questions.sh " TESSERA_BINARY " " + store + " > now.txt 2>&1; diff " + then + " now.txt")
      .out;
}

struct Before : testing::TestWithParam<const char*> {
  std::string kept(const std::string& file) const { return kKept + GetParam() + "/" + file; }
  // Whether the version's tables were others than today's.
};
INSTANTIATE_TEST_SUITE_P(Versions, Before, testing::Values("0.1.0", "0.2.0"), [](const auto& of) {
  std::string name = of.param;
  std::ranges::replace(name, '.', '_');
  return name;
});

std::string sql(const Workplace& work, const std::string& store, const std::string& query) {
  const Ran ran = work.sh("tessera --store " + store + " sql \"" + query + "\" --format csv");
  EXPECT_EQ(ran.code, 0) << ran.err;
  return ran.out;
}

TEST_P(Before, ARecordIsMigratedAndSaysWhatItSaid) {
  const Workplace work;
  ASSERT_EQ(work.sh("gunzip -c " + kept("record.duckdb.gz") + " > old.duckdb && cp old.duckdb served.duckdb").code, 0);
  const Ran doctor = work.sh("tessera --store old.duckdb doctor");
  EXPECT_EQ(doctor.code, 0) << doctor.out << doctor.err;
  EXPECT_THAT(doctor.err, HasSubstr("was brought up to this version"));
  EXPECT_EQ(difference(work, "old.duckdb", kept("record.txt")), "");
  EXPECT_EQ(sql(work, "old.duckdb", "SELECT event, system FROM tessera.catalogue WHERE event LIKE '$%' ORDER BY event"),
            "event,system\n$assigned,0\n$group,2\n$identify,1\n$pageview,0\n$ruling,3\n")
      << "what is not in the table is the senders'";
  // An event with a dollar is one of any event now: an order and a page view are two.
  work.write("two.tsl", "segment \"Two\" = did \"$pageview\" and at least 2 any event");
  ASSERT_EQ(work.sh("tessera --store old.duckdb segments apply two.tsl").code, 0);
  EXPECT_EQ(work.sh("tessera --store old.duckdb --as-of 2027-01-01 segments members Two").out, "ann\ncid\n");
  Serving server(work.path("served.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(difference(work, fmt::format("http://127.0.0.1:{}", server.port()), kept("record.txt")), "");
  EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST_P(Before, ALogThatNobodyHadRecordedIsRead) {
  const Workplace work;
  ASSERT_EQ(work.sh("tar -xzf " + kept("served.tar.gz")).code, 0);
  ASSERT_EQ(work.sh("cp record.duckdb untouched.duckdb; cp record.duckdb.wal untouched.duckdb.wal").code, 0);
  EXPECT_EQ(sql(work, "untouched.duckdb", "SELECT count(*) AS n FROM tessera.entry WHERE kind = 'live'"), "n\n0\n")
      << "all of it is in the log alone";
  Serving server(work.path("record.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(server.stop(), 0) << server.errors();
  EXPECT_EQ(difference(work, "record.duckdb", kept("served.txt")), "");
  // And it is served as it is asked.
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(difference(work, fmt::format("http://127.0.0.1:{}", server.port()), kept("served.txt")), "");
  EXPECT_EQ(server.stop(), 0) << server.errors();
}

}  // namespace
}  // namespace tessera::cli

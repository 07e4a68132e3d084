// What a server and a reader of the record say where files are gone, older than they were, others, cut off or damaged:
// the file and what to do, every time; never a start as if nothing had been.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/random.hpp"

namespace tessera::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Recovery : public testing::Test {
 protected:
  void start(const std::vector<std::string>& more = {}) {
    server.start(more);
    ASSERT_TRUE(server.is_up()) << server.errors();
  }
  // What it says when it does not start.
  std::string refusal() {
    const size_t before = server.errors().size();
    server.start();
    EXPECT_FALSE(server.is_up());
    return server.errors().substr(before);
  }
  void track(int from, int to) {
    for (int i = from; i < to; ++i)
      ASSERT_EQ(server
                    .ask("POST", "/v1/track?writeKey=" + server.key(),
                         fmt::format(R"({{"userId":"u{0}","event":"Paid","messageId":"m{0}"}})", i))
                    .status,
                200);
  }
  std::string events() const {
    return work.sh("tessera --store s.db sql 'SELECT count(*) FROM paid' --format csv").out;
  }

  Workplace work;
  Serving server{work.path("s.db")};
};

TEST_F(Recovery, ALogThatIsGoneIsRefusedUntilSomebodyGivesItUp) {
  start();
  track(0, 5);
  server.kill();
  work.sh("mv s.db.log away");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("the log that the record has followed is missing"), HasSubstr("s.db.log"),
                               HasSubstr("serve --new-log")));
  work.sh("rmdir s.db.log 2>/dev/null || true; mv away s.db.log");
  start();
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(events(), "count_star()\n5\n") << "nothing was lost by the refusal";
  work.sh("rm -r s.db.log");
  start({"--new-log"});
  track(5, 8);
  EXPECT_EQ(server.stop(), 0);
  start();
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(events(), "count_star()\n8\n");
}

TEST_F(Recovery, ItsLastFileToo) {
  start();
  track(0, 3);
  server.kill();
  work.sh("rm s.db.log/*.log");
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("the files of the log are missing"), HasSubstr("mv "), HasSubstr("--new-log")));
}

TEST_F(Recovery, AnOlderCopyIsTooShort) {
  start();
  track(0, 3);
  EXPECT_EQ(server.stop(), 0);
  work.sh("cp -r s.db.log older");
  start();
  track(3, 6);
  EXPECT_EQ(server.stop(), 0);
  work.sh("rm -r s.db.log && mv older s.db.log");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("the end of the log is gone"), HasSubstr("--new-log")));
  work.sh("mv s.db.log aside");
  start({"--new-log"});
  track(6, 7);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(events(), "count_star()\n7\n");
}

TEST_F(Recovery, TheLogOfAnotherRecordIsNotTaken) {
  start();
  track(0, 3);
  EXPECT_EQ(server.stop(), 0);
  work.sh("mv s.db other.db && mv s.db.log other.log");
  start();
  track(0, 9);
  EXPECT_EQ(server.stop(), 0);
  work.sh("rm -r s.db.log && mv other.log s.db.log");
  EXPECT_THAT(refusal(), HasSubstr("is another log than the one that the record has followed"));
  server.start({"--new-log"});
  EXPECT_FALSE(server.is_up());
  EXPECT_THAT(server.errors(), HasSubstr("a new log was asked for, and there is one"));
}

TEST_F(Recovery, ARestoredRecordBeginsALogOfItsOwnOrGoesOnWithIts) {
  start();
  track(0, 3);
  EXPECT_EQ(server.stop(), 0);
  ASSERT_EQ(work.sh("tessera --store s.db backup b.db").code, 0);
  start();
  track(3, 5);
  EXPECT_EQ(server.stop(), 0);
  // Where the log is still there, nothing is lost.
  ASSERT_EQ(work.sh("mv s.db broken.db && tessera --store s.db restore b.db").code, 0);
  start();
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(events(), "count_star()\n5\n");
  ASSERT_EQ(work.sh("tessera --store n.db restore b.db").code, 0);
  Serving next(work.path("n.db"));
  next.start();
  ASSERT_TRUE(next.is_up()) << next.errors();
  EXPECT_EQ(next.stop(), 0);
  work.sh("rm -r n.db.log");
  next.start();
  EXPECT_FALSE(next.is_up()) << "from its first start on it knows its log";
}

TEST_F(Recovery, ATornTailIsSaidOnTheWay) {
  start();
  track(0, 4);
  server.kill();
  work.sh("truncate -s -7 s.db.log/*.log");
  start();
  EXPECT_THAT(server.errors(),
              testing::ContainsRegex("warning torn tail of the log cut off bytes=[0-9]+ entries=1 at="));
  EXPECT_THAT(server.ask("GET", "/api/v1/status").body, HasSubstr("\"torn_entries\":1"));
  EXPECT_THAT(server.ask("GET", "/metrics").body, HasSubstr("tessera_engine_torn_entries 1\n"));
  const Ran doctor = work.sh(fmt::format("tessera --store http://127.0.0.1:{} doctor", server.port()));
  EXPECT_THAT(doctor.out, HasSubstr("in which 1 entries had begun, were cut off its end"));
  EXPECT_EQ(server.stop(), 0);
  start();
  EXPECT_THAT(server.ask("GET", "/metrics").body, HasSubstr("tessera_engine_torn_entries 0\n"));
}

// Blocks of 256 KB, each with a checksum, behind three heads of 4 KB.
TEST_F(Recovery, ADamagedBlockNamesFileAndRemedyWhateverMeetsIt) {
  std::ofstream calls(work.path("calls.jsonl"));
  Rng rng(1);
  for (int i = 0; i < 40'000; ++i)
    calls << fmt::format(
        R"({{"type":"track","userId":"u{}","event":"Paid","messageId":"m{}","timestamp":"2026-01-01T00:00:00Z","properties":{{"note":"{:x}{:x}"}}}})"
        "\n",
        i % 5000, i, rng.next(), rng.next());
  calls.close();
  ASSERT_EQ(work.sh("tessera --store w.db import calls.jsonl --preset segment").code, 0);
  const std::string whole = work.read("w.db");
  constexpr size_t kHeads = 3 * 4096, kBlock = 256 << 10;
  ASSERT_GT(whole.size(), kHeads + 4 * kBlock);
  size_t met = 0;
  for (size_t at = kHeads; at + kBlock <= whole.size(); at += kBlock) {
    std::string damaged = whole;
    for (size_t i = 0; i < 64; ++i) damaged[at + kBlock / 2 + i] ^= 0x5a;
    work.write("d.db", damaged);
    work.write("d.db.keys", work.read("w.db.keys"));
    for (const char* question :
         {"doctor", "sql 'SELECT count(DISTINCT note) FROM paid'", "segments count -e 'did \"Paid\"'"}) {
      const Ran ran = work.sh(fmt::format("tessera --store d.db {}", question));
      if (ran.code == 0) continue;  // it did not come by there
      ++met;
      EXPECT_EQ(ran.code, 1);
      EXPECT_THAT(ran.err, AllOf(HasSubstr("d.db: is damaged: "), HasSubstr("restore "))) << question << " at " << at;
    }
    work.sh("rm -f d.db d.db.wal d.db.keys");
  }
  EXPECT_GT(met, 3u);
}

}  // namespace
}  // namespace tessera::cli

// The real server while its wall clock is moved under it (moved_clock.cxx): what jumps is not logged, what followed a
// wrong clock is set back.
#include <cstdlib>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/time.hpp"

namespace tessera::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class MovedClock : public testing::Test {
 protected:
  MovedClock() {
    const std::string name = work.path("ahead").string();
    file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    move({});
    setenv("TESSERA_MOVED_CLOCK", name.c_str(), 1);
    setenv("LD_PRELOAD", TESSERA_MOVED_CLOCK, 1);
  }
  ~MovedClock() override {
    unsetenv("LD_PRELOAD");
    unsetenv("TESSERA_MOVED_CLOCK");
    close(file);
  }
  // The clock is so far ahead.
  void move(Duration ahead) const {
    ASSERT_EQ(pwrite(file, &ahead.ms, sizeof ahead.ms, 0), static_cast<ssize_t>(sizeof ahead.ms));
  }

  void start() {
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
    if (key.empty()) key = server.key();
  }
  void paid(const std::string& who) {
    ASSERT_EQ(server
                  .ask("POST", "/v1/track?writeKey=" + key,
                       fmt::format(R"({{"userId":"{0}","event":"Paid","messageId":"{0}"}})", who))
                  .status,
              200);
  }
  void apply() {
    ASSERT_EQ(server.ask("PUT", "/api/v1/segments", "segment \"Paid\" = did \"Paid\" in the last 10 days").status, 200);
  }
  std::string members() const { return after("/api/v1/segments/paid/members"); }
  std::string status() const { return after("/api/v1/status"); }
  // Everything that was sent.
  std::string after(std::string_view target) const {
    server.catch_up();
    return server.ask("GET", target).body;
  }
  Ran run(const std::string& command) const {
    return work.sh(fmt::format("tessera --store http://127.0.0.1:{} {}", server.port(), command));
  }

  Workplace work;
  Serving server{work.path("s.db")};
  std::string key;
  int file = -1;
};

TEST_F(MovedClock, AheadForAWhileItFreezesNothing) {
  start();
  apply();
  paid("ann");
  move(kDay * 30);
  paid("bob");
  EXPECT_THAT(members(), HasSubstr(R"(["ann","bob"])")) << "nobody has left a window";
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 503);
  EXPECT_EQ(server.ask("GET", "/readyz").status, 200);
  EXPECT_THAT(run("doctor").out, HasSubstr("the clock jumped by"));
  // Started again meanwhile, as somebody may try.
  EXPECT_EQ(server.stop(), 0);
  start();
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 503);
  paid("bob");
  EXPECT_THAT(status(), HasSubstr(R"("duplicates":1)")) << "what came before the jump is known when it comes again";
  paid("cid");
  server.kill();
  start();
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 503);
  move({});
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 200);
  paid("dan");
  EXPECT_THAT(members(), HasSubstr(R"(["ann","bob","cid","dan"])"));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(
      work.sh("tessera --store s.db sql \"SELECT max(time) - min(time) < INTERVAL 1 DAY AS near FROM paid\" --format csv")
          .out,
      "near\ntrue\n");
  EXPECT_EQ(work.sh("tessera --store s.db segments count Paid").out, "4\n") << "batch says the same";
  EXPECT_THAT(server.errors(), AllOf(HasSubstr("jump of the clock held back"), HasSubstr("clock is right again")));
}

TEST_F(MovedClock, SomebodyTakesIt) {
  start();
  apply();
  paid("ann");
  move(kDay * 30);
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 503);
  const Ran taken = run("clock accept");
  EXPECT_EQ(taken.code, 0) << taken.err;
  EXPECT_THAT(taken.out, HasSubstr("the log follows the clock"));
  paid("bob");
  EXPECT_THAT(members(), HasSubstr(R"(["bob"])"));
  EXPECT_EQ(run("clock accept").code, 1) << "there is nothing more to take";
  EXPECT_EQ(server.stop(), 0);
  start();
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 200) << "it is known what was taken";
}

TEST_F(MovedClock, ARecordThatFollowedAWrongOneIsSetBack) {
  move(kDay * 30);
  start();  // a machine whose clock was wrong from the start
  apply();
  paid("ann");
  EXPECT_EQ(server.stop(), 0);
  ASSERT_EQ(work.sh("cp s.db older.db").code, 0);
  move({});
  start();
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 503);
  const Ran refused = run("clock accept");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("clock back"));
  paid("bob");
  EXPECT_EQ(server.stop(), 0);
  ASSERT_EQ(work.sh("mv older.db s.db").code, 0);
  const Ran early = work.sh("tessera --store s.db clock back");
  EXPECT_EQ(early.code, 1) << "the log has what the record has not";
  EXPECT_THAT(early.err, AllOf(HasSubstr("has not taken everything in yet"), HasSubstr("serve")));
  start();
  EXPECT_EQ(server.stop(), 0);
  const Ran back = work.sh("tessera --store s.db clock back");
  EXPECT_EQ(back.code, 0) << back.err;
  EXPECT_THAT(back.out, HasSubstr("2 events"));
  EXPECT_EQ(work.sh("tessera --store s.db doctor").code, 0);
  start();
  EXPECT_EQ(server.ask("GET", "/readyz?strict").status, 200);
  EXPECT_THAT(status(), HasSubstr("\"ahead_ms\":0"));
  paid("cid");
  EXPECT_THAT(members(), HasSubstr(R"(["ann","bob","cid"])"));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(work.sh("tessera --store s.db segments count Paid").out, "3\n");
  EXPECT_EQ(work.sh("tessera --store s.db clock back").code, 1) << "it is not ahead any more";
}

}  // namespace
}  // namespace tessera::cli

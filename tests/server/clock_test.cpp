// A clock that jumps where the machine's own time does not: what the server says of it, and how it is followed.
#include "core/machine.hpp"
#include "core/text.hpp"
#include "server/fake.hpp"
#include "server/live_doctor.hpp"

namespace tessera::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct SetMachine final : Machine {
  Duration since_boot() const override { return Duration{ms}; }
  std::string boot() const override { return "one"; }
  std::atomic<int64_t> ms{kHour.ms};
};
struct WithMachine {
  SetMachine own;
};

class ClockOfAServer : protected WithMachine, public Served {
 protected:
  ClockOfAServer() : Served(&own) {
    MUST(engine->apply_definitions("segment \"Paid\" = did \"Paid\" in the last 10 days"));
  }
  void pass(Duration time) {
    clock.ms += time.ms;
    own.ms += time.ms;
  }
  void jump(Duration by) { clock.ms += by.ms; }
  std::string doctor() { return profiles::text_of(live_findings(service), "http://x"); }
};

TEST_F(ClockOfAServer, IsFollowedWhereNothingJumps) {
  pass(kDay);
  EXPECT_EQ(get("/readyz?strict").status, 200);
  EXPECT_THAT(get("/api/v1/status").body, AllOf(HasSubstr("\"clock_held_back\":null"), HasSubstr("\"ahead_ms\":0")));
  EXPECT_THAT(get("/metrics").body, HasSubstr("tessera_engine_clock_jump_held_ms 0\n"));
  EXPECT_THAT(doctor(), HasSubstr("fine    the log follows the clock"));
  EXPECT_EQ(send("/api/v1/clock/accept", "").status, 409);
}

TEST_F(ClockOfAServer, SaysThatAJumpIsHeldBack) {
  take("track", R"({"userId":"ann","event":"Paid","messageId":"1"})");
  jump(kDay * 30);
  pass(kMinute);
  const Answer ready = get("/readyz?strict");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.body, AllOf(HasSubstr("\"status\":\"clock held back\""), HasSubstr("\"jump_ms\":2592000000"),
                                HasSubstr("\"clock\":\"2026-03-31T12:01:00Z\""), HasSubstr("\"taken_in_ms\":null")));
  EXPECT_EQ(get("/readyz").status, 200) << "events are taken";
  EXPECT_THAT(get("/metrics").body, HasSubstr("tessera_engine_clock_jump_held_ms 2592000000\n"));
  EXPECT_THAT(doctor(), AllOf(HasSubstr("jumped by 30 days which nothing confirms"), HasSubstr("clock accept")));
  EXPECT_THAT(join(lines.lines(), "\n"), HasSubstr("jump of the clock held back"));
  take("track", R"({"userId":"bob","event":"Paid","messageId":"2"})");
  EXPECT_THAT(get("/api/v1/segments/paid").body, HasSubstr("\"members\":2")) << "nobody has left a window";
  jump(kDay * -30);
  EXPECT_EQ(get("/readyz?strict").status, 200);
  EXPECT_THAT(join(lines.lines(), "\n"), HasSubstr("clock is right again"));
}

TEST_F(ClockOfAServer, FollowsWhenSomebodySaysSo) {
  take("track", R"({"userId":"ann","event":"Paid","messageId":"1"})");
  jump(kDay * 30);
  EXPECT_EQ(get("/readyz?strict").status, 503);
  const Answer taken = send("/api/v1/clock/accept", "");
  EXPECT_EQ(taken.status, 200);
  EXPECT_THAT(taken.body, HasSubstr("\"now\":\"2026-03-31T12:00:00Z\""));
  take("track", R"({"userId":"bob","event":"Paid","messageId":"2"})");
  EXPECT_THAT(get("/api/v1/segments/paid").body, HasSubstr("\"members\":1"));
  EXPECT_EQ(get("/readyz?strict").status, 200);
}

TEST_F(ClockOfAServer, FollowsAnHourWhenItHasStood) {
  jump(kHour * -1);
  EXPECT_THAT(doctor(), AllOf(HasSubstr("jumped by -1 hour"), HasSubstr("it is taken in 10 minutes")));
  pass(kMinute * 10);
  EXPECT_EQ(get("/readyz?strict").status, 200);
  // Nobody looked in between: what passed since is made up for at half the pace already.
  EXPECT_THAT(doctor(), HasSubstr("the log is 55 minutes ahead of it"));
  EXPECT_THAT(get("/api/v1/status").body, HasSubstr("\"ahead_ms\":3300000"));
  pass(kHour * 2);
  EXPECT_THAT(doctor(), HasSubstr("fine    the log follows the clock"));
}

TEST_F(ClockOfAServer, FarBackIsNoWayForARunningServer) {
  jump(kDay * -3);
  const Answer refused = send("/api/v1/clock/accept", "");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("clock back"));
  EXPECT_THAT(doctor(), HasSubstr("clock back"));
}

}  // namespace
}  // namespace tessera::server

// The clock is set by hand, and the machine's time too.
#include "live/log_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/captured_log.hpp"

namespace tessera::live {
namespace {

constexpr Instant kStart{1'800'000'000'000};

class SetMachine final : public Clock, public Machine {
 public:
  Instant now() const override { return wall; }
  Duration since_boot() const override { return since; }
  std::string boot() const override { return id; }
  void pass(Duration time) {
    wall = wall + time;
    since = since + time;
  }
  Instant wall = kStart;
  Duration since = kHour;
  std::string id = "first";
};

class Clocked : public testing::Test {
 protected:
  Clocked() { clock.start_at(kStart - kMinute, std::nullopt); }
  // The log's time, counted from the start.
  Duration at() const { return clock.now() - kStart; }
  bool is_held() const { return clock.held().has_value(); }
  std::string said() {
    for (const std::string& line : lines.lines()) said_ += line + "\n";
    return said_;
  }

  SetMachine machine;
  testing_support::CapturedLog lines{machine};
  LogClock clock{machine, &machine, lines.logger()};

 private:
  std::string said_;
};

TEST_F(Clocked, FollowsTheClock) {
  machine.pass(kHour);
  EXPECT_EQ(at(), kHour);
  machine.wall = machine.wall + kSecond * 4;  // what servers of time do
  EXPECT_EQ(at(), kHour + kSecond * 4);
  machine.wall = machine.wall - kSecond * 3;  // back: stands until it is there again
  EXPECT_EQ(at(), kHour + kSecond * 4);
  machine.pass(kMinute);
  EXPECT_EQ(at(), kHour + kMinute + kSecond);
  EXPECT_FALSE(is_held());
  EXPECT_EQ(said(), "");
}

TEST_F(Clocked, AJumpForASecondChangesNothing) {
  machine.wall = machine.wall + kDay * 30;
  EXPECT_EQ(at(), Duration{});
  ASSERT_TRUE(is_held());
  machine.pass(kSecond);
  EXPECT_EQ(at(), kSecond);
  EXPECT_EQ(clock.held()->jump, kDay * 30);
  EXPECT_EQ(clock.held()->stood, kSecond);
  EXPECT_EQ(clock.held()->taken_in, std::nullopt);
  machine.wall = machine.wall - kDay * 30;
  machine.pass(kSecond);
  EXPECT_EQ(at(), kSecond * 2);
  EXPECT_FALSE(is_held());
  EXPECT_EQ(clock.ahead(), Duration{});
  EXPECT_THAT(said(), testing::HasSubstr("jump of the clock held back jump_ms=2592000000 taken_after_ms=-1"));
  EXPECT_THAT(said(), testing::HasSubstr("clock is right again"));
}

TEST_F(Clocked, AJumpOfAnHourIsTakenWhenItHasStood) {
  machine.wall = machine.wall + kHour;
  EXPECT_EQ(at(), Duration{});
  EXPECT_EQ(clock.held()->taken_in, LogClock::kStands);
  machine.pass(LogClock::kStands - Duration{1});
  EXPECT_EQ(at(), LogClock::kStands - Duration{1});
  machine.pass(Duration{1});
  EXPECT_EQ(at(), kHour + LogClock::kStands);
  EXPECT_FALSE(is_held());
  EXPECT_THAT(said(), testing::HasSubstr("jump of the clock taken jump_ms=3600000"));
}

TEST_F(Clocked, AnotherJumpBeginsToStandAnew) {
  machine.wall = machine.wall + kHour;
  (void)at();
  machine.pass(kMinute * 9);
  (void)at();
  machine.wall = machine.wall + kHour;
  (void)at();
  machine.pass(kMinute * 9);
  EXPECT_EQ(at(), kMinute * 18);
  machine.pass(kMinute);
  EXPECT_EQ(at(), kHour * 2 + kMinute * 19);
}

TEST_F(Clocked, MoreThanADayWaitsForSomebody) {
  machine.wall = machine.wall + kDay + kSecond;
  machine.pass(kDay * 3);
  EXPECT_EQ(at(), kDay * 3);
  machine.pass(kDay);
  EXPECT_EQ(at(), kDay * 4);
  const auto taken = clock.accept();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(*taken - kStart, kDay * 5 + kSecond);
  EXPECT_EQ(at(), kDay * 5 + kSecond);
  const auto again = clock.accept();
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().message, "no jump of the clock is held back");
}

TEST_F(Clocked, AStepBackGoesOnAndIsMadeUpForAtHalfThePace) {
  machine.wall = machine.wall - kHour;
  (void)at();
  machine.pass(kMinute * 9);
  EXPECT_EQ(at(), kMinute * 9);
  EXPECT_EQ(clock.held()->jump, Duration{} - kHour);
  machine.pass(kMinute);
  (void)at();
  EXPECT_FALSE(is_held()) << "taken";
  const Duration then = at();
  machine.pass(kMinute * 20);
  EXPECT_EQ(at(), then + kMinute * 10) << "never back, and never at a stand";
  machine.pass(kHour * 3);
  EXPECT_EQ(at(), kMinute * 30 + kHour * 2) << "as the clock says";
  EXPECT_EQ(clock.ahead(), Duration{});
}

TEST_F(Clocked, HalfThePaceIsExactHoweverOftenItIsAsked) {
  machine.wall = machine.wall - kHour;
  (void)at();
  ASSERT_TRUE(clock.accept().has_value());
  const Duration then = at();
  for (int i = 0; i < 1000; ++i) {
    machine.pass(Duration{1});
    (void)at();
  }
  EXPECT_EQ(at(), then + Duration{500});
}

TEST_F(Clocked, BackByMoreThanADayIsNoWayForARunningLog) {
  machine.wall = machine.wall - kDay * 2;
  (void)at();
  const auto refused = clock.accept();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().remedy.text(), testing::HasSubstr("tessera clock back"));
  machine.pass(kHour);
  EXPECT_EQ(at(), kHour);
}

// What the next start knows.
class Restarted : public Clocked {
 protected:
  void restart() {
    const Instant newest = clock.now();
    next.emplace(machine, &machine, nullptr);
    next->start_at(newest, clock.known());
  }
  std::optional<LogClock> next;
};

TEST_F(Restarted, TheSameStartOfTheMachineKnowsWhatTheClockWas) {
  machine.pass(kHour);
  (void)at();
  machine.wall = machine.wall + kDay * 30;
  restart();
  machine.pass(kMinute);
  EXPECT_EQ(next->now() - kStart, kHour + kMinute);
  ASSERT_TRUE(next->held().has_value());
  EXPECT_EQ(next->held()->jump, kDay * 30);
}

TEST_F(Restarted, AnotherStartOfTheMachineIsBoundedByTheLog) {
  machine.pass(kHour);
  (void)at();
  machine.id = "second";
  machine.since = kMinute;
  machine.wall = kStart - kDay * 30;
  restart();
  machine.pass(kMinute);
  EXPECT_EQ(next->now() - kStart, kHour + kMinute);
  ASSERT_TRUE(next->held().has_value());
  EXPECT_EQ(next->held()->taken_in, std::nullopt);
}

TEST_F(Restarted, AMachineThatWasOffForAWeekIsBelieved) {
  machine.id = "second";
  machine.since = kMinute;
  machine.wall = machine.wall + kDay * 7;
  restart();
  EXPECT_EQ(next->now() - kStart, kDay * 7);
  EXPECT_FALSE(next->held().has_value());
}

TEST_F(Restarted, AMachineThatSaysNothingOfItsStartsIsBelievedForward) {
  machine.id = "";
  machine.wall = machine.wall + kDay * 7;
  next.emplace(machine, &machine, nullptr);
  next->start_at(kStart, LogClock::Known{.boot = "", .ahead = {}});
  EXPECT_EQ(next->now() - kStart, kDay * 7);
}

TEST(LogClock, WhatIsKnownIsAText) {
  const LogClock::Known known{.boot = "0a-1b", .ahead = {-12}};
  EXPECT_EQ(LogClock::text_of(known), "0a-1b -12");
  EXPECT_EQ(LogClock::parse(LogClock::text_of(known)), known);
  for (const char* none : {"", "x", " 5", "boot ", "boot 5x"}) EXPECT_EQ(LogClock::parse(none), std::nullopt) << none;
}

}  // namespace
}  // namespace tessera::live

// How often one may send, and try tokens.
#include "server/rate_limits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tessera::server {
namespace {

constexpr Instant kStart{1'772'366'400'000};

http::Network from(uint32_t number) {
  http::Network out{};
  std::memcpy(out.data() + 8, &number, sizeof number);
  return out;
}

TEST(RateLimits, ABacklogPassesAndAFloodWaits) {
  RateLimits rates({.of_key = {10, 100}});
  EXPECT_EQ(rates.of_key("k", 100, kStart), std::nullopt) << "what is stored goes at once";
  EXPECT_EQ(rates.of_key("k", 1, kStart), kSecond);
  EXPECT_EQ(rates.of_key("k", 5, kStart + kSecond), std::nullopt);
  EXPECT_EQ(rates.of_key("other", 100, kStart), std::nullopt);
  // A batch is not refused for its size; what it took too much is waited for.
  EXPECT_EQ(rates.of_key("k", 1'000, kStart + kMinute), std::nullopt);
  EXPECT_EQ(rates.of_key("k", 1, kStart + kMinute), kSecond * 91);
}

TEST(RateLimits, WhoWaitsAsLongAsToldIsLetIn) {
  RateLimits rates({.of_key = {7, 20}});
  Instant now = kStart;
  for (int i = 0; i < 100; ++i)
    if (const auto wait = rates.of_key("k", 13, now)) {
      now = now + *wait;
      EXPECT_EQ(rates.of_key("k", 13, now), std::nullopt) << i;
    }
}

TEST(RateLimits, AnAddressOfThisMachineIsAProxysUnlessItIsSaid) {
  RateLimits usual({.of_address = {1, 1}}), strict({.of_address = {1, 1}, .limits_this_machine = true});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(usual.of_address(from(1), true, 10, kStart), std::nullopt);
  EXPECT_EQ(usual.of_address(from(1), false, 10, kStart), std::nullopt);
  EXPECT_NE(usual.of_address(from(1), false, 10, kStart), std::nullopt);
  EXPECT_EQ(strict.of_address(from(1), true, 10, kStart), std::nullopt);
  EXPECT_NE(strict.of_address(from(1), true, 10, kStart), std::nullopt);
}

TEST(RateLimits, AClockThatGoesBackFillsNothingAndNoRateIsNoLimit) {
  RateLimits rates({.of_key = {1, 10}});
  EXPECT_EQ(rates.of_key("k", 10, kStart), std::nullopt);
  EXPECT_NE(rates.of_key("k", 1, kStart - kDay), std::nullopt);
  RateLimits none({.of_key = {0, 0}});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(none.of_key("k", 1'000'000, kStart), std::nullopt);
}

TEST(RateLimits, AnAddressAmongAMillionOthersIsNotForgottenWhileItGoesOn) {
  RateLimits rates({.of_wrong_tokens = {1, 5}});
  uint32_t tries = 0, refused = 0;
  for (uint32_t other = 2; other < 1'000'000; ++other) {
    (void)rates.wrong_token(from(other), kStart);
    if (other % 1'000 == 0) ++tries, refused += rates.wrong_token(from(1), kStart).has_value();
  }
  EXPECT_EQ(refused, tries - 5);
}

// However it is sent: no more than the store and the rate give, but for the last batch of each.
RC_GTEST_PROP(RateProperties, NeverMoreThanTheRate, (std::vector<std::pair<uint16_t, uint8_t>> steps)) {
  constexpr Rate kRate{5, 50};
  RateLimits rates({.of_key = kRate});
  Instant now = kStart;
  double passed = 0, largest = 0;
  for (const auto& [wait, events] : steps) {
    now = now + Duration{wait};
    if (rates.of_key("k", events, now)) continue;
    passed += events;
    largest = std::max(largest, double(events));
    RC_ASSERT(passed <= kRate.store + kRate.a_second * static_cast<double>((now - kStart).ms) / 1000 + largest + 1);
  }
}

}  // namespace
}  // namespace tessera::server

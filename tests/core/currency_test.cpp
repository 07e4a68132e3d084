#include "core/currency.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/number.hpp"

namespace tessera {
namespace {

constexpr Instant kNoon{20'000 * kDay.ms + 12 * kHour.ms};

TEST(Currency, ACodeIsReadHoweverItIsWritten) {
  EXPECT_EQ(currency_code(" eur "), "EUR");
  EXPECT_EQ(currency_code("USDT"), "USDT");
  EXPECT_EQ(currency_code("1inch"), "1INCH");
  for (const char* text : {"", "EU", "123", "E R", "€", "EURODOLLAR", "E-R"})
    EXPECT_EQ(currency_code(text), std::nullopt) << text;
  EXPECT_EQ(currency_named(" € "), "€");
  EXPECT_EQ(currency_named("usd"), "USD");
  EXPECT_EQ(currency_named(" \t"), "");
}

TEST(Rates, OfADayIsTheLatestPublishedAtMostTenDaysBefore) {
  const Rates rates({{20'000, "USD", 1'250'000}, {20'003, "USD", 2'000'000}, {20'003, "USD", 1'600'000}});
  const auto dollars = [&](int64_t day) { return rates.convert(4'000'000, "EUR", "USD", kNoon + kDay * day); };
  EXPECT_EQ(dollars(-1), std::nullopt);
  EXPECT_EQ(dollars(0), 5'000'000);
  EXPECT_EQ(dollars(2), 5'000'000);
  EXPECT_EQ(dollars(3), 6'400'000);  // of two of a day the last
  EXPECT_EQ(dollars(13), 6'400'000);
  EXPECT_EQ(dollars(14), std::nullopt);
  EXPECT_EQ(rates.convert(1, "USD", "USD", kEver), 1);  // its own, whatever the day
  EXPECT_EQ(rates.convert(1, "USD", "EUR", kEver), std::nullopt);
  EXPECT_EQ(rates.convert(1, "JPY", "USD", kNoon), std::nullopt);
}

TEST(Rates, ADayIsUtcAlsoBefore1970) {
  EXPECT_EQ(utc_day({-1}), -1);
  EXPECT_EQ(utc_day({0}), 0);
  EXPECT_EQ(utc_day({-kDay.ms}), -1);
}

TEST(Rates, RoundHalfToEvenOnce) {
  const Rates rates({{20'000, "USD", 2'000'000}, {20'000, "JPY", 3'000'000}});
  const auto euros = [&](int64_t micros) { return rates.convert(micros, "USD", "EUR", kNoon); };
  EXPECT_EQ(euros(1), 0);
  EXPECT_EQ(euros(3), 2);
  EXPECT_EQ(euros(-1), 0);
  EXPECT_EQ(euros(-3), -2);
  EXPECT_EQ(euros(5), 2);
  // Over euros 1 micro of JPY would be 0 of them, and so 0 dollars.
  EXPECT_EQ(rates.convert(1, "JPY", "USD", kNoon), 1);
}

TEST(Rates, WhatIsNoNumberAnyMoreIsUnknown) {
  const Rates rates({{20'000, "IDR", 19'000'000'000}});
  EXPECT_EQ(rates.convert(Number::kLimit - 1, "EUR", "IDR", kNoon), std::nullopt);
  EXPECT_EQ(rates.convert(-(Number::kLimit - 1), "EUR", "IDR", kNoon), std::nullopt);
  EXPECT_EQ(rates.convert(Number::kLimit - 1, "IDR", "EUR", kNoon), 52'631'578'947'368);
}

// By long division of |amount| * to by from, digit by digit: the nearest, of two that are as near the even one.
TEST(Rates, AreNearerThanHalfAMillionth) {
  EXPECT_TRUE(rc::check([] {
    const int64_t amount = *rc::gen::inRange<int64_t>(-1'000'000'000'000, 1'000'000'000'000);
    const int64_t from = *rc::gen::inRange<int64_t>(1, 40'000'000'000),
                  to = *rc::gen::inRange<int64_t>(1, 40'000'000'000);
    const Rates rates({{20'000, "AAA", from}, {20'000, "BBB", to}});
    const auto found = rates.convert(amount, "AAA", "BBB", kNoon);
    const int128 exact = int128{amount} * to;
    if (!found) {
      RC_ASSERT((exact < 0 ? -exact : exact) / from >= Number::kLimit - 1);
      return;
    }
    const int128 twice = 2 * (exact - int128{*found} * from), away = twice < 0 ? -twice : twice;
    RC_ASSERT(away <= from);
    RC_ASSERT(away < from || *found % 2 == 0);
    RC_ASSERT(rates.convert(-amount, "AAA", "BBB", kNoon) == -*found);
  }));
}

}  // namespace
}  // namespace tessera

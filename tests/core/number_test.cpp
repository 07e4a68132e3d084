#include "core/number.hpp"

#include <rapidcheck.h>

#include "core/random.hpp"

namespace tessera {
namespace {

TEST(Number, ReadsDecimalTextExactly) {
  EXPECT_EQ(parse_number("12.50").number.micros, 12'500'000);
  EXPECT_EQ(parse_number("-0.000001").number.micros, -1);
  EXPECT_EQ(parse_number("1e3").number.micros, 1'000'000'000);
  EXPECT_EQ(parse_number("0.1000000000").number.micros, 100'000);
  EXPECT_EQ(parse_number("999999999999.999999").number.micros, Number::kLimit - 1);
}

TEST(Number, NamesTheFlaw) {
  EXPECT_EQ(parse_number("1e12").flaw, NumberFlaw::OutOfRange);
  EXPECT_EQ(parse_number("0.0000001").flaw, NumberFlaw::TooFine);
  for (const char* text : {"", ".", "-", "1,5", "1.2.3", "0x10", "nan", "inf", "1e", " 1"})
    EXPECT_EQ(parse_number(text).flaw, NumberFlaw::NotANumber) << text;
}

TEST(Number, TextReadsBackTheSame) {
  EXPECT_TRUE(rc::check([] {
    const Number number{*rc::gen::inRange<int64_t>(-Number::kLimit + 1, Number::kLimit)};
    RC_ASSERT(parse_number(number.text()).number == number);
  }));
}

TEST(Number, AWideSumPrints) {
  EXPECT_EQ(text_of_micros(int128{Number::kLimit} * 1000 + 500'000), "1000000000000000.5");
}

// Plain decimals have a way of their own; an exponent of nothing takes the other.
TEST(Number, PlainDecimalsReadAsWithAnExponent) {
  Rng rng(5);
  size_t numbers = 0, exact = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (uint64_t n = rng.below(24); n > 0; --n)
      text += "0123456789012345678900..-+ "[rng.below(rng.chance(0.1) ? 27 : 23)];
    const ParsedNumber plain = parse_number(text), other = parse_number(text + "e0");
    if (!text.empty()) {
      ASSERT_EQ(plain.flaw, other.flaw) << text;
    }
    ASSERT_EQ(plain.number.micros, other.number.micros) << text;
    numbers += plain.flaw != NumberFlaw::NotANumber;
    exact += !plain.flaw;
  }
  EXPECT_GT(numbers, 10'000u);
  EXPECT_GT(exact, 2'000u);
}

}  // namespace
}  // namespace tessera

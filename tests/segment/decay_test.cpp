#include "segment/decay.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "segment/rational.hpp"

namespace tessera::segment {
namespace {

// The figures of docs/language.md, made with 60 decimal digits.
TEST(Decay, TheTableIsTheOneInTheDocs) {
  const auto& table = decay_table();
  EXPECT_EQ(table[0], 4294967296u);
  EXPECT_EQ(table[1], 4292061010u);
  EXPECT_EQ(table[512], 3037000500u);
  EXPECT_EQ(table[1023], 2148937775u);
}

TEST(Decay, HalvesExactlyAndEndsAfter33HalfLives) {
  const Decay decay(kDay.ms * 3);
  EXPECT_EQ(decay.of({0}), uint64_t{1} << 32);
  for (int k = 0; k <= 32; ++k) EXPECT_EQ(decay.of(kDay * (3 * k)), (uint64_t{1} << 32) >> k);
  EXPECT_EQ(decay.of(kDay * 99), 0u);
}

// The quotient without a division is the quotient, at every edge of a step and for the longest lengths of time.
TEST(Decay, StepsAreExactAtTheirEdges) {
  Rng rng(5);
  for (int round = 0; round < 20'000; ++round) {
    const int64_t half_life = rng.between(1, int64_t{1} << rng.between(1, 48));
    const auto step = static_cast<int128>(rng.below(33 * kDecaySteps));
    const auto edge = static_cast<int64_t>((step * half_life + kDecaySteps - 1) / kDecaySteps);
    const Decay decay(half_life);
    for (const int64_t age : {std::max<int64_t>(0, edge - 1), edge, edge + 1}) {
      const auto steps = static_cast<uint64_t>(int128{age} * kDecaySteps / half_life);
      const uint64_t weight =
          steps >= 33 * kDecaySteps ? 0 : decay_table()[steps % kDecaySteps] >> (steps / kDecaySteps);
      ASSERT_EQ(decay.of({age}), weight) << half_life << " " << age;
    }
  }
}

TEST(Rational, ComparesExactlyWhereProductsWouldNotFit) {
  const int128 big = int128{1} << 120;
  EXPECT_EQ(rational::compare({big + 1, big}, {big, big - 1}), -1);
  EXPECT_EQ(rational::compare({-big - 1, big}, {-big, big - 1}), 1);
  EXPECT_EQ(rational::compare({big, 3}, {big, 3}), 0);
  EXPECT_FALSE(rational::multiply({big, 1}, {big, 1}).known());
  EXPECT_EQ(rational::compare(rational::multiply({big, 7}, {7, big}), {1, 1}), 0);
  EXPECT_FALSE(rational::divide({1, 1}, {0, 1}).known());
}

}  // namespace
}  // namespace tessera::segment

#include "stats/intervals.hpp"

#include <rapidcheck/gtest.h>

namespace tessera::stats {
namespace {

TEST(Intervals, QuantilesOfTheNormal) {
  EXPECT_NEAR(z_of(0.05), 1.959963984540054, 1e-10);
  EXPECT_NEAR(z_of(0.01), 2.575829303548901, 1e-10);
  EXPECT_NEAR(z_of(1e-6), 4.891638475699, 1e-9);
}

// Figures of R 4.2: binom::binom.confint(method = "wilson").
TEST(Intervals, Wilson) {
  const Interval eight = wilson(8, 10, z_of(0.05));
  EXPECT_NEAR(eight.low, 0.4901625, 1e-6);
  EXPECT_NEAR(eight.high, 0.9433178, 1e-6);
  const Interval none = wilson(0, 20, z_of(0.05));
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(wilson(7, 7, z_of(0.05)).high, 1);
  EXPECT_NEAR(none.high, 0.1611252, 1e-6);
}

// scipy 1.10.1: stats.skew(bias=False); Hall's inverse written out in numpy with stats.t.ppf.
TEST(Intervals, SkewedMeanByHall) {
  const std::vector<double> values{3, 0, 0, 1, 12, 4, 4, 0, 7, 30, 2, 5};
  const Moments moments = moments_of(values);
  EXPECT_NEAR(moments.skewness, 2.553202688039087, 1e-12);
  EXPECT_NEAR(moments.variance, 70.7878787878788, 1e-10);
  const Interval interval = skewed_mean_interval(moments, z_of(0.05));
  EXPECT_NEAR(interval.low, 2.0788917, 2e-3);
  EXPECT_NEAR(interval.high, 24.3833059, 2e-2);
  // Without skewness it is Student's: R's t.test(1:10) says 3.334149 to 7.665851.
  const std::vector<double> even{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_NEAR(skewed_mean_interval(moments_of(even), z_of(0.05)).low, 3.334149, 2e-3);
  EXPECT_NEAR(skewed_mean_interval(moments_of(even), z_of(0.05)).high, 7.665851, 2e-3);
  // Values that are all alike say nothing of how far off they may be.
  const std::vector<double> alike(40, 7.0);
  EXPECT_FALSE(skewed_mean_interval(moments_of(alike), z_of(0.05)).finite());
}

TEST(Intervals, OneValueSaysNothingOfTheMean) {
  const std::vector<double> one{5};
  EXPECT_TRUE(skewed_mean_interval(moments_of(one), 2).contains(1e300));
}

RC_GTEST_PROP(Intervals, TheMedianLiesInItsInterval, (const std::vector<int16_t>& drawn)) {
  RC_PRE(!drawn.empty());
  const std::vector<double> values(drawn.begin(), drawn.end());
  RC_ASSERT(median_interval(values, 1.96).contains(median_of(values)));
}

// The interval of the median covers what it says it covers: 2,000 samples of 41 from a skewed law.
TEST(Intervals, MedianCoverage) {
  uint64_t state = 7;
  const auto uniform = [&] {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (static_cast<double>(state >> 11) + 0.5) * 0x1.0p-53;
  };
  int covered = 0;
  for (int run = 0; run < 2000; ++run) {
    std::vector<double> sample;
    for (int i = 0; i < 41; ++i) sample.push_back(-std::log(uniform()));
    covered += median_interval(sample, z_of(0.05)).contains(std::log(2.0));
  }
  EXPECT_GE(covered, 1900);
}

}  // namespace
}  // namespace tessera::stats

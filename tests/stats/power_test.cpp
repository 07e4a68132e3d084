// Sizes of experiments against published figures and an independent computation.
#include "stats/power.hpp"

#include <gtest/gtest.h>

namespace tessera::stats {
namespace {

// R's manual, ?power.prop.test, whose examples print n = 76.7 and power = 0.740.
TEST(Power, AgreesWithTheManualOfR) {
  EXPECT_EQ(people_per_arm(0.50, 0.75, 0.05, 0.90), 77u);
  EXPECT_NEAR(power_of(0.50, 0.75, 50), 0.740, 0.0005);
}

// python3 -c 'from statistics import NormalDist as N; from math import *; z=N().inv_cdf; m=.125
//   print(((z(.975)*sqrt(2*m*(1-m))+z(.8)*sqrt(.1*.9+.15*.85))/.05)**2)'   and the like
TEST(Power, AgreesWithAnotherComputation) {
  EXPECT_EQ(people_per_arm(0.10, 0.15), 686u);
  EXPECT_EQ(people_per_arm(0.15, 0.10), 686u);
  EXPECT_EQ(people_per_arm(0.24, 0.271), 3107u);
  EXPECT_EQ(people_per_arm(0.0, 0.01), 780u);
  EXPECT_EQ(people_per_arm(0.3, 0.301), 3299664u);
}

TEST(Power, SizeAndPowerAreEachOthersInverse) {
  for (const double p : {0.02, 0.2, 0.5, 0.9})
    for (const double d : {0.01, 0.05, -0.015}) {
      const auto people = people_per_arm(p, p + d);
      ASSERT_TRUE(people.has_value());
      EXPECT_GE(power_of(p, p + d, static_cast<double>(*people)), 0.8);
      EXPECT_LT(power_of(p, p + d, static_cast<double>(*people) - 1), 0.8);
    }
}

TEST(Power, TheSmallestDifferenceFoundIsTheOneThatNeedsSoMany) {
  for (const double p : {0.02, 0.2, 0.5, 0.9})
    for (const bool upwards : {true, false})
      for (const double people : {500.0, 5000.0, 1e6}) {
        const auto by = difference_found(p, people, upwards);
        if (!by) {
          EXPECT_LE(power_of(p, upwards ? 1 : 0, people), 0.8) << p << ' ' << people;
          continue;
        }
        EXPECT_NEAR(power_of(p, upwards ? p + *by : p - *by, people), 0.8, 1e-6) << p << ' ' << people;
      }
  EXPECT_NEAR(*difference_found(0.10, 686, true), 0.05, 2e-5);
  EXPECT_FALSE(difference_found(0.5, 2, true));
  EXPECT_FALSE(difference_found(1, 100, true));
}

TEST(Power, NoDifferenceIsNeverFound) {
  EXPECT_FALSE(people_per_arm(0.3, 0.3));
  EXPECT_FALSE(people_per_arm(0, 0));
  EXPECT_FALSE(people_per_arm(1, 1));
  EXPECT_FALSE(people_per_arm(0.3, 0.3 + 1e-9));
}

}  // namespace
}  // namespace tessera::stats

#include "stats/pooling.hpp"

#include <rapidcheck/gtest.h>

namespace tessera::stats {
namespace {

const double kZ = z_of(0.05);

// Batting of 18 players in their first 45 at bats of 1970, and in the rest of the season (Efron and Morris 1975).
constexpr double kHits[] = {18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7};
constexpr double kRest[] = {.346, .298, .276, .222, .273, .270, .263, .210, .269,
                            .230, .264, .256, .303, .264, .226, .286, .316, .200};

// They print a total squared error of .077 for the plain averages and .022 for the pooled (James and Stein's).
TEST(Pooling, BaseballAsEfronAndMorrisFoundIt) {
  std::vector<Tally> players;
  for (const double hits : kHits) players.push_back({hits, 45});
  const Pool pool = pool_rates(players, kZ);
  double plain = 0, pooled = 0, covered = 0;
  for (size_t i = 0; i < 18; ++i) {
    plain += std::pow(pool.groups[i].raw - kRest[i], 2);
    pooled += std::pow(pool.groups[i].estimate - kRest[i], 2);
    covered += pool.groups[i].interval.contains(kRest[i]);
  }
  EXPECT_GE(covered, 17);  // of 18: Munson (.178, then .316) was out of luck
  EXPECT_NEAR(plain, 0.077, 0.002);
  EXPECT_NEAR(pooled, 0.022, 0.0015);
  EXPECT_NEAR(pool.everyone, 0.265, 5e-4);
}

// The same model on a grid of 800 x 801 with exact mixtures, by numpy and scipy 1.10.1 (betaln, beta.cdf): the prior's
// spread flat in 1 / sqrt(a + b + 1), Jeffreys' prior of its mean.
TEST(Pooling, BaseballByABruteGrid) {
  std::vector<Tally> players;
  for (const double hits : kHits) players.push_back({hits, 45});
  const Pool pool = pool_rates(players, kZ);
  const std::pair<size_t, std::array<double, 3>> expected[] = {
      {0, {0.29325534, 0.23257576, 0.39525580}},
      {10, {0.25725123, 0.18606026, 0.32092573}},
      {17, {0.24374969, 0.15976668, 0.30404206}},
  };
  for (const auto& [player, figures] : expected) {
    EXPECT_NEAR(pool.groups[player].estimate, figures[0], 5e-4) << player;
    EXPECT_NEAR(pool.groups[player].interval.low, figures[1], 0.008) << player;  // one beta stands for a mixture
    EXPECT_NEAR(pool.groups[player].interval.high, figures[2], 0.002) << player;
    EXPECT_NEAR(pool.groups[player].shrinkage, 0.7975, 0.003) << player;
  }
}

// Rubin's eight schools. Quadrature over the spread by scipy (integrate.quad, flat up to three times what is seen);
// Gelman et al., table 5.3, print the same to whole points: -2 to 31 for the first, -1 to 26 for the seventh.
TEST(Pooling, EightSchools) {
  const std::vector<double> effects{28, 8, -3, 7, -1, 1, 18, 12};
  std::vector<double> variances;
  for (const double error : {15, 10, 16, 11, 9, 11, 10, 18}) variances.push_back(error * error);
  const auto pooled = pool_normal(effects, variances, kZ);
  const std::pair<size_t, std::array<double, 4>> expected[] = {
      {0, {11.379, -2.105, 31.506, 0.8261}},
      {2, {6.142, -11.406, 20.448, 0.8399}},
      {6, {10.657, -1.161, 25.929, 0.7237}},
  };
  for (const auto& [school, figures] : expected) {
    EXPECT_NEAR(pooled[school].estimate, figures[0], 0.02) << school;
    EXPECT_NEAR(pooled[school].interval.low, figures[1], 0.05) << school;
    EXPECT_NEAR(pooled[school].interval.high, figures[2], 0.05) << school;
    EXPECT_NEAR(pooled[school].shrinkage, figures[3], 0.002) << school;
  }
}

TEST(Pooling, GroupsThatDifferSpeakForThemselves) {
  const std::vector<Tally> groups{{100, 10'000}, {5'000, 10'000}, {9'000, 10'000}, {2'000, 10'000}};
  const Pool pool = pool_rates(groups, kZ);
  for (const Pooled& group : pool.groups) {
    EXPECT_NEAR(group.estimate, group.raw, 0.001);
    EXPECT_LT(group.shrinkage, 0.01);
    EXPECT_TRUE(group.tells);
  }
}

TEST(Pooling, GroupsThatAreAlikeBecomeOne) {
  const std::vector<Tally> groups{{99, 1'000}, {101, 1'000}, {100, 1'000}, {98, 1'000}, {102, 1'000}, {3, 20}};
  const Pool pool = pool_rates(groups, kZ);
  EXPECT_NEAR(pool.groups[5].estimate, 0.1, 0.005);
  EXPECT_GT(pool.groups[5].shrinkage, 0.9);
  EXPECT_LT(pool.groups[0].interval.high - pool.groups[0].interval.low,
            0.75 * (pool.groups[0].alone.high - pool.groups[0].alone.low));
}

// The weight of the priors lies in a spot far smaller than the first look's steps.
TEST(Pooling, LargeGroups) {
  std::vector<Tally> alike, apart;
  for (int g = 0; g < 8; ++g) {
    alike.push_back({20'000.0 + 60 * (g - 4), 200'000});
    apart.push_back({20'000.0 + 1'000 * (g - 4), 200'000});
  }
  const Pool one = pool_rates(alike, kZ), eight = pool_rates(apart, kZ);
  for (size_t g = 0; g < 8; ++g) {
    EXPECT_NEAR(one.groups[g].estimate, 0.1, 0.0012);
    EXPECT_LT(one.groups[g].interval.high - one.groups[g].interval.low,
              0.9 * (one.groups[g].alone.high - one.groups[g].alone.low));
    EXPECT_NEAR(eight.groups[g].estimate, eight.groups[g].raw, 2e-4);
    EXPECT_GT(one.groups[g].shrinkage, 0.4);
    EXPECT_LT(eight.groups[g].shrinkage, 0.02);
  }
}

TEST(Pooling, NobodyBoughtAnything) {
  const std::vector<Tally> groups{{0, 200}, {0, 50}, {0, 0}};
  const Pool pool = pool_rates(groups, kZ);
  EXPECT_GT(pool.groups[0].estimate, 0);
  EXPECT_LT(pool.groups[0].interval.high, 0.03);
  EXPECT_TRUE(std::isnan(pool.groups[2].raw));
}

TEST(Pooling, WhatSaysNothing) {
  EXPECT_FALSE(rate_tells({0.001, 0.09}, 0.02));
  EXPECT_FALSE(rate_tells({0.24, 0.76}, 0.5));
  EXPECT_TRUE(rate_tells({0.35, 0.65}, 0.5));
  EXPECT_TRUE(rate_tells({0, 0.007}, 0.1));  // far fewer than everyone
  EXPECT_FALSE(mean_tells({20, 210}, 100));
  EXPECT_TRUE(mean_tells({120, 2100}, 100));
  EXPECT_FALSE(mean_tells({-INFINITY, INFINITY}, 100));
  EXPECT_FALSE(mean_tells({-300, 200}, -50));
}

TEST(Pooling, MeansThatCannotBePooledKeepTheirOwnInterval) {
  const std::vector<double> some{1, 5, 2, 30, 4, 2, 8, 1}, others{2, 7, 9, 1, 40, 3, 3, 2}, same{3, 3, 3, 3};
  const std::vector<Moments> groups{moments_of(some), moments_of(others), moments_of(same), moments_of({})};
  const Pool pool = pool_means(groups, kZ);
  EXPECT_GT(pool.groups[0].shrinkage, 0);
  for (const size_t g : {2, 3}) {
    EXPECT_EQ(pool.groups[g].shrinkage, 0);
    EXPECT_FALSE(pool.groups[g].tells);
  }
}

RC_GTEST_PROP(Pooling, EstimatesLieBetweenTheGroupAndTheOthers,
              (const std::vector<std::pair<uint8_t, uint8_t>>& drawn)) {
  RC_PRE(!drawn.empty());
  std::vector<Tally> groups;
  for (const auto& [a, b] : drawn) groups.push_back({double(std::min(a, b)), double(std::max(a, b))});
  const Pool pool = pool_rates(groups, kZ);
  for (const Pooled& group : pool.groups) {
    RC_ASSERT(group.interval.low >= 0 && group.interval.high <= 1);
    RC_ASSERT(group.interval.contains(group.estimate));
    RC_ASSERT(group.shrinkage >= 0 && group.shrinkage <= 1 + 1e-9);
  }
}

}  // namespace
}  // namespace tessera::stats

#include "stats/discoveries.hpp"

#include <rapidcheck/gtest.h>

namespace tessera::stats {
namespace {

// The example of Benjamini and Hochberg 1995, section 3.2: 15 p-values; Bonferroni rejects three, they reject four.
TEST(Discoveries, TheExampleOfBenjaminiAndHochberg) {
  const std::vector<double> p{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344,
                              .0459, .3240, .4262, .5719, .6528, .7590, 1.000};
  const auto adjusted = benjamini_hochberg(p);
  EXPECT_EQ(std::ranges::count_if(adjusted, [](double q) { return q <= 0.05; }), 4);
  EXPECT_EQ(std::ranges::count_if(p, [](double x) { return x * 15 <= 0.05; }), 3);
  EXPECT_NEAR(adjusted[3], .0095 * 15 / 4, 1e-12);
  const auto strict = benjamini_yekutieli(p);
  EXPECT_NEAR(strict[0], .0001 * 15 * 3.318228993228993, 1e-12);
}

RC_GTEST_PROP(Discoveries, AdjustedKeepsTheOrder, (const std::vector<uint16_t>& drawn)) {
  std::vector<double> p;
  for (const uint16_t x : drawn) p.push_back(x / 65535.0);
  const auto adjusted = benjamini_hochberg(p);
  for (size_t i = 0; i < p.size(); ++i) {
    RC_ASSERT(adjusted[i] >= p[i] - 1e-15 && adjusted[i] <= 1);
    for (size_t j = 0; j < p.size(); ++j) RC_ASSERT(p[i] > p[j] || adjusted[i] <= adjusted[j]);
  }
}

// scipy 1.10.1: stats.fisher_exact.
TEST(Discoveries, Fisher) {
  EXPECT_NEAR(fisher_p({3, 20}, {40, 480}), 0.24234113623795206, 1e-9);
  EXPECT_NEAR(fisher_p({0, 30}, {200, 1000}), 0.0019278522588059136, 1e-9);
  EXPECT_NEAR(fisher_p({8, 10}, {1, 6}), 0.034965034965034975, 1e-9);
  EXPECT_NEAR(fisher_p({0, 10}, {0, 20}), 1, 1e-12);
}

// scipy 1.10.1: stats.ttest_ind(equal_var=False), stats.mannwhitneyu(method="asymptotic").
TEST(Discoveries, WelchAndRanks) {
  const std::vector<double> a{14, 3, 7, 7, 22, 9, 4, 11}, b{1, 2, 2, 7, 5, 3, 0, 6, 4, 8, 2};
  EXPECT_NEAR(welch_p(moments_of(a), moments_of(b)), 0.029363114196677684, 1e-10);
  EXPECT_NEAR(rank_p(a, b), 0.011420119606978706, 1e-10);
  EXPECT_EQ(rank_p(a, {}), 1);
  const std::vector<double> same(10, 3.0);
  EXPECT_EQ(rank_p(same, same), 1);
  EXPECT_EQ(welch_p(moments_of(same), moments_of(same)), 1);
}

// 15 of 90 skewed values at random, 400,000 times by numpy (rng.permutation): twice the smaller tail. The plain normal
// curve says .344, .148 and .0039 of 5, 30 and 45.
TEST(Discoveries, MeansOfRandomDrawsFromASkewedWhole) {
  std::vector<double> values(60, 0.0);
  for (int i = 1; i <= 20; ++i) values.push_back(i);
  for (const double x : {30, 40, 50, 60, 80, 100, 120, 150, 200, 300}) values.push_back(x);
  const Moments all = moments_of(values);
  EXPECT_NEAR(all.skewness, 4.4860656718333916, 1e-9);
  EXPECT_NEAR(drawn_mean_p(5, 15, all), 0.386, 0.15);
  EXPECT_NEAR(drawn_mean_p(30, 15, all), 0.195, 0.04);
  EXPECT_NEAR(drawn_mean_p(45, 15, all), 0.0170, 0.006);
  EXPECT_LT(drawn_mean_p(60, 15, all), 0.004);
  EXPECT_EQ(drawn_mean_p(1, 90, all), 1);
}

}  // namespace
}  // namespace tessera::stats

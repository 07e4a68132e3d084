#include "stats/predictive_power.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.hpp"

using namespace tessera;
using namespace tessera::stats;

namespace {

using Ways = std::vector<std::vector<double>>;
const std::vector<double> kDid{1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0};
const std::vector<double> kSaid{.9, .8, .8, .7, .7, .6, .5, .5, .4, .4, .2, .1};

// By the definitions, all pairs one by one (Mann and Whitney 1947), in Python.
constexpr double kAuc = 0.7142857142857143, kR2 = 0.07428571428571418;

TEST(Foretelling, FiguresAreThoseOfTheirDefinitions) {
  const std::vector<double> mean(kDid.size(), 5.0 / 12);
  const auto found = compare(kDid, Ways{kSaid}, mean, true, 1).each[0];
  EXPECT_NEAR(found.auc.value, kAuc, 1e-12);
  EXPECT_NEAR(found.r2.value, kR2, 1e-12);
  EXPECT_LT(found.auc.low, found.auc.value);
  EXPECT_GT(found.auc.high, found.auc.value);
}

TEST(Foretelling, TheTopTenthCountsTiesByTheirShare) {
  std::vector<double> outcome(20, 1), said(20, 0);
  for (size_t i = 0; i < 4; ++i) outcome[i] = 6, said[i] = 1;  // the highest tenth is two of four that are tied
  const std::vector<double> mean(20, 2);
  EXPECT_DOUBLE_EQ(compare(outcome, Ways{said}, mean, false, 1).each[0].lift.value, 3);
  EXPECT_TRUE(std::isnan(compare(outcome, Ways{said}, mean, false, 1).each[0].auc.value));
}

// Nobody's own outcome is used: noise foretells nothing, however many groups there are.
TEST(Foretelling, GroupsOfNoiseForetellNothing) {
  Rng rng(5);
  std::vector<double> outcome(4000);
  std::vector<uint32_t> group(4000), nobody(4000);
  std::vector<uint8_t> fold(4000);
  for (size_t i = 0; i < outcome.size(); ++i) {
    outcome[i] = rng.chance(0.3) ? 1 : 0;
    group[i] = static_cast<uint32_t>(rng.below(400));
    fold[i] = static_cast<uint8_t>(rng.below(10));
  }
  const auto mean = predictions(nobody, 1, outcome, fold, 10);
  const auto found = compare(outcome, Ways{predictions(group, 400, outcome, fold, 10)}, mean, true, 1).each[0];
  EXPECT_LT(std::fabs(found.r2.value), 0.005);
  EXPECT_LT(found.auc.low, 0.5);
  EXPECT_GT(found.auc.high, 0.47);
}

// Four groups whose means are 0.1, 0.3, 0.5, 0.7: they explain 0.05 of a variance of 0.24.
TEST(Foretelling, GroupsThatDifferForetellTheirShareOfTheVariance) {
  Rng rng(6);
  std::vector<double> outcome(40'000);
  std::vector<uint32_t> group(outcome.size()), nobody(outcome.size());
  std::vector<uint8_t> fold(outcome.size());
  for (size_t i = 0; i < outcome.size(); ++i) {
    group[i] = static_cast<uint32_t>(rng.below(4));
    outcome[i] = rng.chance(0.1 + 0.2 * group[i]) ? 1 : 0;
    fold[i] = static_cast<uint8_t>(rng.below(10));
  }
  const auto mean = predictions(nobody, 1, outcome, fold, 10), known = predictions(group, 4, outcome, fold, 10);
  const auto found = compare(outcome, Ways{mean, known}, mean, true, 1);
  EXPECT_NEAR(found.each[1].r2.value, 0.05 / 0.24, 0.01);
  EXPECT_LE(found.each[1].r2.low, 0.05 / 0.24);
  EXPECT_GE(found.each[1].r2.high, 0.05 / 0.24);
  EXPECT_GT(found.r2_less_first[1].low, 0.15);
  EXPECT_EQ(found.r2_less_first[0].high, 0);
}

TEST(Foretelling, FifthsTakeTiesInTheirOrder) {
  EXPECT_THAT(quintiles(std::vector<double>{5, 1, 1, 1, 1, 1, 9, 7, 8, 6}),
              testing::ElementsAre(2, 0, 0, 1, 1, 2, 4, 3, 4, 3));
}

}  // namespace

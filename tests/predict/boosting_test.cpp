#include "predict/boosting.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/parallel.hpp"
#include "core/random.hpp"

using namespace tessera;
using namespace tessera::predict;

namespace {

struct Data {
  std::vector<float> values;
  std::vector<double> outcome;
  std::vector<uint8_t> fold;
};

// Of four columns the first two decide, and not one by one: y = 2 where exactly one of them is above a half, else 0.
Data data(size_t rows, double noise, bool yes_or_no) {
  Rng rng(9);
  Data out;
  for (size_t i = 0; i < rows; ++i) {
    float row[4];
    for (float& x : row) x = static_cast<float>(rng.uniform());
    const bool one = (row[0] > 0.5F) != (row[1] > 0.5F);
    if (rng.chance(0.05)) row[2] = std::nanf("");
    out.values.insert(out.values.end(), row, row + 4);
    out.outcome.push_back(yes_or_no ? (rng.chance(one ? 0.9 : 0.1) ? 1 : 0) : (one ? 2.0 : 0.0) + noise * rng.normal());
    out.fold.push_back(static_cast<uint8_t>(rng.below(5)));
  }
  return out;
}

double r2(const std::vector<double>& outcome, const std::vector<double>& said) {
  double mean = 0, missed = 0, varied = 0;
  for (const double y : outcome) mean += y / static_cast<double>(outcome.size());
  for (size_t i = 0; i < outcome.size(); ++i) {
    missed += std::pow(outcome[i] - said[i], 2);
    varied += std::pow(outcome[i] - mean, 2);
  }
  return 1 - missed / varied;
}

TEST(Boosting, FindsWhatNoColumnSaysAlone) {
  const Data of = data(4'000, 0.5, false);  // variance 1 of what is said, 0.25 of noise: at most 0.8
  const auto said = boosted_predictions(of.values, 4, of.outcome, of.fold, 5, {.rounds = 150});
  ASSERT_TRUE(said.has_value()) << said.error().text();
  EXPECT_GT(r2(of.outcome, *said), 0.74);
  EXPECT_LT(r2(of.outcome, *said), 0.82);
}

TEST(Boosting, SaysChancesOfYesOrNo) {
  const Data of = data(4'000, 0, true);
  const auto said = boosted_predictions(of.values, 4, of.outcome, of.fold, 5, {.yes_or_no = true});
  ASSERT_TRUE(said.has_value());
  for (const double p : *said) ASSERT_TRUE(p > 0 && p < 1);
  EXPECT_NEAR(r2(of.outcome, *said), 0.64, 0.05);  // (0.9 - 0.1)^2
}

TEST(Boosting, NoiseIsNotForetold) {
  Data of = data(3'000, 0.5, false);
  Rng rng(4);
  for (double& y : of.outcome) y = rng.normal();
  EXPECT_LT(r2(of.outcome, *boosted_predictions(of.values, 4, of.outcome, of.fold, 5, {})), 0.01);
}

TEST(Boosting, ThreadsDoNotMatter) {
  const Data of = data(1'000, 0.5, false);
  set_threads(1);
  const auto one = boosted_predictions(of.values, 4, of.outcome, of.fold, 5, {.rounds = 20});
  set_threads(2);
  EXPECT_EQ(*one, *boosted_predictions(of.values, 4, of.outcome, of.fold, 5, {.rounds = 20}));
  set_threads(0);
}

}  // namespace

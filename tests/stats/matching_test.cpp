// Matching where the truth is known: people drawn with a condition that is commoner among those who would have the
// outcome anyway.
#include "stats/matching.hpp"

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/random.hpp"

namespace tessera::stats {
namespace {

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

struct People {
  std::vector<double> recency, orders, spend, tenure;
  std::vector<uint8_t> met, outcome;
  std::vector<double> truth;  // by how much the outcome is likelier for one who meets the condition
  Covariates covariates() const { return {recency, orders, spend, tenure}; }
};

enum class Confounding { Mild, Strong };

// Four covariates that hang together, of shapes as in a shop; the condition and the outcome both bend with them: Strong
// also with the product of two.
People confounded(size_t count, double effect, Confounding how, Rng rng) {
  const bool strong = how == Confounding::Strong;
  People out;
  for (size_t i = 0; i < count; ++i) {
    const double keen = rng.normal();
    const double orders = 1 + static_cast<double>(rng.poisson(std::exp(0.4 + 0.7 * keen)));
    const double tenure = std::log1p(30 + rng.exponential(300)),
                 recency = std::log1p(rng.exponential(90 * std::exp(-0.6 * keen)));
    const double spend = std::log1p(orders * std::exp(3 + 0.5 * rng.normal()));
    const double logs = std::log1p(orders);
    const double both = (tenure - 5) * (logs - 1), late = recency - 4;
    const double leaning = strong ? -2.6 + 1.8 * logs - 0.9 * late + 0.5 * both : -1.3 + 0.9 * logs - 0.35 * late;
    const double p_met = logistic(leaning + 0.3 * std::sin(spend));
    const double without = 0.08 + 0.5 * logistic(strong ? -2.2 + 1.8 * logs - 0.8 * late + 0.5 * both
                                                        : -2.2 + 1.2 * logs - 0.4 * late + 0.15 * (tenure - 5));
    const double more = effect * (orders > 3 ? 1.5 : 0.75);
    const bool met = rng.chance(p_met);
    out.recency.push_back(recency);
    out.orders.push_back(logs);
    out.spend.push_back(spend);
    out.tenure.push_back(tenure);
    out.met.push_back(met);
    out.outcome.push_back(rng.chance(without + (met ? more : 0)));
    out.truth.push_back(more);
  }
  return out;
}

struct Tally {
  double covered = 0, error = 0, width = 0;
  void add(double estimate, double half, double truth) {
    covered += std::abs(estimate - truth) <= half, error += estimate - truth, width += 2 * half;
  }
};

void cover(size_t people, double effect, Confounding how, int runs, uint64_t seed) {
  Tally naive, strata, corrected;
  double matched = 0, worst = 0;
  for (int run = 0; run < runs; ++run) {
    const People p = confounded(people, effect, how, Rng(seed).fork(static_cast<uint64_t>(run)));
    const Matching m = match(p.covariates(), p.met);
    ASSERT_GT(m.met_matched, 0u);
    const Difference d = compare(m, p.covariates(), p.met, p.outcome);
    double truth = 0, of_all = 0, with[2] = {}, count[2] = {};
    for (size_t i = 0; i < people; ++i) {
      if (p.met[i]) truth += m.weight[i] * p.truth[i], of_all += p.truth[i];
      with[p.met[i]] += p.outcome[i], ++count[p.met[i]];
    }
    truth /= static_cast<double>(m.met_matched);
    of_all /= static_cast<double>(m.met);
    const double p1 = with[1] / count[1], p0 = with[0] / count[0];
    naive.add(p1 - p0, 1.96 * std::sqrt(p1 * (1 - p1) / count[1] + p0 * (1 - p0) / count[0]), of_all);
    strata.add(d.by_strata, 1.96 * d.error, truth);
    corrected.add(d.difference, 1.96 * d.error, truth);
    matched += static_cast<double>(m.met_matched) / static_cast<double>(m.met);
    worst += m.worst_after();
  }
  fmt::print(
      "{} people, {} confounding, difference {:.2f}, {} runs: the truth is in the interval of the naive difference "
      "{:.1f} % (error "
      "{:+.3f}), of strata alone {:.1f} % ({:+.4f}), of strata and regression {:.1f} % ({:+.4f}, width {:.3f}); {:.0f} "
      "% matched, balance {:.3f}\n",
      people, how == Confounding::Strong ? "strong" : "mild", effect, runs, 100 * naive.covered / runs,
      naive.error / runs, 100 * strata.covered / runs, strata.error / runs, 100 * corrected.covered / runs,
      corrected.error / runs, corrected.width / runs, 100 * matched / runs, worst / runs);
  EXPECT_LT(naive.covered / runs, 0.7);
  EXPECT_GT(naive.error / runs, 0.04);
  EXPECT_LT(std::abs(corrected.error / runs), 0.005);
  // What chance leaves of 95 %: 2.6 standard errors; seeds are fixed.
  EXPECT_NEAR(corrected.covered / runs, 0.95, 2.6 * std::sqrt(0.95 * 0.05 / runs));
}

TEST(Matching, CoversTheTruthWhereTheNaiveDifferenceDoesNot) {
  cover(800, 0.10, Confounding::Mild, 400, 1);
  cover(3000, 0.00, Confounding::Mild, 300, 2);
  cover(3000, 0.10, Confounding::Mild, 300, 3);
  cover(10'000, -0.05, Confounding::Mild, 100, 4);
  cover(800, 0.10, Confounding::Strong, 400, 5);
  cover(3000, 0.00, Confounding::Strong, 300, 6);
}

TEST(Matching, WhoLivesWhereNobodyElseDoesFindsNoMatch) {
  // Met: 40 at 1, 20 at 9; others: 40 at 1, 40 at 5.
  std::vector<double> x;
  std::vector<uint8_t> met;
  const auto put = [&](double value, bool is_met, int count) {
    for (int i = 0; i < count; ++i) x.push_back(value), met.push_back(is_met);
  };
  put(1, true, 40);
  put(9, true, 20);
  put(1, false, 40);
  put(5, false, 40);
  const Matching m = match({x}, met);
  EXPECT_EQ(m.met, 60u);
  EXPECT_EQ(m.met_matched, 40u);
  EXPECT_EQ(m.others_matched, 40u);
  EXPECT_EQ(m.balance[0].after, 0);
  EXPECT_EQ(m.strata, 1u);
  double sums[2] = {};
  for (size_t i = 0; i < x.size(); ++i) sums[met[i]] += m.weight[i];
  EXPECT_DOUBLE_EQ(sums[0], sums[1]);
}

TEST(Matching, GroupsThatDoNotOverlapAreNotInBalance) {
  std::vector<double> x;
  std::vector<uint8_t> met;
  for (int i = 0; i < 600; ++i) x.push_back(i), met.push_back(i >= 400);
  const Matching m = match({x}, met);
  EXPECT_TRUE(m.met_matched == 0 || m.worst_after() > kComparable);
}

TEST(Matching, UnknownIsMatchedWithUnknown) {
  std::vector<double> x(200, 1.0);
  std::vector<uint8_t> met(200, 0), outcome(200, 0);
  for (size_t i = 0; i < 200; ++i) {
    if (i < 100) x[i] = NAN;
    met[i] = i % 4 == 0;
    outcome[i] = i < 100;  // the unknown have it, whatever holds for them
  }
  for (size_t i = 0; i < 60; ++i) met[i] = 1;
  const Matching m = match({x}, met);
  EXPECT_EQ(m.met_matched, m.met);
  EXPECT_EQ(m.strata, 2u);
  const Difference d = compare(m, {x}, met, outcome);
  EXPECT_NEAR(d.difference, 0, 1e-12);
  EXPECT_NEAR(d.by_strata, 0, 1e-12);
}

// By hand: stratum A (x = 0): met 3 of 4 with the outcome, others 2 of 8; stratum B (x = 1): met 1 of 2, others 1 of 4.
// (4 * (3/4 - 2/8) + 2 * (1/2 - 1/4)) / 6 = 5/12.
TEST(Matching, IsTheMeanOfTheStrataWeightedByTheMet) {
  std::vector<double> x;
  std::vector<uint8_t> met, outcome;
  const auto put = [&](double value, bool is_met, int with, int count) {
    for (int i = 0; i < count; ++i) x.push_back(value), met.push_back(is_met), outcome.push_back(i < with);
  };
  put(0, true, 3, 4);
  put(0, false, 2, 8);
  put(1, true, 1, 2);
  put(1, false, 1, 4);
  const Difference d = compare(match({x}, met), {x}, met, outcome);
  EXPECT_DOUBLE_EQ(d.by_strata, 5.0 / 12);
  EXPECT_NEAR(d.difference, 5.0 / 12, 1e-12);
  EXPECT_DOUBLE_EQ(d.met, 4.0 / 6);
  EXPECT_GT(d.error, 0);
}

// Whatever the columns: ties, unknown values, constants, one value far out, groups of any size.
TEST(Matching, HoldsItsPromisesForAnyColumns) {
  Rng rng(11);
  for (int run = 0; run < 300; ++run) {
    const size_t people = 2 + rng.below(200), columns = rng.below(5);
    std::vector<std::vector<double>> x(columns, std::vector<double>(people));
    std::vector<uint8_t> met(people), outcome(people);
    for (auto& column : x) {
      const uint64_t kind = rng.below(4);
      const double unknown = rng.chance(0.3) ? rng.uniform() : 0;
      for (double& value : column) {
        value = kind == 0 ? 7 : kind == 1 ? static_cast<double>(rng.below(3)) : rng.normal();
        if (kind == 3 && rng.chance(0.02)) value = 1e12;
        if (rng.chance(unknown)) value = NAN;
      }
    }
    const double share = rng.uniform();
    for (size_t i = 0; i < people; ++i) met[i] = rng.chance(share), outcome[i] = rng.chance(0.3);
    const Covariates covariates(x.begin(), x.end());
    const Matching m = match(covariates, met);
    double sums[2] = {};
    size_t with_weight[2] = {};
    for (size_t i = 0; i < people; ++i) sums[met[i]] += m.weight[i], with_weight[met[i]] += m.weight[i] > 0;
    EXPECT_EQ(m.met + m.others, people);
    EXPECT_EQ(with_weight[1], m.met_matched);
    EXPECT_EQ(with_weight[0], m.others_matched);
    EXPECT_EQ(m.met_matched > 0, m.others_matched > 0);
    EXPECT_NEAR(sums[0], sums[1], 1e-9);
    EXPECT_LE(m.effective_others, static_cast<double>(m.others_matched) + 1e-9);
    EXPECT_EQ(m.balance.size(), columns);
    if (m.met_matched == 0) continue;
    const Difference d = compare(m, covariates, met, outcome);
    EXPECT_TRUE(std::isfinite(d.difference) && std::isfinite(d.error)) << run;
    EXPECT_GE(d.error, 0);
    EXPECT_LE(std::abs(d.by_strata), 1 + 1e-12);
  }
}

TEST(Matching, TheOrderOfPeopleSaysNothing) {
  const People p = confounded(1000, 0.1, Confounding::Mild, Rng(7));
  std::vector<size_t> order(1000);
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  Rng rng(8);
  rng.shuffle(order);
  People q = p;
  for (size_t i = 0; i < order.size(); ++i) {
    q.recency[i] = p.recency[order[i]], q.orders[i] = p.orders[order[i]], q.spend[i] = p.spend[order[i]];
    q.tenure[i] = p.tenure[order[i]], q.met[i] = p.met[order[i]], q.outcome[i] = p.outcome[order[i]];
  }
  const Matching a = match(p.covariates(), p.met), b = match(q.covariates(), q.met);
  EXPECT_EQ(a.met_matched, b.met_matched);
  EXPECT_EQ(a.strata, b.strata);
  EXPECT_NEAR(compare(a, p.covariates(), p.met, p.outcome).difference,
              compare(b, q.covariates(), q.met, q.outcome).difference, 1e-12);
}

}  // namespace
}  // namespace tessera::stats

// The tree that is grown on an outcome: it finds what was planted, nothing in chance, and its leaves are a partition.
#include "cluster/goal_tree.hpp"

#include <numeric>

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "core/random.hpp"

namespace tessera::cluster {
namespace {

struct Planted {
  std::vector<std::vector<double>> values;
  std::vector<RuleColumn> columns;
  std::vector<double> outcome;
  std::vector<uint32_t> rows;

  Planted(size_t n, size_t numbers, uint64_t seed) : values(numbers + 1, std::vector<double>(n)), rows(n) {
    Rng rng(seed);
    for (size_t j = 0; j < numbers; ++j)
      for (double& x : values[j]) x = std::round(rng.uniform() * 1000);
    for (double& x : values[numbers]) x = static_cast<double>(rng.below(4));
    for (size_t j = 0; j <= numbers; ++j) {
      using Kind = RuleColumn::Kind;
      columns.push_back({.kind = j < numbers ? Kind::Whole : Kind::Category, .values = values[j]});
    }
    std::iota(rows.begin(), rows.end(), 0);
    outcome.resize(n);
  }
};

TEST(GoalTree, FindsWhatWasPlanted) {
  Planted data(8'000, 5, 1);
  Rng rng(2);
  // Three groups: under 500 of the second column, and of the others by the category.
  const auto rate = [&](size_t i) { return data.values[1][i] < 500 ? 0.2 : data.values[5][i] == 2 ? 0.8 : 0.5; };
  for (size_t i = 0; i < data.rows.size(); ++i) data.outcome[i] = rng.chance(rate(i));
  const GoalTree tree = GoalTree::grown(data.columns, data.outcome, data.rows, {});
  const auto rules = tree.rules();
  ASSERT_EQ(rules.size(), 3u);
  const auto leaf = tree.leaves_of(data.columns, data.rows);
  std::map<uint32_t, std::map<double, int>> found;
  for (size_t i = 0; i < leaf.size(); ++i) ++found[leaf[i]][rate(i)];
  for (const auto& [at, rates] : found) {
    int most = 0, all = 0;
    for (const auto& [r, n] : rates) most = std::max(most, n), all += n;
    EXPECT_GT(most, 0.98 * all);
  }
}

TEST(GoalTree, SplitsNothingThatChanceMade) {
  int split = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Planted data(1'000, 8, seed);
    Rng rng(seed + 1'000);
    for (double& x : data.outcome) x = rng.chance(0.3);
    split += GoalTree::grown(data.columns, data.outcome, data.rows, {}).rules().size() > 1;
  }
  EXPECT_LE(split, 10);  // 5 % of 200; Bonferroni makes it fewer
}

TEST(GoalTree, LeavesAreAPartitionAndLargeEnough) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    Planted data(1'500, 4, seed % 1'000);
    Rng rng(seed);
    const double least = 20 + static_cast<double>(rng.below(200));
    for (size_t i = 0; i < data.rows.size(); ++i)
      data.outcome[i] = data.values[0][i] * rng.uniform() + data.values[4][i] * 100;
    data.values[1][rng.below(1'500)] = std::nan("");  // one in 500 may be unknown
    GoalTree tree = GoalTree::grown(data.columns, data.outcome, data.rows, {.min_size = least, .most_conditions = 3});
    Planted later(1'500, 4, seed % 1'000 + 1);
    tree.prune(later.columns, later.rows, least);
    const auto rules = tree.rules();
    RC_ASSERT(rules.size() <= 30u);
    for (const Conjunction& rule : rules) RC_ASSERT(rule.size() <= 3u);
    const auto leaf = tree.leaves_of(later.columns, later.rows);
    std::vector<double> size(rules.size(), 0);
    for (size_t i = 0; i < later.rows.size(); ++i) {
      for (size_t r = 0; r < rules.size(); ++r) RC_ASSERT(holds(rules[r], later.columns, i) == (leaf[i] == r));
      size[leaf[i]] += 1;
    }
    for (const double n : size) RC_ASSERT(rules.size() == 1 || n >= least);
  }));
}

TEST(GoalTree, WithoutATestItGrowsToTheNumberAskedFor) {
  Planted data(2'000, 3, 5);
  Rng rng(6);
  for (double& x : data.outcome) x = rng.uniform();
  const auto rules =
      GoalTree::grown(data.columns, data.outcome, data.rows, {.min_size = 10, .chance = HUGE_VAL, .most_leaves = 7})
          .rules();
  EXPECT_EQ(rules.size(), 7u);
}

}  // namespace
}  // namespace tessera::cluster

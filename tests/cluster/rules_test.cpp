#include "cluster/rules.hpp"

#include <rapidcheck/gtest.h>

#include "core/random.hpp"
#include "features/rule_text.hpp"

namespace tessera::cluster {
namespace {

TEST(RoundNumber, WhatPeopleWrite) {
  const std::pair<double, double> cases[] = {{117, 120}, {0.31, 0.3},  {2489, 2500}, {97.3, 100},
                                             {1.04, 1},  {-44.2, -45}, {0, 0},       {8.4e5, 8e5}};
  for (const auto& [x, expected] : cases) EXPECT_DOUBLE_EQ(round_number(x), expected) << x;
}

struct Data {
  std::vector<std::vector<double>> columns;
  std::vector<uint32_t> labels, rows;
  std::vector<RuleColumn> rule_columns() const {
    std::vector<RuleColumn> out;
    for (const auto& column : columns) out.push_back({.values = column});
    return out;
  }
};

// Four boxes of two columns, and a column of noise.
Data boxes(size_t n) {
  Rng rng(3);
  Data data{.columns = std::vector<std::vector<double>>(3)};
  for (uint32_t i = 0; i < n; ++i) {
    const bool right = rng.chance(0.5), top = rng.chance(0.4);
    data.columns[0].push_back((right ? 60 : 10) + 20 * rng.uniform());
    data.columns[1].push_back((top ? 8 : 1) + 3 * rng.uniform());
    data.columns[2].push_back(100 * rng.uniform());
    data.labels.push_back(static_cast<uint32_t>(right) + 2 * static_cast<uint32_t>(top));
    data.rows.push_back(i);
  }
  return data;
}

TEST(FindRules, BoxesAreFoundExactly) {
  const Data data = boxes(2000);
  const auto columns = data.rule_columns();
  const Rules rules = find_rules(columns, data.labels, 4, data.rows, {});
  EXPECT_DOUBLE_EQ(rules.macro_f1, 1);
  for (const Conjunction& rule : rules.of_cluster) {
    EXPECT_EQ(rule.size(), 2u);
    for (const Condition& condition : rule) EXPECT_NE(condition.column, 2u);
  }
  for (const uint32_t row : data.rows)
    for (uint32_t c = 0; c < 4; ++c) EXPECT_EQ(holds(rules.of_cluster[c], columns, row), data.labels[row] == c);
}

// A value that is unknown satisfies no condition, so no tree may cut there: the column would lose the customer.
TEST(FindRules, NoCutWhereSomeValueIsUnknown) {
  Data data = boxes(2000);
  data.columns.push_back(data.columns[0]);  // the same column with all values known
  for (size_t i = 0; i < 2000; i += 20) data.columns[0][i] = std::nan("");
  const auto columns = data.rule_columns();
  const Rules rules = find_rules(columns, data.labels, 4, data.rows, {});
  for (const uint32_t row : data.rows) {
    size_t in = 0;
    for (const Conjunction& rule : rules.of_cluster) in += holds(rule, columns, row);
    EXPECT_EQ(in, 1u);
  }
  EXPECT_DOUBLE_EQ(rules.macro_f1, 1);
}

// Whatever the labels: conditions are few, and every row is in exactly one rule (while a tree is found).
RC_GTEST_PROP(FindRules, FewConditionsAndExactlyOneRule, (const uint64_t seed)) {
  Rng rng(seed);
  const size_t k = 2 + rng.below(9), n = 300;
  Data data{.columns = std::vector<std::vector<double>>(6)};
  std::vector<std::vector<double>> centres(k, std::vector<double>(6));
  for (auto& centre : centres)
    for (double& x : centre) x = 40 * rng.uniform();
  for (uint32_t i = 0; i < n; ++i) {
    const auto c = static_cast<uint32_t>(rng.below(k));
    for (size_t j = 0; j < 6; ++j) data.columns[j].push_back(centres[c][j] + 4 * rng.normal());
    data.labels.push_back(c);
    data.rows.push_back(i);
  }
  const auto columns = data.rule_columns();
  const Rules rules = find_rules(columns, data.labels, k, data.rows, {});
  for (const Conjunction& rule : rules.of_cluster) RC_ASSERT(rule.size() <= 4u);
  for (const uint32_t row : data.rows) {
    size_t in = 0;
    for (const Conjunction& rule : rules.of_cluster) in += holds(rule, columns, row);
    RC_ASSERT(in == 1u);
  }
}

struct Spoken {
  features::Shape shape;
  std::string name;
  double low, high;
  std::string expected;
};

TEST(Wording, AsAPersonWouldHaveWritten) {
  const double inf = std::numeric_limits<double>::infinity();
  const features::IndustryTerms& shop = features::industries()[0];
  const Spoken cases[] = {
      {features::Shape::Days, "since_last_order", 120, inf, "last order at least 120 days ago"},
      {features::Shape::Days, "since_last_order", -inf, 30, "last order less than 30 days ago"},
      {features::Shape::Days, "since_first_order", 30, 365, "first order between 30 days and 365 days ago"},
      {features::Shape::Days, "usual_gap", 1, inf, "usual_gap at least 1 day"},
      {features::Shape::Count, "orders", 3, 10, "orders between 3 and 9"},
      {features::Shape::Count, "orders", 1, 2, "orders = 1"},
      {features::Shape::Count, "orders", -inf, 3, "orders at most 2"},
      {features::Shape::Share, "garden_percent", 0.4, inf, "garden_percent at least 40"},
      {features::Shape::Share, "garden_percent", 0.15, 0.4, "garden_percent between 15 and 39.99"},
      {features::Shape::Money, "spend", 250, 2500, "spend between 250 and 2499.99"},
      {features::Shape::Ratio, "looks_per_order", -inf, 1.5, "looks_per_order less than 1.5"},
  };
  for (const Spoken& row : cases)
    EXPECT_EQ(text_of(Condition{.low = row.low, .high = row.high},
                      features::FeatureColumn{.feature = {.name = row.name, .shape = row.shape}}, shop),
              row.expected);
  const features::FeatureColumn plan{.feature = {.name = "given_plan", .shape = features::Shape::Category},
                                     .levels = {"basic", "gold", "a \"b\""}};
  EXPECT_EQ(text_of(Condition{.codes = {1}}, plan, shop), "given_plan = \"gold\"");
  EXPECT_EQ(text_of(Condition{.codes = {0, 2}, .excluded = true}, plan, shop),
            "given_plan not in (\"basic\", \"a \\\"b\\\"\")");
}

}  // namespace
}  // namespace tessera::cluster

#include "persona/figures.hpp"

#include <numeric>

#include <gtest/gtest.h>

namespace tessera::persona {
namespace {

// Groups of these sizes, one after the other.
std::vector<std::vector<uint32_t>> groups_of(std::initializer_list<size_t> sizes) {
  std::vector<std::vector<uint32_t>> out;
  uint32_t next = 0;
  for (const size_t size : sizes) {
    out.emplace_back(size);
    std::iota(out.back().begin(), out.back().end(), next);
    next += static_cast<uint32_t>(size);
  }
  return out;
}

Measure rate(std::vector<double> values, std::vector<bool> in_rule) {
  return {.name = "repeat", .phrase = "came back", .is_rate = true, .values = std::move(values), .in_rule = in_rule};
}

TEST(Figures, SmallGroupsArePooledAndLargeOnesSpeak) {
  const auto groups = groups_of({400, 400, 400, 10});
  std::vector<double> values;
  for (int i = 0; i < 1'200; ++i) values.push_back(i % 400 < 80 + 20 * (i / 400));  // 20, 25, 30 %
  for (int i = 0; i < 10; ++i) values.push_back(i < 7);
  const Measure measures[] = {rate(values, std::vector<bool>(4, false))};
  const auto figures = figures_of(measures, groups);
  EXPECT_DOUBLE_EQ(figures[3][0].figure.raw, 0.7);
  EXPECT_LT(figures[3][0].figure.estimate, 0.6);
  EXPECT_GT(figures[3][0].figure.shrinkage, 2 * figures[0][0].figure.shrinkage);
  EXPECT_NEAR(figures[0][0].figure.estimate, 0.2, 0.03);
  EXPECT_TRUE(sentence_of(figures[0][0]).ends_with(") came back")) << sentence_of(figures[0][0]);
}

TEST(Figures, TooFewToTellIsSaidInsteadOfANumber) {
  const auto groups = groups_of({25, 25});
  std::vector<double> values(50, 0);
  values[3] = values[30] = 1;
  const Measure measures[] = {rate(values, {false, false}),
                              {.name = "value", .phrase = "spend a customer", .values = std::vector<double>(50, 7)}};
  for (const auto& of_group : figures_of(measures, groups)) {
    EXPECT_EQ(sentence_of(of_group[0]), "came back: too few to tell");
    EXPECT_EQ(sentence_of(of_group[1]), "spend a customer: too few to tell");  // all alike: nothing says how sure
  }
}

// Where the rule decides, there is nothing to estimate, and the others are not drawn towards it.
TEST(Figures, WhatTheRuleDecides) {
  const auto groups = groups_of({300, 300, 300});
  std::vector<double> values;
  for (int i = 0; i < 900; ++i) values.push_back(i < 300 || i % 10 == 0);
  const Measure measures[] = {rate(values, {true, false, false})};
  const auto figures = figures_of(measures, groups);
  EXPECT_EQ(sentence_of(figures[0][0]), "100 % came back, by the rule");
  EXPECT_FALSE(figures[1][0].by_rule);
  EXPECT_NEAR(figures[1][0].figure.estimate, 0.1, 0.005);
}

TEST(Figures, OneHundredPercentIsSaidOfAllAlone) {
  SegmentFigure figure{.phrase = "are active", .is_rate = true};
  figure.figure = {.estimate = 0.9998, .interval = {0.9912, 0.99999}, .tells = true};
  EXPECT_EQ(sentence_of(figure), "99.9 % (99.1 to 100) are active");
  figure.figure = {.estimate = 0.0001, .interval = {0, 0.0012}, .tells = true};
  EXPECT_EQ(sentence_of(figure), "0.1 % (0 to 0.2) are active");
  figure.figure = {.estimate = 0.5, .interval = {0.444, 0.556}, .tells = true};
  EXPECT_EQ(sentence_of(figure), "50 % (44 to 56) are active");
}

}  // namespace
}  // namespace tessera::persona

// A continuum is cut where it was: labels from the rules of before, and what a division tells.
#include "discover/previous_division.hpp"

#include <gmock/gmock.h>

namespace tessera::discover {
namespace {

using testing::ElementsAre;

cluster::Matrix line(const std::vector<double>& values) {
  cluster::Matrix out(values.size(), 1);
  out.values = values;
  return out;
}

features::Population grouped(uint32_t customers) {
  features::Population out;
  for (uint32_t c = 0; c < customers; ++c) out.grouped.push_back(c);
  return out;
}

lineage::Generation asked(std::vector<std::vector<uint32_t>> members, size_t customers) {
  lineage::Generation out{.as_of = {}, .groups = {}, .known = std::vector<bool>(customers, true)};
  for (auto& each : members)
    out.groups.push_back({.id = fmt::format("g{}", out.groups.size()), .name = "", .members = std::move(each)});
  return out;
}

TEST(DivisionBefore, WhomNoRuleFindsJoinsTheNearest) {
  const auto before = asked({{0, 1}, {3, 4}}, 5);
  const auto kept = division_before(before, grouped(5), line({0, 1, 8, 9, 10}), 2);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->k, 2u);
  EXPECT_THAT(kept->labels, ElementsAre(0, 0, 1, 1, 1));
}

TEST(DivisionBefore, ACustomerOfTwoRulesIsOfTheFirst) {
  const auto kept = division_before(asked({{0, 1}, {1, 2, 3}}, 4), grouped(4), line({0, 1, 2, 3}), 2);
  ASSERT_TRUE(kept.has_value());
  EXPECT_THAT(kept->labels, ElementsAre(0, 0, 1, 1));
}

TEST(DivisionBefore, GroupsThatShrankUnderTheLeastSizeAreNotKept) {
  EXPECT_FALSE(division_before(asked({{0}, {2, 3}}, 4), grouped(4), line({0, 1, 2, 3}), 2).has_value());
  EXPECT_FALSE(division_before(asked({{0, 1, 2, 3}}, 4), grouped(4), line({0, 1, 2, 3}), 2).has_value());
  EXPECT_FALSE(division_before(std::nullopt, grouped(4), line({0, 1, 2, 3}), 2).has_value());
}

TEST(DivisionBefore, SetApartGroupsAreNoPartOfIt) {
  auto before = asked({{0, 1}, {2}, {2, 3}}, 4);
  before.groups[1].set_apart = true;
  const auto kept = division_before(before, grouped(4), line({0, 1, 2, 3}), 2);
  ASSERT_TRUE(kept.has_value());
  EXPECT_THAT(kept->labels, ElementsAre(0, 0, 1, 1));
}

TEST(DivisionBefore, TheShareBetweenIsOneLessWhatIsInside) {
  // Mean 3, squares 9 + 4 + 4 + 9 = 26; inside 0.5 + 0.5.
  EXPECT_DOUBLE_EQ(share_between(line({0, 1, 5, 6}), {0, 0, 1, 1}, 2), 1 - 1.0 / 26);
  EXPECT_DOUBLE_EQ(share_between(line({0, 1, 5, 6}), {0, 0, 0, 0}, 1), 0);
  EXPECT_DOUBLE_EQ(share_between(line({2, 2}), {0, 1}, 2), 0);
}

}  // namespace
}  // namespace tessera::discover

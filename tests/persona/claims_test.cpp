#include "persona/claims.hpp"

#include <gtest/gtest.h>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "features/industry.hpp"

namespace tessera::persona {
namespace {

constexpr size_t kCustomers = 2'000, kGroups = 10;

// Customers in ten groups of different sizes that know nothing of the columns: a share with many zeros, money, a count,
// days that a third do not have, a rare and a common category.
struct Company {
  features::FeatureTable features;
  std::vector<std::vector<uint32_t>> groups{kGroups};
  std::vector<uint32_t> everyone;
  std::vector<bool> held_out;

  explicit Company(Rng rng) {
    add("share", features::Shape::Share, [&] { return rng.chance(0.3) ? rng.uniform() : 0; });
    add("money", features::Shape::Money, [&] { return std::exp(rng.normal()); });
    add("count", features::Shape::Count, [&] { return static_cast<double>(rng.poisson(2)); });
    add("days", features::Shape::Days, [&] { return rng.chance(0.3) ? NAN : rng.exponential(30); });
    add("country", features::Shape::Category, [&] { return static_cast<double>(rng.below(20)); });
    add("rare", features::Shape::Category, [&] { return rng.chance(0.02) ? 1.0 : 0.0; });
    for (features::FeatureColumn& column : features.columns)
      if (column.feature.shape == features::Shape::Category)
        for (int level = 0; level < 20; ++level) column.levels.push_back(fmt::format("level {}", level));
    for (uint32_t c = 0; c < kCustomers; ++c) {
      everyone.push_back(c);
      held_out.push_back(rng.chance(0.3));
      groups[static_cast<size_t>(kGroups * rng.uniform() * rng.uniform())].push_back(c);
    }
  }
  template <typename Draw>
  void add(const char* name, features::Shape shape, Draw draw) {
    features::FeatureColumn column;
    column.feature = {.name = name, .family = features::Family::Trait, .shape = shape, .phrase = name};
    for (size_t c = 0; c < kCustomers; ++c) column.values.push_back(draw());
    features.columns.push_back(std::move(column));
  }
  std::vector<std::vector<Claim>> claims(std::vector<bool> made = std::vector<bool>(6, false)) const {
    return claims_about(features, features::IndustryTerms{}, groups,
                        {.everyone = everyone, .held_out = held_out, .made = std::move(made)});
  }
};

// With nothing to find every claim is false: the false discovery rate is the share of reports that make one.
TEST(Claims, RandomOutcomesAreSeldomClaimed) {
  constexpr size_t kReports = 300;
  std::vector<uint8_t> any(kReports, 0);
  parallel_for(kReports, 1, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i)
      for (const auto& of_group : Company(Rng(41).fork(i)).claims()) any[i] |= !of_group.empty();
  });
  const double rate = static_cast<double>(std::ranges::count(any, 1)) / kReports;
  fmt::print("reports of random outcomes that claim something: {:.1f} % of {}\n", 100 * rate, kReports);
  EXPECT_LE(rate, 0.05);
}

TEST(Claims, WhatIsThereIsFoundAndConfirmed) {
  Company company{Rng(43)};
  for (const uint32_t c : company.groups[1]) company.features.columns[0].values[c] += 0.15;
  for (const uint32_t c : company.groups[2]) company.features.columns[1].values[c] *= 2;
  for (const uint32_t c : company.groups[3])
    if (c % 3 == 0) company.features.columns[4].values[c] = 7;
  const auto claims = company.claims();
  for (const auto& [group, trait, level] :
       {std::tuple{1, "share", ""}, std::tuple{2, "money", ""}, std::tuple{3, "country", "level 7"}}) {
    const auto& of_group = claims[static_cast<size_t>(group)];
    ASSERT_FALSE(of_group.empty()) << trait;
    EXPECT_EQ(of_group[0].trait, trait);
    EXPECT_EQ(of_group[0].level, level);
    EXPECT_TRUE(of_group[0].higher());
    EXPECT_FALSE(of_group[0].by_construction);
    EXPECT_LE(of_group[0].q, 0.05);
    EXPECT_FALSE(of_group[0].interval.contains(of_group[0].everyone));
  }
}

// A difference among the customers it was found on alone is not believed.
TEST(Claims, WhatCustomersHeldOutDoNotShowIsNotClaimed) {
  Company company{Rng(47)};
  for (const uint32_t c : company.groups[1])
    if (!company.held_out[c]) company.features.columns[1].values[c] *= 3;
  const auto claims = company.claims();
  for (const Claim& claim : claims[1]) EXPECT_NE(claim.trait, "money");
}

// What made the groups is described, with an interval and without a test.
TEST(Claims, ByConstruction) {
  Company company{Rng(53)};
  for (const uint32_t c : company.groups[0]) company.features.columns[1].values[c] *= 2;
  std::vector<bool> made(6, false);
  made[1] = true;
  const auto claims = company.claims(made);
  ASSERT_FALSE(claims[0].empty());
  EXPECT_EQ(claims[0][0].trait, "money");
  EXPECT_TRUE(claims[0][0].by_construction);
  EXPECT_TRUE(std::isnan(claims[0][0].q));
}

}  // namespace
}  // namespace tessera::persona

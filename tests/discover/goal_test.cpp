// A goal decides what counts: of two things that set customers apart, one says what they do next and one does not.
#include "discover/goal.hpp"

#include <gmock/gmock.h>

#include "core/random.hpp"
#include "discover/discover.hpp"
#include "discover/discovered.hpp"
#include "simulate/simulate.hpp"

namespace tessera::discover {
namespace {

using profiles::HistoryBuilder;
using testing::HasSubstr;

// In every 90 days those with large orders come back seven times in ten, those with small ones once in ten; who buys
// shoes and who buys books says nothing about it.
profiles::History shop(uint64_t seed) {
  Rng rng(seed);
  HistoryBuilder builder;
  for (int c = 0; c < 2'000; ++c) {
    const bool is_large = c % 2 == 0, reads = c % 4 < 2;
    const auto order = [&](int64_t days_ago) {
      const int64_t total =
          is_large ? 90 + static_cast<int64_t>(rng.below(20)) : 9 + static_cast<int64_t>(rng.below(3));
      builder.add({fmt::format("customer-{:04}", c),
                   "Order Completed",
                   simulate::kAsOf - kDay * days_ago,
                   {{"total", HistoryBuilder::Value(Number::of(total))},
                    {"category", HistoryBuilder::Value(std::string(rng.chance(0.95) == reads ? "books" : "shoes"))}}});
    };
    for (int n = 0; n < 3; ++n) order(static_cast<int64_t>(451 + rng.below(40)));
    for (int64_t quarter = 0; quarter < 5; ++quarter)
      if (rng.chance(is_large ? 0.7 : 0.1)) order(90 * quarter + static_cast<int64_t>(rng.below(89)));
  }
  return std::move(builder).build();
}

TEST(Goal, FeaturesCountByWhatTheySayAboutIt) {
  const auto history = shop(1);
  const auto schema = language::schema_of(history);
  const auto parts = features::recognise(history);
  ASSERT_TRUE(parts.has_value());
  const features::Setting now{history, schema, simulate::kAsOf, Zone::utc()};
  const auto goal = Goal::of(now, *parts, "repeat", kDay * 90, 1);
  ASSERT_TRUE(goal.has_value()) << goal.error().text();
  const std::vector<features::Feature> features = features::default_features(history, *parts, true);
  const auto told = goal->told_by(now, features::text_of_definitions(*parts, features), features);
  ASSERT_TRUE(told.has_value()) << told.error().text();
  for (size_t f = 0; f < features.size(); ++f) {
    // A share of 0.4 who return, 0.7 and 0.1 in the halves: 0.09 of a variance of 0.24.
    if (features[f].family == features::Family::Size) {
      EXPECT_NEAR((*told)[f], 0.09 / 0.24, 0.05) << features[f].name;
    }
    if (features[f].family == features::Family::Interest) {
      EXPECT_LT((*told)[f], 0.01) << features[f].name;
    }
  }
}

TEST(Goal, GroupsThatItDoesNotTellApartAreOne) {
  const auto history = shop(2);
  const Options plain{.as_of = simulate::kAsOf, .zone = Zone::utc()};
  Options with_goal = plain;
  with_goal.goal = "repeat";
  const Discovery without = discovered(history, plain), with = discovered(history, with_goal);
  EXPECT_EQ(without.goal, "");
  EXPECT_EQ(with.goal, "another order within 90 days");
  EXPECT_LT(with.k, without.k);
  ASSERT_GE(with.k, 2u);
  // Every group is nearly all large or nearly all small, and both kinds of readers are in it.
  for (const Segment& segment : with.segments) {
    if (segment.set_apart) continue;
    double large = 0, reads = 0;
    for (const uint32_t c : segment.members) large += c % 2 == 0, reads += c % 4 < 2;
    const double n = static_cast<double>(segment.members.size());
    EXPECT_TRUE(large / n > 0.95 || large / n < 0.05) << segment.rule;
    EXPECT_GT(reads / n, 0.3) << segment.rule;
    EXPECT_LT(reads / n, 0.7) << segment.rule;
  }
}

TEST(Goal, AnExpressionIsAGoalAndErrorsHaveAPlace) {
  const auto history = shop(3);
  const auto schema = language::schema_of(history);
  const auto parts = features::recognise(history);
  const features::Setting now{history, schema, simulate::kAsOf, Zone::utc()};
  const auto goal = Goal::of(now, *parts, "sum(\"Order Completed\".total, last 90 days) > 50", kDay * 90, 1);
  ASSERT_TRUE(goal.has_value()) << goal.error().text();
  const auto text_of_error = [&](std::string_view text, Duration horizon) {
    const auto made = Goal::of(now, *parts, text, horizon, 1);
    return made ? std::string("none") : made.error().text();
  };
  EXPECT_THAT(text_of_error("no such goal", kDay * 90), HasSubstr("no such goal"));
  EXPECT_THAT(text_of_error("repeat", kDay * 400), HasSubstr("the record is too short for a goal"));
  EXPECT_THAT(text_of_error("count(\"Order Completed\") >= 0", kDay * 90), HasSubstr("outcome is the same"));
}

}  // namespace
}  // namespace tessera::discover

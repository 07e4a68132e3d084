// The hidden days: what is found where the truth is known, and nothing where there is nothing.
#include "discover/backtest.hpp"

#include "core/random.hpp"
#include "core/text.hpp"
#include "discover/discover.hpp"
#include "discover/simulated_history.hpp"
#include "profiles/past.hpp"
#include "report/report.hpp"

namespace tessera::discover {
namespace {

using profiles::HistoryBuilder;

Backtest looked_back(const profiles::History& history, const Options& options) {
  SilentProgress quiet;
  auto found = look_back(history, language::schema_of(history), options, *options.as_of, quiet);
  if (!found) {
    ADD_FAILURE() << found.error().text();
    return {};
  }
  return std::move(*found);
}

TEST(HiddenDays, PlantedSegmentsForetellAndRfmStandsBeside) {
  const auto company = simulated_history({.customers = 4'000, .segments = 6, .seed = 7});
  ASSERT_TRUE(company.has_value());
  const Options options{.as_of = simulate::kAsOf, .zone = Zone::utc(), .horizon = kDay * 90};
  const Backtest found = looked_back(company->history, options);
  ASSERT_EQ(found.why_not, "");
  EXPECT_EQ(found.from, simulate::kAsOf - kDay * 90);
  EXPECT_GT(found.customers, 2'000u);
  ASSERT_GE(found.contenders.size(), 3u);
  EXPECT_EQ(found.contenders[0].name, "micro-segments");
  EXPECT_EQ(found.contenders[1].name, "quintile RFM");
  EXPECT_LE(found.contenders[1].groups, 125u);
  EXPECT_LE(found.contenders[2].groups, 13u);
  ASSERT_FALSE(found.outcomes.empty());
  EXPECT_EQ(found.outcomes[0].name, "value");
  for (size_t o = 0; o < found.outcomes.size(); ++o) {
    EXPECT_GT(found.contenders[0].foretold[o].r2.low, 0.02) << found.outcomes[o].name;
    EXPECT_LE(found.contenders[0].foretold[o].r2.low, found.contenders[0].foretold[o].r2.value);
  }
  // Nothing of the hidden days is known to the discovery that is judged: without them it is the same.
  const profiles::Past past = profiles::past_of(company->history, found.from);
  EXPECT_EQ(looked_back(past.history, options).contenders[0].groups, found.contenders[0].groups);
}

// What comes in the hidden days has nothing to do with what came before.
profiles::History noise(uint64_t seed) {
  Rng rng(seed);
  HistoryBuilder builder;
  for (int c = 0; c < 1'500; ++c) {
    const auto order = [&](Instant at) {
      builder.add({fmt::format("customer-{:04}", c),
                   "Order Completed",
                   at,
                   {{"total", HistoryBuilder::Value(Number::of(static_cast<int64_t>(5 + rng.below(95))))}}});
    };
    for (uint64_t n = 1 + rng.below(8); n > 0; --n)
      order(simulate::kAsOf - kDay * static_cast<int64_t>(91 + rng.below(400)));
    if (rng.chance(0.3)) order(simulate::kAsOf - kDay * static_cast<int64_t>(rng.below(89)));
  }
  return std::move(builder).build();
}

TEST(HiddenDays, WhereNothingCanBeForetoldItIsSaidFirst) {
  const Backtest found = looked_back(noise(3), {.as_of = simulate::kAsOf, .horizon = kDay * 90});
  ASSERT_EQ(found.why_not, "");
  for (size_t o = 0; o < found.outcomes.size(); ++o) {
    EXPECT_LT(found.contenders[0].foretold[o].r2.value, 0.02) << found.outcomes[o].name;
    EXPECT_LT(found.contenders[0].foretold[o].r2.low, 0);
  }
  ASSERT_FALSE(found.said.empty());
  EXPECT_TRUE(found.said[0].starts_with("These segments do not foretell better than quintile RFM.")) << found.said[0];
}

TEST(HiddenDays, ARecordTooShortOrTooSmallSaysSo) {
  const auto history = noise(3);
  const Options options{.as_of = simulate::kAsOf, .horizon = kDay * 300};
  EXPECT_NE(looked_back(history, options).why_not.find("it must reach back twice as far"), std::string::npos);
  HistoryBuilder few;
  for (int c = 0; c < 50; ++c) few.add({fmt::format("c{}", c), "Order Completed", simulate::kAsOf - kDay * 300, {}});
  EXPECT_NE(looked_back(std::move(few).build(), {.as_of = simulate::kAsOf, .horizon = kDay * 90}).why_not.find("fewer"),
            std::string::npos);
}

TEST(HiddenDays, StandInEveryFormOfTheReport) {
  Options options{.as_of = simulate::kAsOf, .hides = true};
  SilentProgress quiet;
  const auto history = noise(4);
  const auto found = discover(history, language::schema_of(history), options, quiet);
  ASSERT_TRUE(found.has_value()) << found.error().text();
  const Json json = report::to_json(*found);
  ASSERT_TRUE(json.find("foresight") && json.find("foresight")->find("contenders"));
  EXPECT_NE(report::html_of(*found).find("<h2>On hidden days</h2>"), std::string::npos);
  EXPECT_TRUE(report::text_of(*found).starts_with("These segments do not foretell better"))
      << report::text_of(*found).substr(0, 300);
  options.hides = false;
  const auto without = discover(history, language::schema_of(history), options, quiet);
  ASSERT_TRUE(without.has_value());
  const Json bare = report::to_json(*without);
  EXPECT_TRUE(bare.find("foresight")->is_null());
}

}  // namespace
}  // namespace tessera::discover

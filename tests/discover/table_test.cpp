// Tables without events: groups made of what people are, numbers, words, yes and no and blanks alike; and customers of
// whom nothing differs.
#include "core/random.hpp"
#include "discovered.hpp"

namespace tessera::discover {
namespace {

using profiles::HistoryBuilder;
using Value = HistoryBuilder::Value;

constexpr size_t kCustomers = 900;

Value number(int64_t whole) {
  return Value(Number::of(whole));
}

// Three kinds of customers by plan, months, bill and partner; one in ten knows nothing of the bill.
profiles::History churn_table() {
  HistoryBuilder builder;
  Rng rng(17);
  constexpr std::string_view kPlans[] = {"monthly", "yearly", "two years"};
  for (size_t i = 0; i < kCustomers; ++i) {
    const size_t kind = i % 3;
    std::map<std::string, HistoryBuilder::Values> traits{
        {"plan", Value(std::string(kPlans[kind]))},
        {"months", number(static_cast<int64_t>(4 + 25 * kind + rng.below(6)))},
        {"partner", Value(kind == 2 ? rng.below(10) > 0 : rng.below(10) == 0)},
        {"senior", number(rng.below(2) ? 1 : 0)}};
    if (rng.below(10) > 0) traits["bill"] = number(static_cast<int64_t>(90 - 30 * kind + rng.below(9)));
    builder.add({fmt::format("c{:04}", i), std::string("$identify"), kEver, std::move(traits)});
  }
  return std::move(builder).build();
}

TEST(Tables, AreGroupedByWhatPeopleAre) {
  const profiles::History history = churn_table();
  Options options{.min_size = 50, .hides = true};
  options.today = *parse_instant("2026-03-01");
  const Discovery found = discovered(history, options);
  EXPECT_GE(found.k, 3u) << found.chosen_by;  // the flag that half of each kind has may divide the kinds again
  EXPECT_EQ(found.grouped, kCustomers);
  EXPECT_GT(found.macro_f1, 0.95);
  ASSERT_TRUE(found.foresight);
  EXPECT_EQ(found.foresight->why_not, "no dates, so nothing can be hidden");
  for (const char* name : {"given_plan", "given_months", "given_partner", "given_senior", "given_bill"})
    EXPECT_NE(found.features.find(name), nullptr) << name;
  for (const Segment& segment : found.segments) {
    EXPECT_FALSE(segment.persona.demographics.empty()) << segment.persona.name;
    EXPECT_NE(segment.persona.name.find(','), std::string::npos) << segment.persona.name;
    // Nothing is said of what nobody knows.
    for (const char* word : {"active", "spend", "order", "lapsed", "0.0 %"})
      EXPECT_EQ(segment.persona.summary.find(word), std::string::npos) << segment.persona.summary;
  }
  EXPECT_EQ(found.tsl.find("1970"), std::string::npos) << found.tsl;
}

TEST(Tables, OfCustomersWhoAreAllTheSameAreOneGroupAndASentence) {
  HistoryBuilder traits, orders;
  for (size_t i = 0; i < 400; ++i) {
    const std::string id = fmt::format("c{}", i);
    traits.add({id, std::string("$identify"), kEver, {{"plan", Value(std::string("basic"))}}});
    orders.add({id, "Order Completed", *parse_instant("2026-03-01"), {{"total", number(10)}}});
  }
  for (HistoryBuilder* each : {&traits, &orders}) {
    const profiles::History history = std::move(*each).build();
    const Discovery found = discovered(history, {.hides = true});
    EXPECT_EQ(found.k, 1u);
    ASSERT_EQ(found.segments.size(), 1u);
    EXPECT_EQ(found.segments[0].size, 400u) << found.segments[0].rule;
    EXPECT_NE(found.chosen_by.find("one group"), std::string::npos) << found.chosen_by;
    EXPECT_FALSE(found.tsl.empty());
  }
}

}  // namespace
}  // namespace tessera::discover

#include "segment/explain.hpp"

#include <gtest/gtest.h>

#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/random_tree.hpp"
#include "oracle/reference.hpp"
#include "segment/random_shop.hpp"

namespace tessera::segment {
namespace {

Instant at(std::string_view text) {
  return *parse_instant(text);
}

TEST(Explain, ShowsOfEachConditionWhetherItHoldsWhatWasFoundAndWhenItMayChange) {
  profiles::HistoryBuilder builder;
  builder.add({"ann", "Product Added", at("2026-02-27"), {}});
  builder.add({"ann", "Product Viewed", at("2026-02-28"), {}});
  builder.add({"ann", "Order Completed", at("2026-02-01"), {{"total", Number::of(10)}}});
  builder.add({"ann", "Order Completed", at("2026-02-02"), {{"total", Number{20'500'000}}}});
  builder.add({"ann", "Order Completed", at("2026-02-03"), {{"total", Number::of(5)}}});
  const profiles::History history = std::move(builder).build();
  constexpr std::string_view kText = R"(
let usual = avg("Order Completed".total)
segment "Cart" =
      last "Product Added" between 2 hours and 7 days ago
  and no "Order Completed" since then
segment "All" = in segment "Cart" and usual > 11 and trait age > 30
)";
  const language::Parsed parsed = language::parse_definitions(kText);
  ASSERT_EQ(render(parsed.diagnostics, kText), "");
  const language::Checked checked = language::check(parsed.definitions, language::Schema{});
  const auto found = explain(checked.program, 2, history, 0, at("2026-03-01"), kNever);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(text_of(*found), R"(unknown All  (2 of 3 hold, 1 unknown)  [may change 2026-03-06T00:00:00Z]
  yes     in segment "Cart"  [may change 2026-03-06T00:00:00Z]
    yes     last "Product Added" between 2 hours and 7 days ago and no "Order Completed" since then  (2 of 2 hold)  [may change 2026-03-06T00:00:00Z]
      yes     last "Product Added" between 2 hours and 7 days ago  [may change 2026-03-06T00:00:00Z]
                ago(last_time("Product Added")) = 2 days
                last_time("Product Added") = 2026-02-27T00:00:00Z
      yes     no "Order Completed" since last "Product Added"
                count("Order Completed", since last "Product Added") = 0
  yes     usual more than 11
            usual = 11.833333...
  unknown trait age > 30  (nothing is known of trait age)
            trait age = unknown
)");
  EXPECT_EQ(to_json(*found).find("holds")->is_null(), true);
}

// Whatever the tree: the explanation's verdicts are the reference's, condition by condition.
TEST(Explain, AgreesWithTheReferenceOnRandomDefinitions) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed + 300);
    const profiles::History history = random_shop(rng);
    const language::Checked checked =
        language::check(language::RandomTree(seed).definitions(), language::RandomTree::shop());
    const Instant now = random_moment(rng);
    const auto customer = static_cast<profiles::CustomerIndex>(rng.below(history.customers()));
    const auto rows = oracle::rows_of(history, customer);
    const oracle::Reference reference(checked.program, rows, now, profiles::kAllSeqs);
    for (uint32_t d = 0; d < checked.program.definitions.size(); ++d) {
      const language::Definition& definition = checked.program.definitions[d];
      if (definition.kind != language::DefinitionKind::Segment) continue;
      const auto found = explain(checked.program, d, history, customer, now, kNever);
      ASSERT_TRUE(found.has_value()) << found.error().text();
      const auto holds = reference.has_begun() ? reference.truth(definition.body) : false;
      ASSERT_EQ(found->holds, holds) << "seed " << seed << "\n" << text_of(*found);
      const auto* logic = std::get_if<language::Logic>(&definition.body.node);
      for (size_t i = 0; logic && i < logic->operands.size(); ++i)
        ASSERT_EQ(found->parts[i].holds, reference.truth(logic->operands[i])) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tessera::segment

#include "language/print.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/random_tree.hpp"
#include "language/tree_json.hpp"

namespace tessera::language {
namespace {

TEST(Print, TheReferenceExampleIsAlreadyCanonical) {
  constexpr std::string_view kText = R"(event order = "Order Completed" where is_test is not true

let orders_90d = count(order, last 90 days)
let spend_year = sum(order.total, last 365 days)
let fav_category = mode("Product Viewed".category, last 60 days)

# What someone is about to do.
score purchase_intent = 2 * "Product Viewed" + 10 * "Product Added" + 25 * "Checkout Started"
  half-life 3 days

segment "Abandoned cart, high intent" =
      last "Product Added" between 2 hours and 7 days ago
  and no order since then
  and purchase_intent at least 20

segment "Lapsed, showing interest" =
      last order more than 120 days ago
  and at least 3 "Product Viewed" in the last 7 days

segment "Omni-engaged" =
      distinct(any event.channel, last 30 days) >= 3
  and trait country in ("DE", "AT", "CH")

segment "Missed care" =
      at least 2 "Appointment Missed" in the last 90 days
  and no "Appointment Booked" where date in the next 30 days
)";
  const Parsed parsed = parse_definitions(kText);
  ASSERT_EQ(render(parsed.diagnostics, kText), "");
  EXPECT_EQ(print(parsed.definitions, parsed.last_note), kText);
}

// Text to tree to text, tree to JSON to tree, for whatever can be said.
TEST(Print, EveryTreeReadsBackAsItself) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    const std::vector<Definition> definitions = RandomTree(seed).definitions();
    const std::string text = print(definitions);
    const Parsed again = parse_definitions(text);
    if (!again.ok() || !(again.definitions == definitions))
      for (const Definition& definition : definitions) {
        const Parsed one = parse_definitions(print(definition));
        if (!one.ok()) RC_FAIL(render(one.diagnostics, print(definition)));
        if (!(one.definitions[0] == definition)) RC_FAIL(print(definition) + "read as\n" + print(one.definitions[0]));
      }
    RC_ASSERT(again.ok());
    RC_ASSERT(again.definitions == definitions);
    RC_ASSERT(print(again.definitions, again.last_note) == text);
    for (const Definition& definition : definitions) {
      const auto json = parse_json(to_json(definition).dump());
      RC_ASSERT(json.has_value());
      const auto read = definition_from_json(*json);
      if (!read) RC_FAIL(read.error().text());
      RC_ASSERT(*read == definition);
    }
  }));
}

// The random trees are right by type, and stay so as text.
TEST(Check, RandomDefinitionsPass) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    const std::string text = print(RandomTree(seed).definitions());
    const Checked checked = check(parse_definitions(text).definitions, RandomTree::shop());
    if (!checked.ok()) RC_FAIL(render(checked.diagnostics, text));
  }));
}

}  // namespace
}  // namespace tessera::language

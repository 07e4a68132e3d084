#include "language/parse.hpp"

#include <gtest/gtest.h>

#include "language/check.hpp"
#include "language/print.hpp"
#include "segment/segment.hpp"

namespace tessera::language {
namespace {

constexpr std::string_view kExample = R"(# What the shop asks for every week.
event order = "Order Completed" where is_test is not true

let orders_90d   = count(order, last 90 days)
let spend_year   = sum(order.total, last 365 days)
let fav_category = mode("Product Viewed".category, last 60 days)

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

TEST(Parse, ReadsTheReferenceExample) {
  const Parsed parsed = parse_definitions(kExample);
  EXPECT_EQ(render(parsed.diagnostics, kExample), "");
  ASSERT_EQ(parsed.definitions.size(), 9u);
  EXPECT_EQ(parsed.definitions[0].note, "What the shop asks for every week.");
  const Checked checked = check(parsed.definitions, Schema{});
  EXPECT_EQ(render(checked.diagnostics, kExample), "");
  EXPECT_EQ(checked.program.definitions.size(), 8u);
}

// One tree for the two ways of saying it.
TEST(Parse, ReadableAndFunctionalFormsAreTheSameTree) {
  const std::vector<std::pair<std::string_view, std::string_view>> kPairs{
      {"at least 2 order in the last 30 days", "count(order, last 30 days) >= 2"},
      {"last order more than 120 days ago", "ago(last_time(order)) > 120 days"},
      {"no order in the last 7 days", "count(order, last 7 days) = 0"},
      {"did order in the last 7 days", "did(order, last 7 days)"},
      {"between 2 and 5 order", "count(order) between 2 and 5"},
      {"last order between 2 hours and 7 days ago", "ago(last_time(order)) between 2 hours and 7 days"},
      {"last order before 2026-01-01", "last_time(order) < 2026-01-01"},
      {"at least 2 order where total > 100 in the last 30d", "count(order where order.total > 100, last 30 days) >= 2"},
      {"never order", "no order"},
      {">= 2 order", "at least 2 order"},
      {"no more than 2 order", "at most 2 order"},
      {"did order at least 2 times in the last 12h", "at least 2 order in the last 12 hours"},
      {"trait country is \"DE\"", "trait country = \"DE\""},
      {"last order more than 3 days ago and no \"X\" since then",
       "last order more than 3 days ago and no \"X\" since last order"},
  };
  for (const auto& [a, b] : kPairs) {
    const ParsedExpression left = parse_expression(a), right = parse_expression(b);
    EXPECT_EQ(render(left.diagnostics, a), "");
    EXPECT_EQ(render(right.diagnostics, b), "");
    EXPECT_TRUE(left.expr == right.expr) << a << " | " << b;
  }
}

// What explain shows of a checked definition is what was written: the alias' own condition stays behind its name.
TEST(Check, AliasesPrintAsWritten) {
  constexpr std::string_view kText = R"(event order = "Order Completed" where is_test is not true

segment "A" =
      did order where total > 5 in the last 30 days
  and no order
)";
  const Checked checked = check(parse_definitions(kText).definitions, Schema{});
  ASSERT_EQ(render(checked.diagnostics, kText), "");
  EXPECT_EQ(print(checked.program.definitions.back().body),
            "did order where total > 5 in the last 30 days and no order");
}

TEST(Ask, TakesConditionsAndNothingElse) {
  const auto asked = ask("at least 2 \"Order Completed\"", Schema{});
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(asked->program.definitions.size(), 1u);
  EXPECT_EQ(asked->warnings, "");
  EXPECT_EQ(
      ask("count(\"Order Completed\")", Schema{}).error().message,
      "1:1: a condition is expected, and this is a number; compare it with a value, or for an event write did ...\n"
      "  count(\"Order Completed\")\n"
      "  ^");
  EXPECT_EQ(ask("at least 2 order", Schema{}).error().message.substr(0, 33), "1:12: unknown event 'order'; defi");
}

// No input may exhaust the stack or the memory.
TEST(Parse, HostileTextIsRefusedInWords) {
  const auto said = [](const std::string& text) {
    return render(parse_expression(text).diagnostics, text).substr(0, 60);
  };
  const auto repeated = [](std::string_view part, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += part;
    return out;
  };
  EXPECT_THAT(said(repeated("(", 100'000)), testing::HasSubstr("1:101: nested deeper than 200 levels"));
  EXPECT_THAT(said(repeated("not ", 100'000)), testing::HasSubstr("nested deeper than 200 levels"));
  EXPECT_THAT(said(repeated("- ", 100'000)), testing::HasSubstr("nested deeper than 200 levels"));
  EXPECT_THAT(said("1" + repeated(" + 1", 100'000)), testing::HasSubstr("too many operators"));
  EXPECT_THAT(said(repeated("ago(", 100'000)), testing::HasSubstr("nested deeper than 200 levels"));
  EXPECT_THAT(said(repeated("did x since last ", 100'000)), testing::HasSubstr("expected"));
  EXPECT_THAT(said(repeated("count(x, since ", 100'000)), testing::HasSubstr("nested deeper than 200 levels"));
  EXPECT_THAT(said(std::string(kLargestSource + 1, ' ')), testing::HasSubstr("at most 4194304 are read"));
  EXPECT_THAT(said("trait a = \"\xff\""), testing::HasSubstr("not UTF-8"));
  std::string chain = "last_time(a0) more than 1 day ago";
  for (int i = 1; i < 100; ++i) chain += fmt::format(" and last_time(a{}, since then) more than 1 day ago", i);
  EXPECT_THAT(said(chain), testing::HasSubstr("too many windows since one another"));
  // A wide text is fine.
  EXPECT_TRUE(parse_expression("trait a = 1" + repeated(" and trait a = 1", 20'000)).ok());
  std::string deep = "let a0 = 1\n";
  for (int i = 1; i < 1000; ++i) deep += fmt::format("let a{} = a{} + 1\n", i, i - 1);
  EXPECT_THAT(render(check(parse_definitions(deep).definitions, Schema{}).diagnostics, deep),
              testing::HasSubstr("more than 200 definitions build one upon the other"));
}

TEST(Parse, ErrorsShowThePlace) {
  constexpr std::string_view kText = "at least 2 order in the last 30 dasy";
  EXPECT_EQ(render(parse_expression(kText).diagnostics, kText),
            "1:33: unknown unit 'dasy'; did you mean 'days'?\n"
            "  at least 2 order in the last 30 dasy\n"
            "                                  ^\n");
}

}  // namespace
}  // namespace tessera::language

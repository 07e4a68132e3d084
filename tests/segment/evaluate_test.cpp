#include "segment/evaluate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/parallel.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/random_tree.hpp"
#include "oracle/engines.hpp"
#include "segment/random_shop.hpp"
#include "soak.hpp"

namespace tessera::segment {
namespace {

using oracle::Answer;
using oracle::Question;

language::Program program_of(std::string_view text) {
  const language::Parsed parsed = language::parse_definitions(text);
  EXPECT_EQ(render(parsed.diagnostics, text), "");
  const language::Checked checked = language::check(parsed.definitions, language::Schema{});
  EXPECT_EQ(render(checked.diagnostics, text), "");
  return checked.program;
}

// All engines answer every definition of a random program over a random shop alike. Counts the kinds of answers, so
// that the test knows it is not comparing one unknown with another.
enum class Currencies { One, Several };

// Some days have rates, of two currencies; the record's currency is set, or not, and what is asked is in one of three.
oracle::Money random_money(Rng& rng) {
  oracle::Money out;
  const int32_t first = utc_day(random_moment(rng));
  for (int32_t day = first - 15; day < first + 90; day += static_cast<int32_t>(rng.between(1, 14)))
    for (const char* currency : {"USD", "JPY"})
      if (rng.chance(0.8)) out.quotes.push_back({day, currency, rng.between(1, 3'000'000)});
  if (rng.chance(0.3)) out.set = rng.chance(0.5) ? "USD" : "EUR";
  return out;
}

void engines_agree(uint64_t seed, Currencies currencies, std::map<std::string, int>& kinds) {
  Rng rng(seed);
  const bool are_several = currencies == Currencies::Several;
  const profiles::History history = are_several ? random_shop_of_currencies(rng) : random_shop(rng);
  const oracle::Money money = are_several ? random_money(rng) : oracle::Money();
  language::Schema schema = language::RandomTree::shop();
  constexpr const char* kAsked[] = {"", "", "EUR", "JPY"};
  if (are_several) schema.asked_currency = kAsked[rng.below(std::size(kAsked))];
  const language::Checked checked = language::check(language::RandomTree(seed).definitions(), schema);
  ASSERT_TRUE(checked.ok());
  const auto engines = oracle::engines();
  for (int round = 0; round < 3; ++round) {
    const Instant as_of = random_moment(rng), known_at = rng.chance(0.5) ? kNever : random_moment(rng);
    language::Program program;
    for (const language::Definition& definition : checked.program.definitions) {
      program.definitions.push_back(definition);
      const Question question{program, history, as_of, known_at, oracle::Asks::Value, money};
      const auto expected = engines[0].answer(question);
      ASSERT_TRUE(expected.has_value());
      for (const std::string& answer : *expected)
        ++kinds[answer == "true" || answer == "false" || answer == "unknown" || answer == "0" ? answer : "a value"];
      for (size_t e = 1; e < engines.size(); ++e) {
        if (engines[e].cannot(question)) continue;
        const auto found = engines[e].answer(question);
        ASSERT_TRUE(found.has_value()) << found.error().text();
        for (size_t c = 0; c < history.customers(); ++c)
          ASSERT_EQ((*found)[c], (*expected)[c])
              << engines[e].name << ", seed " << seed << ", " << history.customer[c] << ", as of " << text_of(as_of)
              << ", known at " << text_of(known_at) << "\n"
              << language::print(checked.program.definitions);
      }
    }
  }
}

TEST(Evaluate, AllEnginesAgreeOnRandomDefinitions) {
  std::map<std::string, int> kinds;
  for (uint64_t seed = 0; seed < rounds(40); ++seed) {
    engines_agree(seed, Currencies::One, kinds);
    if (HasFatalFailure()) return;
  }
  int all = 0;
  for (const auto& [kind, count] : kinds) all += count;
  figure("{} answers of {} programs compared", all, rounds(40));
  for (const char* kind : {"true", "false", "unknown", "0", "a value"})
    EXPECT_GT(kinds[kind] * 25, all) << "too few answers of the kind " << kind;
}

// Also where amounts came in several currencies, with rates on some days, and what is asked for is in one of them.
TEST(Evaluate, AllEnginesAgreeOnRandomAmountsOfSeveralCurrencies) {
  std::map<std::string, int> kinds;
  for (uint64_t seed = 0; seed < rounds(40); ++seed) {
    engines_agree(seed, Currencies::Several, kinds);
    if (HasFatalFailure()) return;
  }
  expect_many(kinds["a value"], 100);
}

// A customer's answer does not depend on the block they are in or on the number of threads.
TEST(Evaluate, BlocksAndThreadsMakeNoDifference) {
  profiles::HistoryBuilder builder;
  Rng rng(11);
  for (int i = 0; i < 9'000; ++i)
    builder.add({fmt::format("c{}", rng.below(2'500)),
                 rng.chance(0.5) ? "Order" : "Look",
                 Instant{rng.between(0, 100) * kHour.ms},
                 {{"total", Number{rng.between(0, 90'000'000)}}}});
  const profiles::History history = std::move(builder).build();
  const language::Program program = program_of(R"(
let spend = sum("Order".total, last 50 hours)
let usual = avg("Order".total) / 3
segment "A" = spend > 40 and no "Look" in the last 20 hours
segment "B" = usual > 12 or in segment "A"
)");
  const Plan plan = *compile(program);
  const Bound bound = *Bound::bind(plan, history);
  const Instant now{80 * kHour.ms};
  const EvaluateOptions options{.next_change = true, .all_values = true};
  const Evaluation all = evaluate_all(bound, now, kNever, options);
  set_threads(1);
  const Evaluation one = evaluate_all(bound, now, kNever, options);
  set_threads(0);
  EXPECT_EQ(all.members, one.members);
  EXPECT_EQ(all.next_change, one.next_change);
  EXPECT_GT(all.count(0), 50u);
  EXPECT_LT(all.count(1), history.customers());
  for (profiles::CustomerIndex c = 0; c < history.customers(); c += 7) {
    const Evaluation single = evaluate(bound, {c, c + 1}, now, kNever, options);
    for (size_t s = 0; s < 2; ++s) ASSERT_EQ(single.is_member(s, 0), all.is_member(s, c));
    ASSERT_EQ(single.next_change[0], all.next_change[c]);
    ASSERT_EQ(single.values[0].as_double(0), all.values[0].as_double(c));
    ASSERT_EQ(single.values[1].known(0), all.values[1].known(c));
  }
}

}  // namespace
}  // namespace tessera::segment

#include "segment/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/random_tree.hpp"
#include "oracle/brute_force.hpp"
#include "segment/random_shop.hpp"
#include "soak.hpp"

namespace tessera::segment {
namespace {

using oracle::Reference;

// Everything the timeline says is put to the reference: each turn at its very millisecond, and the state in between at
// each of `instants`.
struct Check {
  const language::Program& program;
  const profiles::History& history;
  profiles::CustomerIndex customer;
  Instant from, to, known_at;

  std::vector<oracle::Row> rows = oracle::rows_of(history, customer);
  profiles::Seq visible = history.visible_until(known_at);

  std::vector<bool> reference(Instant at) const {
    const Reference reference(program, rows, at, visible);
    std::vector<bool> out;
    for (size_t d = 0; d < program.definitions.size(); ++d)
      if (program.definitions[d].kind == language::DefinitionKind::Segment) out.push_back(reference.is_member(d));
    return out;
  }
  std::string where(Instant at) const {
    return fmt::format("{} at {} ({}), from {} to {}, known at {}\n{}", history.customer[customer], text_of(at), at.ms,
                       text_of(from), text_of(to), text_of(known_at), language::print(program.definitions));
  }
  void run(const Bound& bound, const std::vector<Instant>& instants, uint64_t& turns) const {
    const Timeline line = timeline(bound, customer, from, to, known_at);
    ASSERT_EQ(line.at_start, reference(from)) << where(from);
    std::vector<bool> state = line.at_start;
    size_t next = 0;
    const auto check_until = [&](Instant before) {
      while (next < line.turns.size() && line.turns[next].at <= before) {
        const Instant at = line.turns[next].at;
        ASSERT_EQ(state, reference(at - Duration{1})) << "just before a turn: " << where(at);
        for (; next < line.turns.size() && line.turns[next].at == at; ++next) {
          state[line.turns[next].segment] = line.turns[next].member;
          ++turns;
        }
        ASSERT_EQ(state, reference(at)) << "at a turn: " << where(at);
      }
    };
    for (const Instant at : instants) {
      check_until(at);
      if (testing::Test::HasFatalFailure()) return;
      ASSERT_EQ(state, reference(at)) << "between turns: " << where(at);
    }
    check_until(to);
  }
};

TEST(Timeline, EqualsTheReferenceAtEveryInstantThatCouldMatter) {
  uint64_t turns = 0;
  for (uint64_t seed = 0; seed < rounds(70); ++seed) {
    Rng rng(seed + 1000);
    const profiles::History history = random_shop(rng);
    const language::Checked checked =
        language::check(language::RandomTree(seed).definitions(), language::RandomTree::shop());
    ASSERT_TRUE(checked.ok());
    const Plan plan = *compile(checked.program);
    const Bound bound = *Bound::bind(plan, history);
    const Instant from = random_moment(rng), to = from + kDay * rng.between(1, 60);
    const auto customer = static_cast<profiles::CustomerIndex>(rng.below(history.customers()));
    const Check check{checked.program, history, customer, from, to, rng.chance(0.7) ? kNever : random_moment(rng)};
    std::vector<Instant> instants = oracle::candidates(checked.program, check.rows, from, to);
    rng.shuffle(instants);  // the reference is slow: some of them for each program, all of them over many
    instants.resize(std::min<size_t>(instants.size(), 200));
    std::sort(instants.begin(), instants.end());
    check.run(bound, instants, turns);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
  figure("{} programs, {} turns", rounds(70), turns);
  expect_many(turns, 8);
}

// Scores that decay, ratios over ages, durations computed: no list of candidates is complete, so random instants.
TEST(Timeline, FindsWhereScoresAndComputedTimesTurn) {
  uint64_t turns = 0;
  for (uint64_t seed = 0; seed < rounds(12); ++seed) {
    Rng rng(seed + 5000);
    const profiles::History history = random_shop(rng);
    const std::string text = fmt::format(
        R"(
score intent = {} * "Product Viewed" + {} * "ping" + {} * "Order Completed"
  half-life {} hours
score mood = 3 * "Product Viewed" - {} * "ping"
  half-life {} hours
let rate = count(any event) / (ago(first_time(any event)) / 1 day)
segment "Hot" = intent >= {}
segment "Cold" = intent < {} and not (mood > {})
segment "Mixed" = mood between -{} and 2
segment "Busy" = rate > {} or ago(last_time("ping")) * 2 > {} hours
segment "Both" = in segment "Hot" xor in segment "Mixed"
)",
        rng.between(1, 9), Number{rng.between(1, 5'000'000)}.text(), rng.between(1, 30), rng.between(1, 200),
        rng.between(1, 9), rng.between(5, 100), Number{rng.between(1, 20'000'000)}.text(),
        Number{rng.between(1, 9'000'000)}.text(), Number{rng.between(-2'000'000, 2'000'000)}.text(), rng.between(1, 3),
        Number{rng.between(1, 2'000'000)}.text(), rng.between(1, 500));
    const language::Parsed parsed = language::parse_definitions(text);
    ASSERT_EQ(render(parsed.diagnostics, text), "");
    const language::Checked checked = language::check(parsed.definitions, language::Schema{});
    ASSERT_EQ(render(checked.diagnostics, text), "");
    const Plan plan = *compile(checked.program);
    const Bound bound = *Bound::bind(plan, history);
    const Instant from = random_moment(rng), to = from + kDay * rng.between(1, 40);
    std::set<Instant> instants;
    for (int i = 0; i < 40; ++i) instants.insert(from + Duration{rng.between(1, (to - from).ms)});
    const auto customer = static_cast<profiles::CustomerIndex>(rng.below(history.customers()));
    const Check check{checked.program, history, customer, from, to, kNever};
    check.run(bound, {instants.begin(), instants.end()}, turns);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
  figure("{} programs, {} turns", rounds(12), turns);
  expect_many(turns, 20);
}

// The next change is never late (the timeline tests would miss a turn) and never idle: some condition turns there.
TEST(Timeline, TheNextChangeIsAnInstantAtWhichAConditionTurns) {
  uint64_t changes = 0;
  for (uint64_t seed = 0; seed < rounds(150); ++seed) {
    Rng rng(seed + 9000);
    const profiles::History history = random_shop(rng);
    const language::Checked checked =
        language::check(language::RandomTree(seed).definitions(), language::RandomTree::shop());
    const Plan plan = *compile(checked.program);
    const Bound bound = *Bound::bind(plan, history);
    const Instant now = random_moment(rng);
    const Evaluation found = evaluate_all(bound, now, kNever, {.next_change = true});
    const auto conditions = oracle::conditions_of(checked.program);
    for (profiles::CustomerIndex c = 0; c < history.customers(); ++c) {
      const Instant at = found.next_change[c];
      ASSERT_GT(at, now);
      if (at == kNever) continue;
      ++changes;
      const auto rows = oracle::rows_of(history, c);
      const Reference before(checked.program, rows, at - Duration{1}, profiles::kAllSeqs);
      const Reference after(checked.program, rows, at, profiles::kAllSeqs);
      const bool begins = before.has_begun() != after.has_begun();
      EXPECT_TRUE(begins ||
                  std::any_of(conditions.begin(), conditions.end(),
                              [&](const language::Expr* expr) { return before.truth(*expr) != after.truth(*expr); }))
          << "seed " << seed << ", " << history.customer[c] << ": nothing turns at " << text_of(at) << " after "
          << text_of(now) << "\n"
          << language::print(checked.program.definitions);
      if (HasFailure()) return;
    }
  }
  figure("{} programs, {} next changes", rounds(150), changes);
  expect_many(changes, 50);
}

// A block whose customers each have an instant of their own gives what each gives alone; and the instant at which to
// look again is never later than the next change.
TEST(Timeline, CustomersAsOfInstantsOfTheirOwn) {
  uint64_t changes = 0, early = 0;
  for (uint64_t seed = 0; seed < rounds(150); ++seed) {
    Rng rng(seed + 13'000);
    const profiles::History history = random_shop(rng);
    const language::Checked checked =
        language::check(language::RandomTree(seed).definitions(), language::RandomTree::shop());
    const Plan plan = *compile(checked.program);
    const Bound bound = *Bound::bind(plan, history);
    std::vector<Instant> own;
    for (size_t c = 0; c < history.customers(); ++c) own.push_back(random_moment(rng));
    const profiles::Seq visible = history.visible_until(rng.chance(0.7) ? kNever : random_moment(rng));
    const CustomerRange all{0, static_cast<profiles::CustomerIndex>(history.customers())};
    Evaluator exact(bound, {.next_change = true, .all_values = true});
    Evaluator looking(bound, {.next_change = true, .may_be_early = true});
    exact.run(0, own, visible);
    Evaluation together = exact.make(all);
    exact.copy_to(together, 0);
    looking.run(0, own, visible);
    Evaluation looks = looking.make(all);
    looking.copy_to(looks, 0);
    for (profiles::CustomerIndex c = 0; c < history.customers(); ++c) {
      exact.run({c, c + 1}, own[c], visible);
      Evaluation alone = exact.make({c, c + 1});
      exact.copy_to(alone, 0);
      const auto where = [&] {
        return fmt::format("seed {}, {} as of {}\n{}", seed, history.customer[c], text_of(own[c]),
                           language::print(checked.program.definitions));
      };
      for (size_t s = 0; s < plan.segments.size(); ++s) {
        ASSERT_EQ(together.is_member(s, c), alone.is_member(s, 0)) << where();
        ASSERT_EQ(looks.is_member(s, c), alone.is_member(s, 0)) << where();
      }
      for (size_t v = 0; v < plan.outputs.size(); ++v) {
        ASSERT_EQ(together.values[v].known(c), alone.values[v].known(0)) << where();
        if (alone.values[v].known(0) && alone.values[v].texts.empty()) {
          ASSERT_EQ(together.values[v].as_double(c), alone.values[v].as_double(0)) << where();
        }
      }
      ASSERT_EQ(together.next_change[c], alone.next_change[0]) << where();
      ASSERT_GT(looks.next_change[c], own[c]) << where();
      ASSERT_LE(looks.next_change[c], alone.next_change[0]) << where();
      changes += alone.next_change[0] < kNever;
      early += looks.next_change[c] < alone.next_change[0];
    }
  }
  expect_many(changes, 100);
  expect_many(early, 10);
}

}  // namespace
}  // namespace tessera::segment

// Live equals batch: at every instant, and, once everything is known, for the whole past.
#include "fold/fold.hpp"

#include <cstdlib>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/random_tree.hpp"
#include "live/random_world.hpp"
#include "live/standing.hpp"
#include "soak.hpp"

namespace tessera::live {
namespace {

fold::Definitions definitions_of(language::Program program, const std::function<Instant()>& since) {
  fold::Definitions out{.program = std::move(program), .segments = {}};
  for (const language::Definition& definition : out.program.definitions)
    if (definition.kind == language::DefinitionKind::Segment)
      out.segments.push_back({.slug = definition.slug, .name = definition.name, .version = 1, .since = since()});
  return out;
}

std::string text_of(const std::vector<WorldRow>& world) {
  std::string out;
  for (const WorldRow& row : world) {
    out += "\n  " + tessera::text_of(row.learnt);
    if (row.ruling) {
      out += " " + profiles::json_of(*row.ruling).dump();
      continue;
    }
    out += " " + row.row.event + " at " + (row.row.time == kEver ? "ever" : tessera::text_of(row.row.time)) + " of";
    for (const auto& [kind, value] : row.who) out += " " + value;
  }
  return out;
}

struct Totals {
  size_t turns = 0, corrections = 0, merges = 0, members = 0, checks = 0, rulings = 0;
  size_t told = 0, against = 0;  // changes, and those of them whose kind alone would mislead who keeps a set
};

void live_equals_batch(uint64_t seed, const WorldSettings& settings, const profiles::StitchLimits& limits,
                       Totals& totals) {
  Rng rng(seed);
  const auto world = random_world(rng, settings);
  const auto checked = language::check(language::RandomTree(seed).definitions(), language::RandomTree::shop());
  ASSERT_TRUE(checked.ok());
  const auto plan = *segment::compile(checked.program);
  // In half of the worlds customers stay unpacked from their second look on.
  const fold::FoldLimits fold_limits{
      .stitch = limits, .kept_flips = 1'000'000, .unpacked_from = seed % 4 < 2 ? uint64_t{1} : uint64_t{1000}};
  const bool is_young = seed % 5 < 2;  // the definitions are younger than many of the facts
  Rng ages(seed + 1);
  auto fold = *fold::Fold::make(definitions_of(checked.program,
                                               [&] {
                                                 const Duration age{ages.between(0, 60 * kDay.ms)};
                                                 return is_young ? world[0].learnt - age : kEver;
                                               }),
                                fold_limits, nullptr);
  Standing reader;
  Consumer consumer;
  uint64_t offset = 10;
  const auto where = [&](profiles::Profile leader, Instant at) {
    return fmt::format("seed {}, customer {} at {}\n{}", seed, leader, tessera::text_of(at),
                       language::print(checked.program.definitions));
  };
  const auto check_now = [&](Instant now, size_t rows) {
    const BatchWorld batch(plan, std::span(world).first(rows), now, limits);
    for (const profiles::Profile leader : batch.leaders()) {
      ASSERT_TRUE(fold->identities().leads(leader)) << where(leader, now);
      const auto expected = batch.members(leader, now);
      for (size_t s = 0; s < expected.size(); ++s) {
        ASSERT_EQ(fold->is_member(leader, s), expected[s]) << "segment " << s << ", " << where(leader, now);
        ASSERT_EQ(fold->members(s).contains(leader), expected[s]);
        totals.members += expected[s];
        ++totals.checks;
      }
    }
  };
  const auto entry = [&](Instant learnt, size_t from, size_t to) {
    fold->begin(offset, learnt);
    for (size_t r = from; r < to; ++r)
      if (world[r].ruling)
        totals.rulings += fold->inflow().rule(*world[r].ruling).has_value();
      else
        put(fold->intake(), world[r]);
    fold->finish(offset + 10);
    offset += 10;
    const auto flips = fold->take_page().flips;
    reader.read(flips);
    consumer.read(flips, *fold);
    ASSERT_EQ(consumer.members, Consumer::members_of(*fold)) << where(0, learnt);
    totals.told += flips.size();
    for (const fold::Flip& flip : flips) totals.against += flip.is_member != (flip.kind == feed::ChangeKind::Entered);
    check_now(learnt, to);
  };
  // Entries of any size; between them nothing but time.
  for (size_t from = 0, to; from < world.size(); from = to) {
    to = from + 1;
    while (!world[from].ruling && to < world.size() && !world[to].ruling && world[to].learnt == world[from].learnt &&
           rng.chance(0.6))
      ++to;
    entry(world[from].learnt, from, to);
    if (testing::Test::HasFatalFailure()) return;
    if (to < world.size() && rng.chance(0.3)) {
      const Duration gap = world[to].learnt - world[from].learnt;
      entry(world[from].learnt + Duration{rng.between(0, gap.ms)}, to, to);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  const Instant end = world.back().learnt + kDay * 40;
  entry(end, world.size(), world.size());
  if (testing::Test::HasFatalFailure()) return;

  const BatchWorld batch(plan, world, kNever, limits);
  for (const profiles::Profile leader : batch.leaders()) {
    const Instant begin = batch.begin(leader);
    const auto expected = turns_of(batch, leader, begin, end, fold->definitions().segments),
               found = reader.turns(leader);
    ASSERT_EQ(found, expected) << where(leader, begin) << "\nlive:" << shown(found) << "\nbatch:" << shown(expected)
                               << "\nworld:" << text_of(world);
    totals.turns += expected.size();
  }
  totals.corrections += reader.corrections;
  totals.merges += reader.merges;
}

TEST(Fold, LiveEqualsBatchAtEveryInstantAndForThePast) {
  Totals totals;
  for (uint64_t seed = 0; seed < rounds(150); ++seed) {
    live_equals_batch(
        seed, {.customers = 3, .rows = 30, .many_ids = seed % 2 == 1, .rulings = seed % 3 == 0 ? 0.15 : 0}, {}, totals);
    if (HasFatalFailure()) return;
  }
  expect_many(totals.turns, 300);
  expect_many(totals.corrections, 100);
  expect_many(totals.merges, 50);
  EXPECT_GT(totals.members * 50, totals.checks);
  expect_many(totals.against, 30);
  figure(
      "{} memberships compared, {} turns of the past, {} corrections, {} merges; {} of {} changes mean another thing "
      "for a set than their kind says",
      totals.checks, totals.turns, totals.corrections, totals.merges, totals.against, totals.told);
}

// Customers come apart as they come together: pairs are undone, values blocked, limits and storms reached.
// Entries of many customers, late ones and others, who are looked at together.
TEST(Fold, LiveEqualsBatchWhereManyComeTogether) {
  Totals totals;
  for (uint64_t seed = 5000; seed < 5000 + rounds(40); ++seed) {
    live_equals_batch(seed, {.customers = 25, .rows = 250, .many_ids = seed % 2 == 1, .rulings = 0.02, .instants = 12},
                      {}, totals);
    if (HasFatalFailure()) return;
  }
  expect_many(totals.corrections, 100);
  figure("{} memberships compared, {} turns of the past, {} corrections", totals.checks, totals.turns,
         totals.corrections);
}

TEST(Fold, LiveEqualsBatchWherePeopleSayWhoIsWho) {
  Totals totals;
  for (uint64_t seed = 1000; seed < 1000 + rounds(150); ++seed) {
    const WorldSettings settings{.customers = 3, .rows = 40, .many_ids = true, .words = 0.25, .rulings = 0.05};
    live_equals_batch(seed, settings, seed % 2 == 0 ? profiles::StitchLimits() : world_limits(), totals);
    if (HasFatalFailure()) return;
  }
  expect_many(totals.rulings, 500);
  expect_many(totals.merges, 50);
  expect_many(totals.corrections, 100);
  figure("{} rulings, {} memberships compared, {} turns of the past, {} corrections, {} merges", totals.rulings,
         totals.checks, totals.turns, totals.corrections, totals.merges);
}

}  // namespace
}  // namespace tessera::live

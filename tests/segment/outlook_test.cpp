#include "segment/outlook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/random_tree.hpp"
#include "oracle/brute_force.hpp"
#include "segment/random_shop.hpp"

namespace tessera::segment {
namespace {

using oracle::Reference;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Row = profiles::HistoryBuilder::Row;

Instant on(const char* text) {
  return *parse_instant(text);
}

language::Program program_of(const std::string& text, const language::Schema& schema = {}) {
  const language::Parsed parsed = language::parse_definitions(text);
  EXPECT_EQ(render(parsed.diagnostics, text), "");
  const language::Checked checked = language::check(parsed.definitions, schema);
  EXPECT_FALSE(language::has_errors(checked.diagnostics)) << render(checked.diagnostics, text);
  return checked.program;
}

Outlook of(const std::string& definitions, const std::vector<std::pair<const char*, const char*>>& events,
           const char* as_of) {
  profiles::HistoryBuilder builder;
  for (const auto& [event, time] : events) builder.add({"ann", event, on(time), {}});
  const profiles::History history = std::move(builder).build();
  return *outlook(program_of(definitions), history, 0, on(as_of), kNever);
}

std::vector<std::string> unless(const Prospect& one) {
  std::vector<std::string> out;
  for (const Unless& each : one.unless) out.push_back(text_of(each));
  return out;
}

// --- what it says is what the reference says

// Of rows up to as_of alone, as known then: each change at its very millisecond, the state between at random instants,
// and since when it is as it is.
TEST(Outlook, EqualsTheReferenceAtEveryInstantItSays) {
  int changes = 0, sinces = 0, kept = 0;
  for (uint64_t seed = 0; seed < 250; ++seed) {
    Rng rng(seed + 300);
    const profiles::History history = random_shop(rng);
    const language::Checked checked =
        language::check(language::RandomTree(seed).definitions(), language::RandomTree::shop());
    ASSERT_TRUE(checked.ok());
    const language::Program& program = checked.program;
    const Instant now = random_moment(rng), known_at = rng.chance(0.7) ? kNever : random_moment(rng);
    const auto customer = static_cast<profiles::CustomerIndex>(rng.below(history.customers()));
    const Outlook found = *outlook(program, history, customer, now, known_at);
    const auto all = oracle::rows_of(history, customer);
    auto rows = all;
    std::erase_if(rows, [&](const oracle::Row& row) { return row.time > now; });
    const profiles::Seq visible = history.visible_until(known_at);
    // Whoever is not there yet is not foretold.
    const bool is_there = Reference(program, all, now, visible).has_begun();
    const auto is_member = [&](size_t definition, Instant at) {
      return (at <= now || is_there) && Reference(program, rows, at, visible).begins_with(all).is_member(definition);
    };
    size_t s = 0;
    for (size_t d = 0; d < program.definitions.size(); ++d) {
      if (program.definitions[d].kind != language::DefinitionKind::Segment) continue;
      const Prospect& one = found.segments[s++];
      const auto where = [&](Instant at) {
        return fmt::format("seed {}, {} at {} seen from {}\n{}", seed, one.name, text_of(at), text_of(now),
                           language::print(program.definitions));
      };
      ASSERT_EQ(one.slug, program.definitions[d].slug);
      ASSERT_EQ(one.is_member, is_member(d, now)) << where(now);
      if (one.since) {
        ++sinces;
        ASSERT_NE(is_member(d, *one.since - Duration{1}), one.is_member) << where(*one.since);
        for (int i = 0; i < 5; ++i) {
          const Instant at = *one.since + Duration{rng.between(0, (now - *one.since).ms)};
          ASSERT_EQ(is_member(d, at), one.is_member) << where(at);
        }
      } else {
        for (int i = 0; i < 5; ++i) {
          const Instant at = now - Duration{rng.between(1, kDay.ms * 400)};
          ASSERT_EQ(is_member(d, at), one.is_member) << where(at);
        }
      }
      bool state = one.is_member;
      Instant from = now;
      for (const Prospect::Change& change : one.changes) {
        ++changes;
        ASSERT_NE(change.member, state) << where(change.at);
        ASSERT_EQ(is_member(d, change.at - Duration{1}), state) << where(change.at);
        ASSERT_EQ(is_member(d, change.at), change.member) << where(change.at);
        const Instant between = from + Duration{rng.between(0, (change.at - from).ms - 1)};
        ASSERT_EQ(is_member(d, between), state) << where(between);
        state = change.member, from = change.at;
      }
      const Instant far = from + Duration{rng.between(0, kDay.ms * 3000)};
      if (one.changes.size() < kMostTurns) {
        ASSERT_EQ(is_member(d, far), state) << where(far);
      }
      // An empty `unless` says nothing; one that is there was tried. Every change has a condition that turns.
      if (!one.changes.empty()) {
        EXPECT_FALSE(one.turning.empty()) << where(one.changes[0].at);
      }
      for (const Unless& each : one.unless) kept += !each.is_trait;
    }
    ASSERT_EQ(s, found.segments.size());
  }
  EXPECT_GT(changes, 30);
  EXPECT_GT(sinces, 30);
  EXPECT_GT(kept, 5);
}

// --- words

constexpr const char* kShop = R"(
event order = "Order Completed"
segment "Regulars" = at least 2 order in the last 30 days
segment "Lost" = did order and no order in the last 90 days
)";

TEST(Outlook, LeavesUnlessAnotherOrderComes) {
  const Outlook found =
      of(kShop, {{"Order Completed", "2026-02-03T14:02:00Z"}, {"Order Completed", "2026-02-20T09:30:00.250Z"}},
         "2026-03-01");
  const Prospect& regulars = found.segments[0];
  EXPECT_TRUE(regulars.is_member);
  EXPECT_EQ(regulars.since, on("2026-02-20T09:30:00.250Z"));
  EXPECT_THAT(regulars.changes, ElementsAre(Prospect::Change{on("2026-03-05T14:02:00Z"), false}));
  EXPECT_THAT(unless(regulars), ElementsAre("another order comes"));
  const Prospect& lost = found.segments[1];
  EXPECT_FALSE(lost.is_member);
  EXPECT_THAT(lost.changes, ElementsAre(Prospect::Change{on("2026-05-21T09:30:00.250Z"), true}));
  EXPECT_EQ(lost.since, std::nullopt);
  EXPECT_EQ(text_of(found, *Zone::named("Europe/Berlin")), R"(
In 1 of 2 segments:
  Regulars
    since Friday 2026-02-20 10:30:00.250
    holds: at least 2 order in the last 30 days (count(order, last 30 days) = 2)
    leaves Thursday 2026-03-05 15:02, unless another order comes
      then does not hold: at least 2 order in the last 30 days (count(order, last 30 days) = 1)

Enters by time alone:
  Lost
    does not hold: no order in the last 90 days (count(order, last 90 days) = 2)
    enters Thursday 2026-05-21 11:30:00.250, unless another order comes
      then holds: no order in the last 90 days (count(order, last 90 days) = 0)
)");
}

TEST(Outlook, WhatIsNotEnoughIsNotPromised) {
  // Exactly two: a third one before the first leaves the window ends it at once, so nothing keeps it.
  const Outlook exactly = of("event order = \"Order Completed\"\nsegment \"Two\" = exactly 2 order in the last 30 days",
                             {{"Order Completed", "2026-02-03"}, {"Order Completed", "2026-02-20"}}, "2026-03-01");
  EXPECT_THAT(exactly.segments[0].unless, IsEmpty());
  EXPECT_THAT(exactly.segments[0].changes, ElementsAre(Prospect::Change{on("2026-03-05"), false}));
  // Three leave the window at once: two more are needed.
  const Outlook three = of("event order = \"Order Completed\"\nsegment \"Two\" = at least 2 order in the last 30 days",
                           {{"Order Completed", "2026-02-03"}, {"Order Completed", "2026-02-03"}}, "2026-03-01");
  EXPECT_THAT(unless(three.segments[0]), ElementsAre("2 more of order come"));
  // What would end it by itself, and what has nothing to do with it, is not named.
  const Outlook first = of("segment \"New\" = ago(first_time(\"Order Completed\")) < 30 days",
                           {{"Order Completed", "2026-02-03"}}, "2026-03-01");
  EXPECT_THAT(first.segments[0].unless, IsEmpty());
}

TEST(Outlook, OnlyEventsThatTheConditionMeansCount) {
  profiles::HistoryBuilder builder;
  const auto order = [&](const char* time, int total) {
    builder.add({"ann", "Order Completed", on(time), {{"total", profiles::HistoryBuilder::Value(Number::of(total))}}});
  };
  order("2026-01-01", 200);
  order("2026-02-10", 500);
  order("2026-02-25", 5);
  const profiles::History history = std::move(builder).build();
  const language::Schema schema = language::schema_of(history);
  const language::Program program =
      program_of("segment \"Big\" = at least 1 \"Order Completed\" where total > 100 in the last 30 days", schema);
  const Outlook found = *outlook(program, history, 0, on("2026-03-01"), kNever);
  EXPECT_THAT(unless(found.segments[0]),
              ElementsAre("another \"Order Completed\" where total > 100 like theirs comes"));
}

TEST(Outlook, OneWhoHasDoneNothingOfTheKind) {
  const Outlook found = of("segment \"Settled\" = ago(first_time(\"Signed Up\")) >= 30 days and no \"Complaint\"",
                           {{"Signed Up", "2026-02-10"}}, "2026-03-01");
  EXPECT_THAT(found.segments[0].changes, ElementsAre(Prospect::Change{on("2026-03-12"), true}));
  EXPECT_THAT(unless(found.segments[0]), ElementsAre("a first \"Complaint\" comes"));
  // A complaint of today is forgotten by then.
  const Outlook lately =
      of("segment \"Settled\" = ago(first_time(\"Signed Up\")) >= 90 days and no \"Complaint\" in the last 30 days",
         {{"Signed Up", "2026-02-10"}}, "2026-03-01");
  EXPECT_THAT(unless(lately.segments[0]), ElementsAre("a first \"Complaint\" comes late enough"));
}

TEST(Outlook, FactsOfLaterAreNotThere) {
  const Outlook found = of(kShop, {{"Order Completed", "2026-02-03"}, {"Order Completed", "2026-03-02"}}, "2026-03-01");
  EXPECT_EQ(found.later_facts, 1u);
  EXPECT_FALSE(found.segments[0].is_member);
  EXPECT_THAT(found.segments[0].changes, IsEmpty());
  EXPECT_THAT(text_of(found, Zone::utc()), HasSubstr("1 facts of theirs are dated after this instant"));
}

TEST(Outlook, JsonHasEveryPart) {
  const Outlook found = of(kShop, {{"Order Completed", "2026-02-03"}, {"Order Completed", "2026-02-20"}}, "2026-03-01");
  const Json json = to_json(found);
  const Json& first = (*json.find("segments")->as_array())[0];
  EXPECT_EQ(first.find("id")->text_or(""), "regulars");
  EXPECT_EQ((*first.find("changes")->as_array())[0].find("at")->text_or(""), "2026-03-05T00:00:00Z");
  EXPECT_EQ((*first.find("unless")->as_array())[0].find("text")->text_or(""), "another order comes");
  for (const char* name : {"name", "is_member", "since", "explanation", "turning"})
    EXPECT_TRUE(first.find(name)) << name;
}

}  // namespace
}  // namespace tessera::segment

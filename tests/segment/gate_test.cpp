// The gate: what every segment has beside its definition. Held against the reference evaluator over random marks; its
// rules, one by one, are in tests/cases/segment/gate.test.
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "oracle/reference.hpp"
#include "segment/explain.hpp"
#include "segment/random_shop.hpp"
#include "segment/segment.hpp"
#include "segment/timeline.hpp"
#include "soak.hpp"

namespace tessera::segment {
namespace {

using profiles::History;
using profiles::HistoryBuilder;

Instant day(int64_t n) {
  return Instant{0} + kDay * n;
}

language::Program checked(std::string_view text) {
  auto definitions = language::parse_definitions(text);
  EXPECT_TRUE(definitions.ok());
  language::Schema schema;
  schema.events["ping"] = {};
  auto program = language::check(definitions.definitions, schema);
  EXPECT_TRUE(program.ok()) << text;
  return program.program;
}

HistoryBuilder::Row event(std::string customer, int64_t at) {
  return {.customer = std::move(customer), .event = "ping", .time = day(at), .properties = {}};
}
HistoryBuilder::Row ruling(std::string customer, int64_t at, std::string_view trait, HistoryBuilder::Value value) {
  return {.customer = std::move(customer),
          .event = "$ruling",
          .time = day(at),
          .properties = {{std::string(trait), std::move(value)}}};
}

TEST(Gate, ExplainSaysWhy) {
  HistoryBuilder builder;
  builder.add(event("a", 1), day(1));
  auto row = ruling("a", 2, profiles::kMarked, "bot");
  row.properties[std::string(profiles::kMarkedReason)] = std::string("the agent is curl");
  builder.add(std::move(row), day(2));
  const History history = std::move(builder).build();
  const language::Program program = checked("segment \"All\" = did ping");
  const auto why = *explain(program, 0, history, 0, day(3), kNever);
  EXPECT_EQ(why.holds, false);
  EXPECT_EQ(why.because, "left out: marked as bot since 1970-01-03T00:00:00Z (the agent is curl)");
  EXPECT_EQ(explain(program, 0, history, 0, day(1), kNever)->holds, true);
}

TEST(Gate, CostsNothingWhereNobodyIsMarkedAndEverybodyIsThere) {
  HistoryBuilder builder;
  builder.add(event("a", 1), day(1));
  History history = std::move(builder).build();
  const Plan plan = *compile(checked("segment \"All\" = did ping"));
  EXPECT_NE(plan.outputs[0].node, plan.outputs[0].ungated);
  EXPECT_EQ(Bound::bind(plan, history)->root(0), plan.outputs[0].begun);
  history.begin.clear();
  EXPECT_EQ(Bound::bind(plan, history)->root(0), plan.outputs[0].ungated);
}

// Marks, their undoing and refusals at random instants, learnt at random others.
TEST(Gate, AgreesWithTheReferenceAtEveryInstant) {
  const language::Program program = checked(
      "let busy = at least 2 ping in the last 3 days\nlet robot = trait $marked = \"bot\"\n"
      "segment \"Busy\" = busy\nsegment \"Idle\" = not in segment \"Busy\"\nsegment \"Robots\" = robot and busy\n"
      "segment \"Mixed\" = in segment \"Robots\" or did ping");
  const Plan plan = *compile(program);
  size_t left_out = 0, turns = 0;
  for (uint64_t seed = 0; seed < rounds(60); ++seed) {
    Rng rng(seed);
    HistoryBuilder builder;
    for (int64_t learnt = 1; learnt < 30; ++learnt) {
      const std::string who = fmt::format("c{}", rng.below(3));
      const int64_t at = rng.chance(0.3) ? rng.between(0, 30) : learnt;
      switch (rng.below(5)) {
        case 0:
          builder.add(ruling(who, at, profiles::kMarked, rng.chance(0.5) ? "bot" : "staff"), day(learnt));
          break;
        case 1:
          builder.add(ruling(who, at, profiles::kMarked, nullptr), day(learnt));
          break;
        case 2:
          builder.add(ruling(who, at, profiles::kProfiling, rng.chance(0.5)), day(learnt));
          break;
        default:
          builder.add(event(who, at), day(learnt));
      }
    }
    const History history = std::move(builder).build();
    const Bound bound = *Bound::bind(plan, history);
    for (profiles::CustomerIndex c = 0; c < history.customers(); ++c) {
      const auto rows = oracle::rows_of(history, c);
      std::vector<bool> thought;
      const auto line = timeline(bound, c, day(0), day(40), kNever);
      auto next = line.turns.begin();
      thought = line.at_start;
      for (int64_t at = 0; at <= 40; ++at) {
        const Instant as_of = day(at);
        for (; next != line.turns.end() && next->at <= as_of; ++next, ++turns) thought[next->segment] = next->member;
        const Instant known_at = rng.chance(0.5) ? kNever : day(rng.between(0, 30));
        const oracle::Reference reference(program, rows, as_of, history.visible_until(known_at));
        const oracle::Reference of_all(program, rows, as_of, profiles::kAllSeqs);
        const auto found = evaluate(bound, {c, c + 1}, as_of, known_at, {});
        size_t segment = 0;
        for (size_t d = 0; d < program.definitions.size(); ++d) {
          if (program.definitions[d].kind != language::DefinitionKind::Segment) continue;
          ASSERT_EQ(found.is_member(segment, 0), reference.is_member(d)) << seed << " " << c << " day " << at;
          ASSERT_EQ(thought[segment], of_all.is_member(d)) << seed << " " << c << " day " << at;
          left_out += !reference.is_member(d) && reference.truth(program.definitions[d].body) == true;
          ++segment;
        }
      }
    }
  }
  expect_many(left_out, 500);
  expect_many(turns, 300);
}

}  // namespace
}  // namespace tessera::segment

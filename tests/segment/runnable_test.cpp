// How much may be in force together is asked before anything comes into force, and all of it counts.
#include "segment/runnable.hpp"

#include "core/stop.hpp"
#include "language/limits.hpp"
#include "language/parse.hpp"
#include "oracle/reference.hpp"
#include "segment/segment.hpp"
#include "soak.hpp"

namespace tessera::segment {
namespace {

using language::Definition;
using testing::HasSubstr;

// `count` segments whose short name of an event makes each of them about `nodes`.
std::vector<Definition> large(size_t count, size_t nodes) {
  constexpr size_t kUses = 90;
  std::string text = "event many = \"A\" where x = 0";
  for (size_t i = 1; i < nodes / kUses / 3; ++i) text += fmt::format(" or x = {}", i);
  for (size_t s = 0; s < count; ++s) {
    text += fmt::format("\nsegment \"S{}\" = did many", s);
    for (size_t i = 1; i < kUses; ++i) text += " or did many";
  }
  return language::parse_definitions(text).definitions;
}

TEST(Runnable, WhatIsInForceTogetherIsLimited) {
  constexpr size_t kEach = 80'000;
  const auto accepted = [](const std::string& text, const std::vector<Definition>& in_force) {
    return accept(text, {}, in_force, language::Users(in_force));
  };
  const auto half = large(language::kMostNodesInAll / kEach / 2, kEach), all = large(60, kEach);
  EXPECT_TRUE(accepted("segment \"One\" = did \"A\"", half).has_value());
  const auto refused = accepted("segment \"One\" = did \"A\"", all);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("more than 4000000 values, conditions and events"));
  EXPECT_THAT(refused.error().remedy.text(), HasSubstr("segments remove"));
  // What is too much may become less.
  EXPECT_TRUE(accepted("segment \"S3\" = did \"A\"", all).has_value());
}

// Whatever was being done for whom nobody waits any more: nothing is said of it but that, and nothing is allowed by it.
TEST(Runnable, WorkThatWasLeftComesToNothing) {
  const auto in_force = language::parse_definitions("let x = count(\"A\")\nsegment \"S\" = x > 1").definitions;
  const language::Users users(in_force);
  const auto program = runnable(in_force, {}).program;
  ASSERT_EQ(program.definitions.size(), 2u);
  EXPECT_FALSE(may_go("x", {}, in_force, users).has_value());
  const std::atomic<bool> gone{true};
  const StopWhen stop(gone);
  const auto is_stopped = [](const auto& result) {
    return !result && result.error().message.find("nobody waits for it") != std::string::npos;
  };
  EXPECT_TRUE(is_stopped(may_go("x", {}, in_force, users)));
  EXPECT_TRUE(is_stopped(accept("segment \"T\" = x > 2", {}, in_force, users)));
  EXPECT_TRUE(is_stopped(compile(program)));
  const Runnable left = runnable(in_force, {});
  EXPECT_TRUE(left.program.definitions.empty());
  EXPECT_EQ(left.aside.size(), in_force.size());
}

// Everything beside everything: what the checker lets pass is evaluated, and as the reference says; the rest is an error.
TEST(Runnable, WhateverIsAcceptedRuns) {
  profiles::HistoryBuilder builder;
  for (const char* who : {"ann", "bob"})
    builder.add({.customer = who,
                 .event = "ping",
                 .time = Instant{0} + kDay,
                 .properties = {{"total", Number::of(3)},
                                {"text", std::string("2026-01-01")},
                                {"tags", std::vector<profiles::HistoryBuilder::Value>{std::string("a")}},
                                {"truth", true}}},
                Instant{0} + kDay);
  const profiles::History history = std::move(builder).build();
  const language::Schema schema = language::schema_of(history);
  const Instant now = Instant{0} + kDay * 5;
  const std::vector<std::string> values = {"1",
                                           "0.5",
                                           "\"pro\"",
                                           "\"7\"",
                                           "\"2026-01-01\"",
                                           "\"$time\"",
                                           "2026-01-01",
                                           "3 days",
                                           "true",
                                           "now",
                                           "trait plan",
                                           "trait \"$marked\"",
                                           "count(ping)",
                                           "last ping",
                                           "first(ping.$time)",
                                           "last(ping.$time)",
                                           "mode(ping.$time)",
                                           "max(ping.$time)",
                                           "mode(ping.$weekday)",
                                           "last(ping.$day)",
                                           "distinct(ping.$hour)",
                                           "sum(ping.total)",
                                           "max(ping.total)",
                                           "last(ping.total)",
                                           "mode(ping.text)",
                                           "first(ping.text)",
                                           "last(ping.tags)",
                                           "first(ping.truth)",
                                           "size(trait plan)",
                                           "since(last ping)",
                                           "ago(last ping)",
                                           "last(ping.unheard)",
                                           "last ping - first ping",
                                           "last ping + 2 days",
                                           "coalesce(trait plan, 1)",
                                           "did ping"};
  const std::vector<std::string> properties = {"1",     "\"pro\"",  "2026-01-01", "3 days",   "true",
                                               "text",  "total",    "tags",       "truth",    "unheard",
                                               "$time", "$weekday", "$day",       "\"$day\"", "total + 1"};
  const char* const forms[] = {"{} = {}",
                               "{} != {}",
                               "{} < {}",
                               "{} >= {}",
                               "{} in ({})",
                               "{} + {} > 1",
                               "{} contains {}",
                               "{} includes {}",
                               "{} between {} and 7",
                               "{} - {} > 3 days",
                               "{} is known and {}",
                               "coalesce({}, {}) = 1",
                               "{} starts with {}",
                               "{} is true or not {}",
                               "size({}) > {}"};
  size_t accepted = 0, refused = 0;
  std::vector<std::string> texts;
  for (const char* form : forms) {
    for (const std::string& a : values)
      for (const std::string& b : values) texts.push_back("segment \"S\" = " + fmt::format(fmt::runtime(form), a, b));
    for (const std::string& a : properties)
      for (const std::string& b : properties)
        texts.push_back("segment \"S\" = did ping where " + fmt::format(fmt::runtime(form), a, b));
  }
  for (const std::string& text : texts) {
    auto parsed = language::parse_definitions(text);
    auto checked = parsed.ok() ? language::check(std::move(parsed.definitions), schema) : language::Checked();
    if (!parsed.ok() || !checked.ok()) {
      ++refused;
      continue;
    }
    const auto plan = compile(checked.program);
    if (!plan) continue;  // with an error of its own
    const auto bound = Bound::bind(*plan, history);
    ASSERT_TRUE(bound.has_value()) << text;
    ++accepted;
    const auto found = evaluate(*bound, {0, 2}, now, kNever, {});
    for (profiles::CustomerIndex c = 0; c < 2; ++c) {
      const auto rows = oracle::rows_of(history, c);
      const oracle::Reference reference(checked.program, rows, now, profiles::kAllSeqs);
      EXPECT_EQ(found.is_member(0, c), reference.is_member(0)) << text;
    }
  }
  expect_many(accepted, 1'000);
  expect_many(refused, 1'000);
}

}  // namespace
}  // namespace tessera::segment

// How much may be in force together is asked before anything comes into force, and all of it counts.
#include "segment/runnable.hpp"

#include "core/stop.hpp"
#include "language/limits.hpp"
#include "language/parse.hpp"

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

}  // namespace
}  // namespace tessera::segment

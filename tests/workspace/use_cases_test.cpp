// The use cases over a record in memory, as a verb and a route call them: what is asked, what applying would change and
// what it changes, and through whom where an engine runs.
#include "language/parse.hpp"
#include "profiles/import_intake.hpp"
#include "profiles/intake.hpp"
#include "store/scratch.hpp"
#include "workspace/workspace.hpp"

namespace tessera::workspace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const FixedClock kClock(*parse_instant("2026-03-01"));

class InMemory final : public Holder {
 public:
  explicit InMemory(std::shared_ptr<store::Record> record) : record_(std::move(record)) {}
  bool has_record() override { return record_ != nullptr; }
  Result<std::shared_ptr<store::Record>> open_record(store::OpenMode) override { return record_; }
  LiveDefinitions* live() override { return engine; }
  LiveDefinitions* engine = nullptr;

 private:
  std::shared_ptr<store::Record> record_;
};

class UseCases : public testing::Test {
 protected:
  void SetUp() override {
    auto intake = MUST(profiles::begin_intake(*record, {.description = "a test"}, kClock.now()));
    order(*intake, "ann", 3, 1);
    order(*intake, "ann", 5, 2);
    order(*intake, "bob", 40, 3);
    order(*intake, "eve", 2, 4);
    happened(*intake, "eve", "Unsubscribed", 1, 5);
    SilentProgress progress;
    MUST(intake->commit(progress));
  }
  static void happened(profiles::Intake& intake, std::string_view who, std::string_view event, int days_ago,
                       uint64_t fingerprint) {
    const profiles::Identifier user{profiles::IdentifierKind::UserId, who};
    intake.start(intake.kind(event), {&user, 1}, kClock.now() - kDay * days_ago, fingerprint);
  }
  static void order(profiles::Intake& intake, std::string_view who, int days_ago, uint64_t fingerprint) {
    happened(intake, who, "Order Completed", days_ago, fingerprint);
  }
  static NewDefinitions definitions(const std::string& text) {
    return {.applied = language::parse_definitions(text).definitions, .removed = {}, .source = "a test"};
  }
  Workspace opened(const Look& look = {}) { return MUST(open(holder, kClock, look)); }
  void apply_now(const std::string& text) {
    auto workspace = opened();
    MUST(apply(workspace, definitions(text)));
  }
  std::vector<std::string> members(const std::string& segment) {
    auto workspace = opened();
    return MUST(ask(workspace, {.segment = segment})).members();
  }

  std::shared_ptr<store::Record> record = MUST(store::Record::in_memory(kClock));
  InMemory holder{record};
};

TEST_F(UseCases, AQuestionKnowsWhatIsInForceAndWhatLiesBeside) {
  apply_now("let orders = count(\"Order Completed\")\nsegment \"Regulars\" = orders at least 2");
  auto workspace = opened();
  EXPECT_THAT(MUST(ask(workspace, {.segment = "regulars"})).members(), ElementsAre("ann"));
  EXPECT_EQ(MUST(ask(workspace, {.condition = "orders at least 1"})).count(), 3u);
  EXPECT_EQ(MUST(lay_beside(workspace, "segment \"Few\" = orders at most 1", "few.tsl")), "");
  EXPECT_THAT(MUST(ask(workspace, {.segment = "Few"})).members(), ElementsAre("bob", "eve"));
  // Beside, in the place of its like; and in force as it was.
  MUST(lay_beside(workspace, "segment \"Regulars\" = orders at least 1", "my.tsl"));
  EXPECT_EQ(MUST(ask(workspace, {.segment = "Regulars"})).count(), 3u);
  EXPECT_THAT(members("Regulars"), ElementsAre("ann"));
  EXPECT_THAT(ask(workspace, {.segment = "Regular"}).error().message, HasSubstr("did you mean 'Regulars'?"));
  EXPECT_THAT(lay_beside(workspace, "segment = =", "bad.tsl").error().message, HasSubstr("bad.tsl:1:9"));
  EXPECT_THAT(ask(workspace, {.condition = "orders"}).error().message, HasSubstr("a value, not a condition"));
}

TEST_F(UseCases, ALookIsFromItsTwoTimes) {
  apply_now("segment \"Fresh\" = at least 1 \"Order Completed\" in the last 10 days");
  auto then = opened({.as_of = kClock.now() - kDay * 35});
  EXPECT_THAT(MUST(ask(then, {.segment = "Fresh"})).members(), ElementsAre("bob"));
  EXPECT_THAT(MUST(members_then(then, "fresh"))->members, ElementsAre("bob"));
  EXPECT_EQ(MUST(members_then(then, "none")), std::nullopt);
  auto before = opened({.known_at = kClock.now() - kDay});
  EXPECT_TRUE(before.in_force.empty());
}

TEST_F(UseCases, WhatWouldChangeIsWhatChanges) {
  apply_now(
      "let orders = count(\"Order Completed\")\nsegment \"Regulars\" = orders at least 2\n"
      "segment \"Rare\" = not in segment \"Regulars\"");
  const std::string edit = "segment \"Regulars\" = orders at least 1 and at least 1 any event in the last 10 days";
  auto workspace = opened();
  const auto effects = MUST(effect_of(workspace, definitions(edit)));
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(effects[0].slug, "regulars");
  EXPECT_EQ(effects[0].change, store::DefinitionChange::Changed);
  EXPECT_EQ(effects[0].enter, 1u);  // eve
  EXPECT_EQ(effects[0].leave, 0u);
  EXPECT_EQ(effects[1].slug, "rare");  // it follows
  EXPECT_FALSE(effects[1].is_given);
  EXPECT_EQ(effects[1].leave, 1u);
  const Preview before = MUST(preview(workspace, edit));
  ASSERT_EQ(before.segments.size(), 1u);
  EXPECT_TRUE(before.segments[0].is_in_force);
  EXPECT_EQ(before.segments[0].enter, 1u);
  EXPECT_THAT(before.segments[0].sample, ElementsAre("ann", "eve"));
  EXPECT_THAT(members("Regulars"), ElementsAre("ann"));  // nothing was applied
  EXPECT_THAT(MUST(apply(workspace, definitions(edit))), ElementsAre(store::DefinitionChange::Changed));
  EXPECT_THAT(members("Regulars"), ElementsAre("ann", "eve"));
  EXPECT_THAT(members("Rare"), ElementsAre("bob"));
  // What another one needs stays.
  auto again = opened();
  EXPECT_THAT(remove(again, "Regulars").error().message, HasSubstr("'Regulars' is needed by another definition"));
  EXPECT_EQ(MUST(remove(again, "rare")).name, "Rare");
  EXPECT_EQ(MUST(remove(again, "Regulars")).slug, "regulars");
}

// Where an engine runs, everything goes through it, and `along` is written to the record after it.
TEST_F(UseCases, ARunningEngineAppliesForTheWorkspace) {
  class Engine final : public LiveDefinitions {
   public:
    Result<void> apply(const std::string& text) override { return said.push_back(text), Result<void>(); }
    Result<void> remove(const std::string& slug) override { return said.push_back("-" + slug), Result<void>(); }
    std::vector<std::string> said;
  } engine;
  apply_now("segment \"Old\" = did \"Order Completed\"\nsegment \"Same\" = did \"Unsubscribed\"");
  holder.engine = &engine;
  auto workspace = opened();
  NewDefinitions fresh = definitions("segment \"Same\" = did \"Unsubscribed\"\nsegment \"New\" = did \"Unsubscribed\"");
  fresh.removed = {"old"};
  bool was_along = false;
  const auto changes = MUST(apply(workspace, fresh, [&](store::Connection&) -> Result<void> {
    was_along = engine.said.size() == 2;
    return {};
  }));
  EXPECT_THAT(changes, ElementsAre(store::DefinitionChange::Same, store::DefinitionChange::Added));
  EXPECT_TRUE(was_along);
  ASSERT_EQ(engine.said.size(), 2u);
  EXPECT_THAT(engine.said[0], HasSubstr("segment \"New\""));
  EXPECT_EQ(engine.said[1], "-old");
  EXPECT_EQ(mode_to_apply(holder), store::OpenMode::ReadOnly);
  EXPECT_EQ(opened().in_force.size(), 2u);  // the record's file was left to the engine
}

TEST_F(UseCases, AListLeavesOutWhoMayNotBeWrittenTo) {
  auto workspace = opened();
  const auto made = MUST(audience(workspace, {.question = {.condition = "did \"Order Completed\""}}, "test"));
  EXPECT_EQ(made.text, "customer\nann\nbob\n");
  EXPECT_EQ(made.list.excluded.at("unsubscribed"), 1u);
  EXPECT_TRUE(made.knows_consent);
}

TEST_F(UseCases, OneCustomersFactsComePageByPage) {
  const auto whose = MUST(record->another());
  const auto snapshot = MUST(store::Transaction::begin_reading(whose->connection()));
  const FactsPage page = MUST(facts_of(whose->connection(), "ann", {.limit = 1}));
  ASSERT_EQ(page.facts.size(), 1u);
  EXPECT_EQ(page.facts[0].event, "Order Completed");
  EXPECT_EQ(page.facts[0].time, kClock.now() - kDay * 3);
  ASSERT_TRUE(page.next);
  const auto other = MUST(record->another());
  const auto moment = MUST(store::Transaction::begin_reading(other->connection()));
  const FactsPage rest = MUST(facts_of(other->connection(), "ann", {.before = *page.next, .limit = 5}));
  ASSERT_EQ(rest.facts.size(), 1u);
  EXPECT_EQ(rest.facts[0].time, kClock.now() - kDay * 5);
  EXPECT_FALSE(rest.next);
}

}  // namespace
}  // namespace tessera::workspace

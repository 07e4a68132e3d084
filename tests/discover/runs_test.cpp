#include "lineage/runs.hpp"

#include "discover/run_archive.hpp"
#include "language/tree.hpp"
#include "store/definitions.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::discover {
namespace {

const FixedClock kClock(Instant{0});

// Customers u00, u01, ...: profile 2 * i, and an e-mail of theirs that is 2 * i + 1.
class Runs : public testing::Test {
 protected:
  void SetUp() override {
    for (uint32_t i = 0; i < kCustomers; ++i) {
      MUST(connection().run("INSERT INTO tessera.identity VALUES (?, 1, ?, ?), (?, 2, ?, ?)",
                            {uint64_t{2 * i}, std::string_view(fmt::format("u{:02}", i)),
                             std::string_view(fmt::format("c-u{}", i)), uint64_t{2 * i + 1},
                             std::string_view(fmt::format("{}@x.com", i)), std::string_view(fmt::format("c-e{}", i))}));
      stitch(2 * i + 1, 2 * i);
      history.customer.push_back(fmt::format("u{:02}", i));
    }
    roster = MUST(lineage::Roster::read(connection(), history));
  }
  void stitch(uint32_t profile, uint32_t leader) {
    MUST(connection().run("DELETE FROM tessera.stitched WHERE profile = ?", {uint64_t{profile}}));
    MUST(connection().run("INSERT INTO tessera.stitched VALUES (?, ?)", {uint64_t{profile}, uint64_t{leader}}));
  }
  store::Connection& connection() { return record->connection(); }

  // Two groups of ten, and five in none.
  static lineage::Generation members() {
    lineage::Generation out{.run = 0, .as_of = Instant{0}, .groups = {}, .known = std::vector<bool>(kCustomers, false)};
    out.groups = {{.id = "a", .name = "A", .members = {}}, {.id = "b", .name = "B", .set_apart = true, .members = {}}};
    for (uint32_t c = 0; c < 20; ++c) out.groups[c / 10].members.push_back(c);
    for (uint32_t c = 0; c < 25; ++c) out.known[c] = true;
    return out;
  }
  static lineage::KeptRun run(int64_t as_of, uint64_t kind = 7) {
    lineage::KeptRun out{.as_of = Instant{as_of},
                         .made = Instant{5},
                         .kind = kind,
                         .options = "{}",
                         .goal = "",
                         .k = 1,
                         .customers = 25,
                         .value_definition = "revenue",
                         .definitions = "segment \"A\" = ...",
                         .lineage = {},
                         .adopted = {},
                         .segments = {}};
    out.segments = {{.id = "a", .name = "A", .rule = "x >= 1", .size = 10, .active = 4, .value = 12.5, .parent = "z"},
                    {.id = "b", .name = "B", .rule = "x = 0", .set_apart = true, .size = 10}};
    return out;
  }
  uint64_t keep(const lineage::KeptRun& run) { return MUST(lineage::keep_run(connection(), run, members(), roster)); }

  static constexpr uint32_t kCustomers = 30;
  std::unique_ptr<store::Record> record = MUST(store::Record::in_memory(kClock));
  profiles::History history;
  lineage::Roster roster;
};

TEST_F(Runs, WhatIsKeptIsRead) {
  lineage::KeptRun first = run(100);
  first.goal = "another order";
  first.lineage = lineage_of(members(), members());
  EXPECT_EQ(keep(first), 1u);
  const auto runs = MUST(lineage::kept_runs(connection()));
  ASSERT_EQ(runs.size(), 1u);
  const lineage::KeptRun& read = runs[0];
  EXPECT_EQ(read.number, 1u);
  EXPECT_EQ(read.as_of, Instant{100});
  EXPECT_EQ(read.made, Instant{5});
  EXPECT_EQ(read.kind, 7u);
  EXPECT_EQ(read.goal, "another order");
  EXPECT_EQ(read.definitions, first.definitions);
  EXPECT_FALSE(read.adopted || read.in_force);
  ASSERT_TRUE(read.lineage.has_value());
  EXPECT_EQ(to_json(*read.lineage), to_json(*first.lineage));
  ASSERT_EQ(read.segments.size(), 2u);
  EXPECT_EQ(read.segments[0].parent, "z");
  EXPECT_EQ(read.segments[0].value, 12.5);
  EXPECT_EQ(read.segments[0].rule, "x >= 1");
  EXPECT_TRUE(read.segments[1].set_apart);
  const lineage::Generation who = MUST(generation_of(connection(), read, roster));
  for (size_t g = 0; g < 2; ++g) EXPECT_EQ(who.groups[g].members, members().groups[g].members);
  EXPECT_EQ(who.known, members().known);
}

// Customers 0 and 15 turn out to be one, led by 15; customer 3 is erased.
TEST_F(Runs, MembersAreReadAsTheCustomersOfToday) {
  keep(run(100));
  for (const uint32_t profile : {0u, 1u}) stitch(profile, 30);
  std::erase(history.customer, "u00");
  MUST(connection().run("DELETE FROM tessera.discovery_member WHERE profile = 6"));
  const lineage::Roster today = MUST(lineage::Roster::read(connection(), history));
  const lineage::Generation who = MUST(generation_of(connection(), MUST(lineage::kept_runs(connection()))[0], today));
  EXPECT_EQ(who.groups[0].members, (std::vector<uint32_t>{0, 1, 3, 4, 5, 6, 7, 8, 14}));  // u01, u02, u04, ... u15
  EXPECT_EQ(who.groups[1].members.size(), 10u) << "u15 is in both";
  EXPECT_FALSE(who.known[2]);
}

TEST_F(Runs, TheSameAgainIsNotKeptTwice) {
  EXPECT_EQ(keep(run(100)), 1u);
  lineage::KeptRun later = run(100);
  later.made = Instant{77};
  EXPECT_EQ(keep(later), 1u);
  later.as_of = Instant{101};
  EXPECT_EQ(keep(later), 2u);
  EXPECT_EQ(MUST(lineage::kept_runs(connection())).size(), 2u);
}

TEST_F(Runs, OldOnesMakeRoomButNotThoseInForce) {
  keep(run(1));
  MUST(lineage::mark_adopted(connection(), 1, lineage::Adopted::Wholly, Instant{50}));
  for (int64_t day = 2; day <= 30; ++day) keep(run(day));
  auto runs = MUST(lineage::kept_runs(connection()));
  ASSERT_EQ(runs.size(), lineage::kMostRuns + 1);
  EXPECT_EQ(runs[0].number, 1u);
  EXPECT_EQ(runs[1].number, 11u);
  EXPECT_EQ(MUST(connection().integer("SELECT count(*) FROM tessera.discovery_member")), 25 * (lineage::kMostRuns + 1));
  MUST(lineage::mark_adopted(connection(), 30, lineage::Adopted::InPart, Instant{60}));
  keep(run(31));
  EXPECT_EQ(MUST(lineage::kept_runs(connection()))[0].number, 1u) << "what is adopted in part takes no run's place";
  MUST(lineage::mark_adopted(connection(), 31, lineage::Adopted::Wholly, Instant{70}));
  keep(run(32));
  EXPECT_EQ(MUST(lineage::kept_runs(connection()))[0].number, 13u);
}

TEST_F(Runs, TheRunBeforeIsTheAdoptedOneElseTheLastOfItsKind) {
  EXPECT_EQ(lineage::run_before({}, 7, Instant{100}), nullptr);
  for (const auto& [day, kind] : {std::pair<int64_t, uint64_t>{10, 7}, {30, 7}, {40, 8}, {20, 7}}) keep(run(day, kind));
  auto runs = MUST(lineage::kept_runs(connection()));
  const auto before = [&](uint64_t kind, int64_t as_of) {
    const lineage::KeptRun* found = lineage::run_before(runs, kind, Instant{as_of});
    return found ? found->number : 0;
  };
  EXPECT_EQ(before(7, 50), 2u);
  EXPECT_EQ(before(7, 30), 4u) << "not one of the same day";
  EXPECT_EQ(before(7, 10), 0u);
  EXPECT_EQ(before(8, 50), 3u);
  EXPECT_EQ(before(9, 50), 0u);
  MUST(lineage::mark_adopted(connection(), 3, lineage::Adopted::Wholly, Instant{1}));
  runs = MUST(lineage::kept_runs(connection()));
  EXPECT_EQ(before(7, 50), 3u);
  EXPECT_EQ(before(7, 40), 3u);
  EXPECT_EQ(before(7, 39), 2u) << "not one of a later day";
}

// Ids of runs before, of segments by hand, and the names of those in use; but nothing that a run of the same day
// brought, so that the same question has the same answer whether or not its segments were applied meanwhile.
TEST_F(Runs, IdsAndNamesThatAreTakenAreNotGivenAgain) {
  const auto apply = [&](const char* slug, const char* name) {
    MUST(store::apply_definitions(*record, {{static_cast<uint8_t>(language::DefinitionKind::Segment), slug, name, "x"}},
                                  "apply", Instant{9}));
  };
  keep(run(100));
  lineage::KeptRun today = run(200);
  today.segments[0].id = "today";
  keep(today);
  apply("a", "A");
  apply("today", "Today");
  apply("by-hand", "By hand");
  const auto taken = [&](int64_t as_of) {
    const Keeping keeping = MUST(Keeping::begin(connection(), history, {.as_of = Instant{as_of}}));
    return std::pair(keeping.before().ids, keeping.before().names);
  };
  using Texts = std::set<std::string>;
  EXPECT_EQ(taken(50), std::pair(Texts({"by-hand"}), Texts({"by hand"})));
  EXPECT_EQ(taken(200), std::pair(Texts({"a", "by-hand"}), Texts({"a", "by hand"})));
  EXPECT_EQ(taken(201), std::pair(Texts({"a", "by-hand", "today"}), Texts({"a", "by hand", "today"})));
}

// A user id that reads like another customer's pseudonym: two customers of one public id.
TEST_F(Runs, APublicIdThatTwoHaveHidesOneOfThemAndNoMore) {
  history.customer.insert(history.customer.begin() + 5, "u04");
  const lineage::Roster confused = MUST(lineage::Roster::read(connection(), history));
  lineage::Generation all = members();
  all.known.assign(history.customers(), true);
  EXPECT_EQ(MUST(lineage::keep_run(connection(), run(100), all, confused)), 1u);
  EXPECT_EQ(MUST(connection().integer("SELECT count(*) FROM tessera.discovery_member")), 30);
}

// What erasure walks.
TEST_F(Runs, TheCatalogueKnowsWhereTheMembersAre) {
  EXPECT_EQ(MUST(connection().text("SELECT array_to_string(person_columns, ',') FROM tessera.catalogue "
                                   "WHERE table_name = 'tessera.discovery_member'")),
            "profile");
}

}  // namespace
}  // namespace tessera::discover

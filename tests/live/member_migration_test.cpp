// Changes of before said nothing of members: what the migration works out from those that stood is what the fold says
// today of the same worlds.
#include <algorithm>

#include <gtest/gtest.h>

#include "language/check.hpp"
#include "language/random_tree.hpp"
#include "live/random_world.hpp"
#include "live/standing.hpp"
#include "soak.hpp"
#include "store/migrations.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::live {
namespace {

std::vector<fold::Flip> flips_of(uint64_t seed, std::vector<fold::SegmentVersion>& versions) {
  Rng rng(seed);
  const auto world = random_world(rng, {.customers = 4, .rows = 50, .many_ids = true, .words = 0.2});
  const auto checked = language::check(language::RandomTree(seed).definitions(), language::RandomTree::shop());
  fold::Definitions definitions{.program = checked.program, .segments = {}};
  for (const language::Definition& each : definitions.program.definitions)
    if (each.kind == language::DefinitionKind::Segment)
      definitions.segments.push_back({.slug = each.slug, .name = each.name, .version = 1, .since = kEver});
  auto fold = MUST(fold::Fold::make(definitions, {}, nullptr));
  uint64_t offset = 10;
  for (const WorldRow& row : world) {
    fold->begin(offset, row.learnt);
    if (row.ruling)
      (void)fold->inflow().rule(*row.ruling);
    else
      put(fold->intake(), row);
    fold->finish(offset += 10);
  }
  const fold::Page page = fold->take_page();
  versions = page.versions;
  return page.flips;
}

void insert(store::Connection& connection, const fold::Flip& flip, const fold::SegmentVersion& segment) {
  const bool is_merge = flip.kind == feed::ChangeKind::Merged;
  const auto number = [](auto value) { return store::Value(uint64_t{value}); };
  MUST(connection.run("INSERT INTO tessera.change VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
                      {number(flip.id.offset), number(flip.id.ordinal), number(flip.profile),
                       is_merge ? store::Value(nullptr) : store::Value(std::string_view(segment.slug)),
                       number(static_cast<uint8_t>(flip.kind)), number(static_cast<uint8_t>(flip.cause)), flip.at,
                       flip.learnt, flip.correction_of ? number(flip.correction_of->offset) : store::Value(nullptr),
                       flip.correction_of ? number(flip.correction_of->ordinal) : store::Value(nullptr),
                       flip.into ? number(*flip.into) : store::Value(nullptr)}));
}

TEST(MemberMigration, WhatIsWorkedOutIsWhatTheFoldSays) {
  const FixedClock clock(Instant{});
  const auto all = store::known_migrations();
  const auto own = std::ranges::find(all, std::string_view("what a change means for who keeps a set"),
                                     [](const store::Migration& each) { return std::string_view(each.what); });
  ASSERT_NE(own, all.end());
  size_t compared = 0, against = 0;
  const uint64_t seeds = tries("TESSERA_SOAK", 24);
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    std::vector<fold::SegmentVersion> versions;
    const auto flips = flips_of(seed, versions);
    const auto record = MUST(store::Record::in_memory(
        clock, {.database = {.threads = 1}, .migrations = all.first(static_cast<size_t>(own - all.begin()))}));
    store::Connection& connection = record->connection();
    MUST(connection.run("BEGIN TRANSACTION"));
    for (const fold::Flip& flip : flips) insert(connection, flip, versions[flip.segment]);
    MUST(connection.run("COMMIT"));
    MUST(store::migrate(connection, all, Instant{}));
    const auto rows = MUST(connection.rows("SELECT is_member FROM tessera.change ORDER BY log_offset, ordinal"));
    ASSERT_EQ(rows.size(), flips.size());
    for (size_t i = 0; i < flips.size(); ++i) {
      // Of those of one entry about one pair, the last one is what its reader is left with.
      const bool is_last =
          std::none_of(flips.begin() + static_cast<ptrdiff_t>(i) + 1, flips.end(), [&](const auto& other) {
            return other.id.offset == flips[i].id.offset && other.profile == flips[i].profile &&
                   other.segment == flips[i].segment && other.kind != feed::ChangeKind::Merged;
          });
      if (!is_last) continue;
      EXPECT_EQ(rows[i][0].value_or(""), flips[i].is_member ? "true" : "false")
          << "seed " << seed << ", change " << feed::text_of(flips[i].id);
      ++compared;
      against += flips[i].is_member != (flips[i].kind == feed::ChangeKind::Entered);
    }
  }
  EXPECT_GT(compared, 12 * seeds);
  EXPECT_GT(against, seeds / 8);
}

}  // namespace
}  // namespace tessera::live

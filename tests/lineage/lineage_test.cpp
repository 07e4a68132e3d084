#include "lineage/lineage.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include <rapidcheck/gtest.h>

#include "core/random.hpp"

namespace tessera::lineage {
namespace {

using Labels = std::vector<int>;  // of each customer its group, kInNone, or kNotThere

Generation generation(const Labels& labels, const std::string& prefix = "g", std::set<int> apart = {}) {
  Generation out{.run = 1, .as_of = Instant{0}, .groups = {}, .known = {}};
  const int groups = labels.empty() ? 0 : std::max(0, *std::ranges::max_element(labels) + 1);
  for (int g = 0; g < groups; ++g)
    out.groups.push_back({.id = fmt::format("{}{}", prefix, g),
                          .name = fmt::format("{}{}", apart.contains(g) ? "Apart " : "Group ", g),
                          .set_apart = apart.contains(g),
                          .members = {}});
  for (uint32_t c = 0; c < labels.size(); ++c) {
    out.known.push_back(labels[c] != kNotThere);
    if (labels[c] >= 0) out.groups[static_cast<size_t>(labels[c])].members.push_back(c);
  }
  return out;
}

Lineage lineage(const Labels& before, const Labels& now) {
  return lineage_of(generation(before, "b"), generation(now, "n"));
}

// "split: b1 -> n1 n2", one line a turn.
std::set<std::string> turns(const Lineage& lineage) {
  std::set<std::string> out;
  for (const Turn& turn : lineage.turns) {
    std::set<std::string> from, to;
    for (const size_t a : turn.from) from.insert(lineage.before[a].id);
    for (const size_t b : turn.to) to.insert(lineage.now[b].id);
    out.insert(fmt::format("{}: {} -> {}", name_of(turn.kind), fmt::join(from, " "), fmt::join(to, " ")));
  }
  return out;
}

// `sizes[g]` customers of each group, in their order.
Labels in_blocks(const std::vector<size_t>& sizes) {
  Labels out;
  for (size_t g = 0; g < sizes.size(); ++g) out.insert(out.end(), sizes[g], static_cast<int>(g));
  return out;
}

TEST(Lineage, TheSameGroupsAreFoundAgain) {
  const Labels labels = in_blocks({100, 50, 7, 1});
  const Lineage found = lineage(labels, labels);
  EXPECT_EQ(turns(found), (std::set<std::string>{"found again: b0 -> n0", "found again: b1 -> n1",
                                                 "found again: b2 -> n2", "found again: b3 -> n3"}));
  for (const GroupRef& kin : found.now) EXPECT_EQ(kin.jaccard, 1);
  EXPECT_EQ(found.movements.size(), 4u);
}

TEST(Lineage, HalvesAreASplitAndNeitherIsTheWhole) {
  const Labels before = in_blocks({100, 100});
  Labels now = before;
  for (size_t c = 0; c < 50; ++c) now[c] = 2;
  EXPECT_EQ(turns(lineage(before, now)), (std::set<std::string>{"found again: b1 -> n1", "split: b0 -> n0 n2"}));
  EXPECT_EQ(turns(lineage(now, before)), (std::set<std::string>{"found again: b1 -> n1", "merged: b0 b2 -> n0"}));
}

TEST(Lineage, ThePartThatIsMostOfTheWholeKeepsTheId) {
  const Labels before = in_blocks({100, 100});
  Labels now = before;
  for (size_t c = 0; c < 30; ++c) now[c] = 2;
  EXPECT_EQ(turns(lineage(before, now)),
            (std::set<std::string>{"found again: b0 -> n0", "found again: b1 -> n1", "split: b0 -> n0 n2"}));
  EXPECT_EQ(turns(lineage(now, before)),
            (std::set<std::string>{"found again: b0 -> n0", "found again: b1 -> n1", "merged: b0 b2 -> n0"}));
  // A twentieth is drift: a new group, whose customers came from somewhere.
  Labels drift = before;
  for (size_t c = 0; c < 5; ++c) drift[c] = 2;
  const Lineage drifted = lineage(before, drift);
  EXPECT_TRUE(turns(drifted).contains("new:  -> n2"));
  EXPECT_EQ(sentence_of(drifted, drifted.turns.back()),
            "\"Group 2\" is new; 100 % of its customers came from \"Group 0\"");
}

TEST(Lineage, NewcomersAndThoseWhoLeftAreCountedButNotJudged) {
  Labels before = in_blocks({100, 100, 0}), now = before;
  for (size_t c = 0; c < 40; ++c) now[c] = kNotThere;        // 40 of the first group are gone
  for (size_t c = 100; c < 190; ++c) before[c] = kNotThere;  // 90 of the second are newcomers
  const Lineage found = lineage(before, now);
  EXPECT_EQ(turns(found), (std::set<std::string>{"found again: b0 -> n0", "found again: b1 -> n1"}));
  EXPECT_EQ(found.judged, 70u);
  EXPECT_EQ(found.now[1].jaccard, 1);
  std::set<std::tuple<int, int, uint64_t>> moved;
  for (const Movement& each : found.movements) moved.insert({each.from, each.to, each.customers});
  EXPECT_EQ(moved,
            (std::set<std::tuple<int, int, uint64_t>>{{kNotThere, 1, 90}, {0, kNotThere, 40}, {0, 0, 60}, {1, 1, 10}}));
}

TEST(Lineage, WhatDissolvesVanishesAndWhatIsMadeOfBitsIsNew) {
  // Ten groups of 50; the last one's customers go everywhere, and a new one takes five of each.
  Labels before = in_blocks(std::vector<size_t>(10, 50)), now = before;
  for (size_t c = 0; c < before.size(); ++c) {
    if (before[c] == 9) now[c] = static_cast<int>(c % 9);
    if (c % 10 == 0) now[c] = 9;
  }
  const Lineage found = lineage(before, now);
  EXPECT_TRUE(turns(found).contains("vanished: b9 -> "));
  EXPECT_TRUE(turns(found).contains("new:  -> n9"));
  EXPECT_EQ(found.turns.size(), 11u);
}

TEST(Lineage, GroupsSetApartAreFoundAgainByNameAndJudgeNobody) {
  // Yesterday's newcomers (group 1, set apart) are in group 0 today, and others are the newcomers.
  Labels before = in_blocks({60, 50}), now(before.size(), 0);
  before.insert(before.end(), 30, kNotThere);
  now.insert(now.end(), 30, 1);
  Generation was = generation(before, "b", {1}), is = generation(now, "n", {1});
  EXPECT_EQ(turns(lineage_of(was, is)), (std::set<std::string>{"found again: b0 -> n0", "found again: b1 -> n1"}));
  is.groups[1].name = "Another condition";
  EXPECT_EQ(turns(lineage_of(was, is)),
            (std::set<std::string>{"found again: b0 -> n0", "new:  -> n1", "vanished: b1 -> "}));
}

Labels random_labels(Rng& rng, size_t customers, int groups) {
  Labels out(customers);
  for (int& label : out) label = static_cast<int>(rng.below(static_cast<uint64_t>(groups) + 2)) - 2;
  return out;
}

// Most stay where they are.
Labels drifted(Rng rng, const Labels& labels, int groups, double moving) {
  Labels out = labels;
  for (int& label : out)
    if (rng.uniform() < moving) label = static_cast<int>(rng.below(static_cast<uint64_t>(groups)));
  return out;
}

RC_GTEST_PROP(Lineage, TheOrderOfTheGroupsChangesNothing, ()) {
  Rng rng(*rc::gen::arbitrary<uint32_t>());
  const int groups = 2 + static_cast<int>(rng.below(8));
  const Labels before = random_labels(rng, 300, groups);
  const Labels now = drifted(rng.fork(1), before, groups + 1, 0.4 * rng.uniform());
  Generation was = generation(before, "b"), is = generation(now, "n");
  const auto expected = turns(lineage_of(was, is));
  rng.shuffle(was.groups);
  rng.shuffle(is.groups);
  RC_ASSERT(turns(lineage_of(was, is)) == expected);
}

RC_GTEST_PROP(Lineage, EveryoneMovesOnceAndEveryGroupIsAccountedFor, ()) {
  Rng rng(*rc::gen::arbitrary<uint32_t>());
  const Labels before = random_labels(rng, 200, 5), now = random_labels(rng, 200, 6);
  const Lineage found = lineage(before, now);
  size_t there = 0, moved = 0;
  for (size_t c = 0; c < before.size(); ++c) there += before[c] != kNotThere || now[c] != kNotThere;
  for (const Movement& each : found.movements) moved += each.customers;
  RC_ASSERT(moved == there);
  std::set<size_t> from, to;
  for (const Turn& turn : found.turns)
    from.insert(turn.from.begin(), turn.from.end()), to.insert(turn.to.begin(), turn.to.end());
  RC_ASSERT(from.size() == found.before.size());
  RC_ASSERT(to.size() == found.now.size());
}

// 12 groups of 100 to 300; a tenth of everyone moves anywhere; one group is cut in two, two are made one, of which the
// smaller is a third or more of the larger.
RC_GTEST_PROP(Lineage, PlantedTurnsAreNamed, ()) {
  Rng rng(*rc::gen::arbitrary<uint32_t>());
  std::vector<size_t> sizes;
  for (int g = 0; g < 12; ++g) sizes.push_back(100 + rng.below(200));
  const Labels before = in_blocks(sizes);
  Labels now = before;
  for (size_t c = 0; c < before.size(); ++c) {
    if (before[c] == 3 && c % 2 == 0) now[c] = 12;
    if (before[c] == 5) now[c] = 4;
  }
  now = drifted(rng.fork(1), now, 13, 0.1);
  const Lineage found = lineage(before, now);
  std::set<std::string> kinds;
  for (const std::string& turn : turns(found)) {
    if (turn.starts_with("split")) RC_ASSERT(turn == "split: b3 -> n12 n3");
    if (turn.starts_with("merged")) RC_ASSERT(turn == "merged: b4 b5 -> n4");
    RC_ASSERT(!turn.starts_with("vanished"));
    if (turn.starts_with("new")) RC_ASSERT(turn == "new:  -> n5");  // what the drift left of the merged one
    kinds.insert(turn.substr(0, turn.find(':')));
  }
  RC_ASSERT(kinds.contains("split"));
  RC_ASSERT(kinds.contains("merged"));
  for (const int g : {0, 1, 2, 6, 7, 8, 9, 10, 11}) RC_ASSERT(found.now[static_cast<size_t>(g)].continues == g);
}

double best_sum(const std::vector<std::vector<double>>& jaccard, size_t row, std::vector<bool>& used) {
  if (row == jaccard.size()) return 0;
  double best = best_sum(jaccard, row + 1, used);
  for (size_t j = 0; j < used.size(); ++j) {
    if (used[j] || jaccard[row][j] <= 0.5) continue;
    used[j] = true;
    best = std::max(best, jaccard[row][j] + best_sum(jaccard, row + 1, used));
    used[j] = false;
  }
  return best;
}

// Groups that overlap much, so that several could be the same: the sum of Jaccards is the largest there is.
RC_GTEST_PROP(Lineage, TheAssignmentIsTheBestThereIs, ()) {
  Rng rng(*rc::gen::arbitrary<uint32_t>());
  const auto overlapping = [&](size_t groups) {
    Generation out{.run = 1, .as_of = Instant{0}, .groups = {}, .known = std::vector<bool>(60, true)};
    for (size_t g = 0; g < groups; ++g) {
      out.groups.push_back({.id = fmt::format("{}", g), .name = "", .members = {}});
      for (uint32_t c = 0; c < 60; ++c)
        if (rng.uniform() < 0.85) out.groups.back().members.push_back(c);
    }
    return out;
  };
  const Generation before = overlapping(1 + rng.below(5)), now = overlapping(1 + rng.below(5));
  std::vector<std::vector<double>> jaccard;
  for (const Group& a : before.groups) {
    jaccard.emplace_back();
    for (const Group& b : now.groups) {
      std::vector<uint32_t> both, either;
      std::ranges::set_intersection(a.members, b.members, std::back_inserter(both));
      std::ranges::set_union(a.members, b.members, std::back_inserter(either));
      jaccard.back().push_back(static_cast<double>(both.size()) / static_cast<double>(either.size()));
    }
  }
  std::vector<bool> used(now.groups.size(), false);
  const double best = best_sum(jaccard, 0, used);
  const Lineage found = lineage_of(before, now);
  double sum = 0;
  std::set<int> taken;
  for (const GroupRef& kin : found.now)
    if (kin.continues >= 0) {
      sum += kin.jaccard;
      RC_ASSERT(taken.insert(kin.continues).second);
    }
  RC_ASSERT(std::fabs(sum - best) < 1e-9);
}

RC_GTEST_PROP(Lineage, JsonSaysItAll, ()) {
  Rng rng(*rc::gen::arbitrary<uint32_t>());
  const Labels before = random_labels(rng, 100, 4);
  Lineage found = lineage(before, drifted(rng.fork(1), before, 5, 0.3));
  found.notes = {"a \"note\""};
  if (rng.chance(0.5)) found.moved_by_old_rules = 3;
  const Json json = to_json(found);
  const auto parsed = parse_json(json.dump());
  RC_ASSERT(parsed.has_value());
  const auto back = lineage_of_json(*parsed);
  RC_ASSERT(back.has_value());
  RC_ASSERT(to_json(*back).dump() == json.dump());
  Json wrong = json;
  wrong.set("turns",
            Json::array().add(Json::object().set("kind", "found again").set("from", Json::array().add("b99"))));
  RC_ASSERT(!lineage_of_json(wrong).has_value());
}

}  // namespace
}  // namespace tessera::lineage

// Identity over time of whole discoveries: companies with planted segments, discovered twice, thirty days apart, a
// tenth of the customers replaced in between.
#include <set>

#include "discover/discover.hpp"
#include "discover/naming.hpp"
#include "discover/simulated_history.hpp"
#include "language/schema.hpp"
#include "soak.hpp"

namespace tessera::discover {
namespace {

// One company is the sample; ./run soak identity takes twenty.
const size_t kSeeds = tries("TESSERA_SEEDS", 1);
constexpr Duration kLater = kDay * 30;
constexpr uint32_t kCustomers = 2'400, kReplaced = kCustomers / 10;

struct Discovered {
  SimulatedHistory company;
  Discovery found;
};

Discovery discovered(const SimulatedHistory& company, Instant as_of, const Before* before) {
  SilentProgress quiet;
  const Options options{.as_of = as_of, .min_size = 40, .active = kDay * 365, .zone = Zone::utc(), .before = before};
  auto found = discover(company.history, language::schema_of(company.history), options, quiet);
  if (!found) ADD_FAILURE() << found.error().text();
  return found ? std::move(*found) : Discovery{};
}

// The members of a run, as customers of another history; those who are not in it are left out. Under ids and names that
// nobody would come upon again.
lineage::Generation carried(const Discovered& from, const profiles::History& to) {
  lineage::Generation out = generation_of(from.found);
  std::vector<bool> known(to.customers(), false);
  for (uint32_t c = 0; c < out.known.size(); ++c)
    if (const auto there = to.find_customer(from.company.history.customer[c]); there && out.known[c])
      known[*there] = true;
  for (lineage::Group& group : out.groups) {
    group.id = "then-" + group.id;
    if (!group.set_apart) group.name = "Then " + group.name;
    std::vector<uint32_t> members;
    for (const uint32_t c : group.members)
      if (const auto there = to.find_customer(from.company.history.customer[c])) members.push_back(*there);
    group.members = std::move(members);
  }
  out.known = std::move(known);
  return out;
}

Discovered first_run(const simulate::Options& options, std::vector<Person> people) {
  Discovered out{.company = *simulated_history(options, std::move(people), simulate::kAsOf - kLater), .found = {}};
  out.found = discovered(out.company, simulate::kAsOf - kLater, nullptr);
  return out;
}

// The definitions under the same ids, which stand there only where the name does not say them.
std::string carried(const Discovery& found) {
  std::string text = found.tsl;
  for (const auto* list : {&found.segments, &found.set_apart})
    for (const Segment& segment : *list) {
      const std::string head = fmt::format("segment \"{}\"", segment.persona.name);
      const size_t at = text.find(head), end = text.find(" =", at);
      EXPECT_NE(end, std::string::npos) << head;
      text.replace(at, end - at, fmt::format("{} id \"then-{}\"", head, segment.id));
    }
  return text;
}

Discovered later_run(const simulate::Options& options, std::vector<Person> people, const Discovered& earlier) {
  Discovered out{.company = *simulated_history(options, std::move(people)), .found = {}};
  const Before before{.generation = carried(earlier, out.company.history),
                      .definitions = carried(earlier.found),
                      .ids = {},
                      .names = {}};
  out.found = discovered(out.company, simulate::kAsOf, &before);
  return out;
}

// The id of the segment that is a planted one: more of the two is shared than not. Empty: it was not found.
std::string id_of(const Discovered& run, uint32_t planted) {
  size_t all = 0;
  for (const uint32_t truth : run.company.truth) all += truth == planted;
  for (const Segment& segment : run.found.segments) {
    size_t both = 0;
    for (const uint32_t c : segment.members) both += run.company.truth[c] == planted;
    if (!segment.set_apart && 2 * both > all + segment.size - both) return segment.id;
  }
  return "";
}

struct Tally {
  size_t planted = 0, kept = 0;
};

void expect_all_accounted(const Discovery& found) {
  ASSERT_TRUE(found.lineage.has_value());
  ASSERT_EQ(found.lineage->now.size(), found.segments.size() + found.set_apart.size());
  std::set<std::string> ids;
  for (size_t s = 0; s < found.segments.size(); ++s) {
    EXPECT_EQ(found.lineage->now[s].id, found.segments[s].id);
    EXPECT_TRUE(ids.insert(found.segments[s].id).second);
  }
}

TEST(Identity, PlantedSegmentsKeepTheirIds) {
  Tally tally;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const simulate::Options options{.customers = kCustomers + kReplaced, .segments = 6, .seed = 300 + seed};
    auto people = *people_of(options);
    const Discovered before = first_run(options, {people.begin(), people.begin() + kCustomers});
    const Discovered now = later_run(options, {people.begin() + kReplaced, people.end()}, before);
    expect_all_accounted(now.found);
    // Rules may change, but not so that they move more than their customers do.
    EXPECT_GT(now.found.lineage->moved_by_old_rules.value_or(0), 0u);
    EXPECT_LT(now.found.lineage->moved, now.found.lineage->judged / 10);
    for (uint32_t planted = 1; planted <= options.segments; ++planted) {
      const std::string id = id_of(before, planted);
      ++tally.planted;
      tally.kept += !id.empty() && id_of(now, planted) == "then-" + id;
      for (const Segment& s : before.found.segments)
        for (const Segment& t : now.found.segments)
          if (t.id == "then-" + s.id) {
            EXPECT_EQ(t.persona.name, (s.set_apart ? "" : "Then ") + s.persona.name);
          }
    }
  }
  figure("{} companies, 10 % of the customers replaced, 30 days later: {} of {} planted segments keep their ids",
         kSeeds, tally.kept, tally.planted);
  EXPECT_GE(10 * tally.kept, 9 * tally.planted);
}

TEST(Identity, TheSameDataKeepsAllIds) {
  const simulate::Options options{.customers = kCustomers, .segments = 6, .seed = 300};
  Discovered first{.company = *simulated_history(options), .found = {}};
  first.found = discovered(first.company, simulate::kAsOf, nullptr);
  const Discovered again = later_run(options, *people_of(options), first);
  ASSERT_TRUE(again.found.lineage.has_value());
  for (const lineage::Turn& turn : again.found.lineage->turns) EXPECT_EQ(turn.kind, lineage::TurnKind::FoundAgain);
  EXPECT_EQ(again.found.lineage->moved, 0u);
  EXPECT_EQ(again.found.lineage->moved_by_old_rules, std::optional<uint64_t>(0));
  ASSERT_EQ(again.found.segments.size(), first.found.segments.size());
  for (size_t s = 0; s < first.found.segments.size(); ++s) {
    EXPECT_EQ(again.found.segments[s].id, "then-" + first.found.segments[s].id);
    EXPECT_EQ(again.found.segments[s].rule, first.found.segments[s].rule);
  }
}

// "a, b" of a turn's ends, sorted.
std::string ends(const std::vector<lineage::GroupRef>& kin, const std::vector<size_t>& which) {
  std::set<std::string> ids;
  for (const size_t i : which) ids.insert(kin[i].id);
  return fmt::format("{}", fmt::join(ids, ", "));
}
std::string pair(const std::string& a, const std::string& b) {
  return fmt::format("{}, {}", std::min(a, b), std::max(a, b));
}

// Lives of planted segments 1 and 2 are led by people of their own before; later all of them lead lives of 1: merged.
// Lives of 3 are led before by people half of whom lead lives of 4 later: split; nobody leads those before.
TEST(Identity, PlantedSplitsAndMergersAreNamed) {
  size_t splits = 0, mergers = 0, others = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const simulate::Options options{.customers = 2 * kCustomers, .segments = 6, .seed = 500 + seed};
    const auto people = *people_of(options);
    const auto everyone = *simulated_history(options);
    std::vector<std::vector<Person>> of(options.segments + 1);
    for (const Person& person : people)
      of[everyone.truth[*everyone.history.find_customer(person.id)]].push_back(person);
    std::vector<Person> earlier, later;
    // A tenth is replaced: the first only comes before, the last only later.
    const auto add = [&](const std::string& id, uint32_t was, uint32_t is, size_t at, size_t all) {
      if (at < all - all / 10) earlier.push_back({id, was});
      if (at >= all / 10) later.push_back({id, is});
    };
    const size_t merged = std::min(of[1].size(), of[2].size()) / 2, parted = std::min(of[3].size() / 2, of[4].size());
    for (size_t i = 0; i < merged; ++i) {
      add(of[1][i].id, of[1][i].life, of[1][i].life, i, merged);
      add(of[2][i].id, of[2][i].life, of[1][merged + i].life, i, merged);
    }
    for (size_t i = 0; i < parted; ++i) {
      add(of[3][i].id, of[3][i].life, of[3][i].life, i, parted);
      add(of[3][parted + i].id, of[3][parted + i].life, of[4][i].life, i, parted);
    }
    for (const size_t planted : {size_t{0}, size_t{5}, size_t{6}})
      for (size_t i = 0; i < of[planted].size(); ++i)
        add(of[planted][i].id, of[planted][i].life, of[planted][i].life, i, of[planted].size());
    const Discovered before = first_run(options, std::move(earlier));
    const Discovered now = later_run(options, std::move(later), before);
    expect_all_accounted(now.found);
    const lineage::Lineage& lineage = *now.found.lineage;
    for (const lineage::Turn& turn : lineage.turns) {
      const std::string from = ends(lineage.before, turn.from), to = ends(lineage.now, turn.to);
      const bool is_split = from == "then-" + id_of(before, 3) && to == pair(id_of(now, 3), id_of(now, 4));
      const bool is_merger =
          from == pair("then-" + id_of(before, 1), "then-" + id_of(before, 2)) && to == id_of(now, 1);
      splits += turn.kind == lineage::TurnKind::Split && is_split;
      mergers += turn.kind == lineage::TurnKind::Merged && is_merger;
      const bool is_other = (turn.kind == lineage::TurnKind::Split && !is_split) ||
                            (turn.kind == lineage::TurnKind::Merged && !is_merger);
      others += is_other;
      if (is_other) fmt::print("seed {}: {}\n", options.seed, sentence_of(lineage, turn));
    }
  }
  fmt::print("{} companies: {} planted splits and {} planted mergers named, {} named that were not planted\n", kSeeds,
             splits, mergers, others);
  EXPECT_GE(splits, kSeeds - kSeeds / 20);
  EXPECT_GE(mergers, kSeeds - kSeeds / 20);
  EXPECT_LE(others, kSeeds / 10);
}

}  // namespace
}  // namespace tessera::discover

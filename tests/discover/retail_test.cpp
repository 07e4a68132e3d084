// The real shop: UCI Online Retail through its preset, discovered as of the day after its last.
#include <chrono>

#include "cluster/quality.hpp"
#include "core/text.hpp"
#include "discover/discover.hpp"
#include "discover/naming.hpp"
#include "features/measure.hpp"
#include "ingest/import.hpp"
#include "profiles/load.hpp"
#include "report/report.hpp"
#include "soak.hpp"
#include "store/record.hpp"

namespace tessera::discover {
namespace {

std::string retail_file() {
  for (const char* path : {"/../shared/data/online-retail.csv.gz", "/../../shared/data/online-retail.csv.gz"})
    if (std::filesystem::exists(std::string(TESSERA_SOURCE_DIR) + path)) return std::string(TESSERA_SOURCE_DIR) + path;
  return {};
}

// The shop's history, read once. nullopt: the file is not there, or was not read.
const std::optional<profiles::History>& retail_history() {
  static const std::optional<profiles::History> kHistory = []() -> std::optional<profiles::History> {
    const std::string file = retail_file();
    if (file.empty()) return std::nullopt;
    FixedClock clock(*parse_instant("2026-01-01"));
    SilentProgress quiet;
    auto record = store::Record::in_memory(clock);
    if (!record) return std::nullopt;
    const ingest::ImportOptions how{.preset = "online-retail", .yes = true, .zone = "none", .learnt = clock.now()};
    const auto imported = ingest::import_files(**record, std::span(&file, 1), how, {}, quiet);
    EXPECT_TRUE(imported.has_value()) << imported.error().text();
    auto history = profiles::load(**record);
    EXPECT_TRUE(history.has_value());
    return history ? std::optional(std::move(*history)) : std::nullopt;
  }();
  return kHistory;
}

TEST(OnlineRetail, MicroSegmentsThatRulesCanTell) {
  if (retail_file().empty()) GTEST_SKIP() << "../shared/data/online-retail.csv.gz is not there";
  const auto& history = retail_history();
  ASSERT_TRUE(history.has_value());
  SilentProgress quiet;
  const auto schema = language::schema_of(*history);

  const auto start = std::chrono::steady_clock::now();
  const auto found = discover(*history, schema, {.as_of = parse_instant("2011-12-10")}, quiet);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(found.has_value()) << found.error().text();

  // Macro F1 again from the outside: the file of segments through the evaluator against the labels.
  const auto members = features::members_of({*history, schema, found->as_of, Zone::utc()}, found->tsl);
  ASSERT_TRUE(members.has_value());
  double sum = 0;
  size_t micro = 0, one = 0;
  std::vector<int> in(history->customers(), 0);
  for (const auto& list : members->members)
    for (const uint32_t c : list) ++in[c];
  for (size_t s = 0; s < found->segments.size(); ++s) {
    if (found->segments[s].set_apart) continue;
    ASSERT_EQ(members->ids[s], found->segments[s].id);
    double size = 0, predicted = 0, hit = 0;
    for (size_t c = 0; c < history->customers(); ++c)
      size += found->held_out[c] && found->label[c] == static_cast<int>(s);
    for (const uint32_t c : members->members[s])
      if (found->held_out[c] && found->label[c] >= 0) predicted += 1, hit += found->label[c] == static_cast<int>(s);
    sum += 2 * hit / (size + predicted);
    ++micro;
  }
  for (const int n : in) one += n == 1;
  const double f1 = sum / static_cast<double>(micro),
               exactly = static_cast<double>(one) / static_cast<double>(history->customers());
  fmt::print(
      "Online Retail: {} micro-segments in {:.1f} s, macro F1 of rules on customers held out {:.3f}, {:.1f} % of all "
      "{} customers in exactly one rule, value {:.3f}\n",
      micro, seconds, f1, 100 * exactly, history->customers(), found->value);
  EXPECT_GE(micro, 8u);
  EXPECT_LE(micro, 30u);
  for (const Segment& s : found->segments) EXPECT_GE(s.size, 100u) << s.id;
  EXPECT_GE(f1, 0.80);
  EXPECT_NEAR(f1, found->macro_f1, 1e-9);
  EXPECT_GE(exactly, 0.95);
  EXPECT_NEAR(found->value, 8'300'065.814, 0.01);
  // What cards say of needs names no line that is no product, and something of what they are about: Christmas.
  std::string needs;
  for (const Segment& s : found->segments)
    for (const auto* choices : {&s.needs.over, &s.needs.avoided, &s.needs.taken_back})
      for (const persona::Preference& choice : *choices) needs += fold_case(choice.sentence) + "\n";
  for (const std::string_view never : {"postage", "carriage", "manual", "discount", "sample", "bank charge", "adjust",
                                       "amazon", "cruk", "test", "voucher"})
    EXPECT_EQ(needs.find(never), std::string::npos) << never << " in " << needs;
  EXPECT_NE(needs.find("christmas"), std::string::npos) << needs;
  // Service lines are no interests; hours are not spoken of where no zone is known.
  for (const features::FeatureColumn& column : found->features.columns) {
    EXPECT_EQ(column.feature.name.find("postage"), std::string::npos);
    EXPECT_NE(column.feature.family, features::Family::Hour);
  }
}

// The shop is a continuum: a month later it is cut where it was, and every group is found again. That is the sample;
// ./run soak retail-anew also cuts it anew, which finds fewer of them again.
TEST(OnlineRetail, AMonthLaterItIsCutWhereItWas) {
  if (retail_file().empty()) GTEST_SKIP() << "../shared/data/online-retail.csv.gz is not there";
  const auto& history = retail_history();
  ASSERT_TRUE(history.has_value());
  SilentProgress quiet;
  const auto schema = language::schema_of(*history);
  const auto first = discover(*history, schema, {.as_of = parse_instant("2011-10-09")}, quiet);
  ASSERT_TRUE(first.has_value()) << first.error().text();
  const Before before{.generation = generation_of(*first), .definitions = first->tsl, .ids = {}, .names = {}};
  for (uint64_t division = 0; division < tries("TESSERA_DIVISIONS", 1); ++division) {
    const bool anew = division == 1;
    const auto later =
        discover(*history, schema, {.as_of = parse_instant("2011-11-09"), .anew = anew, .before = &before}, quiet);
    ASSERT_TRUE(later.has_value()) << later.error().text();
    EXPECT_EQ(later->chosen_by.find("cut where it was") != std::string::npos, !anew) << later->chosen_by;
    ASSERT_TRUE(later->lineage.has_value());
    const auto again =
        std::ranges::count_if(later->lineage->now, [](const lineage::GroupRef& kin) { return kin.continues >= 0; });
    figure("of {} groups {} are found again a month later{}", first->segments.size(), again, anew ? ", cut anew" : "");
    if (anew)
      EXPECT_LT(again, static_cast<ptrdiff_t>(first->segments.size()));
    else
      EXPECT_EQ(again, static_cast<ptrdiff_t>(later->segments.size() + later->set_apart.size()));
  }
}

}  // namespace
}  // namespace tessera::discover

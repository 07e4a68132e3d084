// Whole discoveries of companies with known truth, and of small hand-made ones.
#include "discover/discover.hpp"

#include <fstream>

#include "cluster/quality.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "discover/discovered.hpp"
#include "discover/segment_rules.hpp"
#include "discover/simulated_history.hpp"
#include "features/measure.hpp"
#include "report/report.hpp"

namespace tessera::discover {
namespace {

using profiles::HistoryBuilder;

Options at_the_end() {
  return {.as_of = simulate::kAsOf, .zone = Zone::utc()};
}

double agreement(const SimulatedHistory& company, const Discovery& found) {
  std::vector<uint32_t> truth, label;
  for (size_t c = 0; c < company.truth.size(); ++c)
    if (company.truth[c] > 0)
      truth.push_back(company.truth[c]), label.push_back(static_cast<uint32_t>(found.label[c] + 1));
  return cluster::adjusted_rand_index(truth, label);
}

// Words that give a shop away.
void expect_no_shop(const std::string& text) {
  const std::string folded = fold_case(text);
  for (const std::string_view word : {"order", "basket", "shopper", "coupon", "cart", "purchase"}) {
    for (size_t at = folded.find(word); at != std::string::npos; at = folded.find(word, at + 1)) {
      // "border" is a word of style sheets and of maps; "order" inside of it is none.
      const bool inside = at > 0 && folded[at - 1] >= 'a' && folded[at - 1] <= 'z';
      if (!inside) ADD_FAILURE() << "'" << word << "' in: ..." << text.substr(at > 60 ? at - 60 : 0, 120);
      if (!inside) break;
    }
  }
}

class Industries : public testing::TestWithParam<simulate::Preset> {};

TEST_P(Industries, PlantedSegmentsAreFoundAndSpokenOfInTheirWords) {
  const auto company = simulated_history({.customers = 5'000, .segments = 6, .preset = GetParam(), .seed = 41});
  ASSERT_TRUE(company.has_value());
  Options options = at_the_end();
  options.segments = 6;
  const Discovery found = discovered(company->history, options);
  const double ari = agreement(*company, found);
  fmt::print(
      "{:>8} K=6, 5,000 customers: adjusted Rand index {:.3f}, macro F1 of rules {:.3f}, in exactly one {:.3f}\n",
      simulate::kPresetNames[static_cast<size_t>(GetParam())], ari, found.macro_f1, found.in_exactly_one);
  EXPECT_GE(ari, 0.95);
  EXPECT_GE(found.in_exactly_one, 0.95);
  EXPECT_EQ(found.parts.words.industry, simulate::kPresetNames[static_cast<size_t>(GetParam())]);
  for (const Segment& s : found.segments) {
    EXPECT_LE(s.conditions, kMostConditions);
    EXPECT_FALSE(s.persona.name.empty());
  }
  if (GetParam() == simulate::Preset::Shop) return;
  expect_no_shop(report::html_of(found));
  expect_no_shop(report::to_json(found).dump());
  expect_no_shop(report::text_of(found));
  expect_no_shop(found.tsl);
}
INSTANTIATE_TEST_SUITE_P(All, Industries,
                         testing::Values(simulate::Preset::Shop, simulate::Preset::Clinic, simulate::Preset::Bank,
                                         simulate::Preset::Airline),
                         [](const auto& info) {
                           return std::string(simulate::kPresetNames[static_cast<size_t>(info.param)]);
                         });

TEST(Discover, TheNumberOfGroupsIsFound) {
  const auto company =
      simulated_history({.customers = 5'000, .segments = 9, .preset = simulate::Preset::Shop, .seed = 42});
  const Discovery found = discovered(company->history, at_the_end());
  fmt::print("shop K=9: auto finds {}; {}\n", found.k, found.chosen_by);
  EXPECT_GE(found.k, 7u);
  EXPECT_LE(found.k, 11u);
  EXPECT_TRUE(found.natural);
}

class SmallCompany : public testing::Test {
 protected:
  static const SimulatedHistory& company() {
    static const SimulatedHistory made =
        *simulated_history({.customers = 2'500, .segments = 6, .preset = simulate::Preset::Clinic, .seed = 43});
    return made;
  }
  static const Discovery& found() {
    static const Discovery made = [] {
      Options options = at_the_end();
      options.segments = 6;
      options.pseudonym_key = "key";
      return discovered(company().history, options);
    }();
    return made;
  }
};

TEST_F(SmallCompany, SameAnswerOnAnyNumberOfThreads) {
  Options options = at_the_end();
  options.segments = 6;
  options.pseudonym_key = "key";
  set_threads(1);
  const Discovery alone = discovered(company().history, options);
  set_threads(0);
  EXPECT_EQ(report::to_json(alone).dump(1), report::to_json(found()).dump(1));
  EXPECT_EQ(report::html_of(alone), report::html_of(found()));
}

// The file that is written is what was counted: run through the evaluator it gives the same members.
TEST_F(SmallCompany, TheFileOfSegmentsGivesTheMembersThatWereReported) {
  const auto schema = language::schema_of(company().history);
  const auto members = features::members_of({company().history, schema, found().as_of, Zone::utc()}, found().tsl);
  ASSERT_TRUE(members.has_value()) << members.error().text();
  const auto all = {&found().segments, &found().set_apart};
  size_t at = 0;
  for (const auto* list : all)
    for (const Segment& s : *list) {
      ASSERT_LT(at, members->ids.size());
      EXPECT_EQ(members->ids[at], s.id);
      // Bots and tests may satisfy a rule; the report leaves them out.
      std::vector<uint32_t> without;
      for (const uint32_t c : members->members[at])
        if (std::none_of(found().left_out.begin(), found().left_out.end(), [&](const features::LeftOut& g) {
              return std::find(g.customers.begin(), g.customers.end(), c) != g.customers.end();
            }))
          without.push_back(c);
      EXPECT_EQ(without, s.members) << s.id;
      EXPECT_EQ(s.members.size(), s.size);
      ++at;
    }
  EXPECT_EQ(*features::formatted(found().tsl), found().tsl);
}

TEST_F(SmallCompany, ClaimsClearEveryoneAndSharesAddUp) {
  double customers = 0;
  for (const auto* list : {&found().segments, &found().set_apart})
    for (const Segment& s : *list) {
      customers += s.customer_share;
      for (const persona::Claim& claim : s.distinct)
        EXPECT_FALSE(claim.interval.contains(claim.everyone)) << claim.sentence;
      if (s.set_apart) continue;
      EXPECT_EQ(s.figures.size(), 3u) << s.persona.name;
      for (const persona::SegmentFigure& f : s.figures)
        EXPECT_TRUE(f.figure.interval.contains(f.figure.estimate)) << f.name;
      EXPECT_TRUE(s.precision_interval.contains(s.precision));
    }
  EXPECT_NEAR(customers, 1, 0.05);
  const auto json = report::to_json(found());
  for (const char* key : {"as_of", "customers", "features", "transform", "k", "chosen_by", "quality", "candidates",
                          "maturity", "value_definition", "segments", "tree"})
    EXPECT_NE(json.find(key), nullptr) << key;
}

TEST_F(SmallCompany, OddCustomersAreLeftOutOrSetApart) {
  std::set<std::string> kinds;
  for (const features::LeftOut& group : found().left_out) kinds.insert(group.kind);
  EXPECT_TRUE(kinds.contains("bot"));
  for (const features::LeftOut& group : found().left_out)
    for (const uint32_t c : group.customers) {
      EXPECT_EQ(company().truth[c], 0u) << company().history.customer[c];
      EXPECT_EQ(found().label[c], -1);
    }
  const auto named = [&](std::string_view name) {
    for (const auto* list : {&found().segments, &found().set_apart})
      for (const Segment& s : *list)
        if (s.persona.name == name) return true;
    return false;
  };
  EXPECT_TRUE(named("Too new to tell"));
  EXPECT_TRUE(named("No appointment yet"));
}

TEST_F(SmallCompany, TheTreeIsNested) {
  const auto& tree = found().tree;
  ASSERT_FALSE(tree.empty());
  size_t leaves = 0;
  for (const TreeNode& node : tree) {
    leaves += node.segment >= 0;
    size_t sum = 0;
    for (const size_t child : node.children) sum += tree[child].size;
    EXPECT_TRUE(node.children.empty() || sum == node.size) << node.name;
  }
  EXPECT_EQ(leaves, found().k);
}

// Health and money: age, gender and postcode stay out; typical members are no ids.
TEST_F(SmallCompany, WhatIsDelicateStaysOut) {
  EXPECT_EQ(found().features.find("given_age"), nullptr);
  for (const Segment& s : found().segments)
    for (const std::string& who : s.persona.typical) EXPECT_TRUE(who.starts_with("p-")) << who;
  const std::string page = report::html_of(found());
  for (size_t c = 0; c < 50; ++c) EXPECT_EQ(page.find(company().history.customer[c]), std::string::npos);
}

// --- by hand

void order(HistoryBuilder& builder, const std::string& customer, Instant at, double total,
           const std::string& category) {
  builder.add(
      {customer,
       "Order Completed",
       at,
       {{"total", HistoryBuilder::Value(number_of(total).number)}, {"category", HistoryBuilder::Value(category)}}});
}

profiles::History two_kinds(size_t each, const std::string& first, const std::string& second) {
  HistoryBuilder builder;
  Rng rng(11);
  const Instant start = *parse_instant("2025-01-01");
  for (size_t i = 0; i < 2 * each; ++i) {
    const bool one = i < each;
    for (int n = 0; n < (one ? 12 : 3); ++n)
      order(builder, fmt::format("c{:05}", i), start + kDay * static_cast<int64_t>(rng.below(300)),
            std::round(rng.uniform() * 4000 + (one ? 2000 : 20000)) / 100, one == rng.chance(0.95) ? first : second);
  }
  return std::move(builder).build();
}

TEST(Discover, FewCustomersAreOneGroupAndASentence) {
  const auto history = two_kinds(60, "a", "b");
  const Discovery found = discovered(history, {});
  EXPECT_EQ(found.k, 1u);
  EXPECT_NE(found.chosen_by.find("under 200"), std::string::npos);
  EXPECT_NE(report::html_of(found).find("One group of customers"), std::string::npos);
  EXPECT_FALSE(found.as_of_given);
}

// A category may hold anything: it is text on the page, and text in the language.
TEST(Discover, HostileNamesStayText) {
  const std::string attack = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&",
                    quotes = "a \"b\" \\ c";
  const auto history = two_kinds(200, attack, quotes);
  Options options;
  options.segments = 2;
  options.min_size = 50;
  const Discovery found = discovered(history, options);
  const std::string page = report::html_of(found);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_NE(page.find("&lt;img src=x onerror=alert(2)&gt;"), std::string::npos);
  size_t scripts = 0;
  for (size_t at = page.find("<script"); at != std::string::npos; at = page.find("<script", at + 1)) ++scripts;
  EXPECT_EQ(scripts, 1u);
  EXPECT_TRUE(features::formatted(found.tsl).has_value());
}

TEST(Discover, OwnFeatures) {
  const auto history = two_kinds(200, "a", "b");
  Options options;
  options.segments = 2;
  options.features = "let often = count(\"Order Completed\")\nlet large = avg(\"Order Completed\".total)\n";
  options.hides = true;  // where some are too new to tell, by a rule over a name that is not in the file
  const Discovery found = discovered(history, options);
  ASSERT_EQ(found.k, 2u);
  EXPECT_NE(found.tsl.find("let often"), std::string::npos);
  EXPECT_GE(found.macro_f1, 0.99);
}

TEST(Discover, ABadTextOfFeaturesIsShownWithItsPlace) {
  const auto history = two_kinds(120, "a", "b");
  SilentProgress quiet;
  const auto found =
      discover(history, language::schema_of(history),
               {.features = "let often = cuont(\"Order Completed\")\n", .features_name = "mine.tsl"}, quiet);
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().text().find("mine.tsl:1:13"), std::string::npos) << found.error().text();
}

TEST(Discover, NothingInTheRecord) {
  SilentProgress quiet;
  const profiles::History empty = HistoryBuilder().build();
  const auto found = discover(empty, language::schema_of(empty), {}, quiet);
  ASSERT_FALSE(found.has_value());
  EXPECT_FALSE(found.error().remedy.empty());
}

TEST(Report, HasItsFilesAndALineForEachLabel) {
  const auto history = two_kinds(150, "a", "b");
  Options options;
  options.segments = 2;
  const Discovery found = discovered(history, options);
  std::vector<std::string> names;
  for (const report::ReportFile& file : report::report_files(found)) {
    names.push_back(file.name);
    EXPECT_FALSE(file.text.empty()) << file.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"report.html", "segments.tsl", "discovery.json"}));
  const std::string labels = report::labels_csv(history, found);
  EXPECT_TRUE(labels.starts_with("customer,segment_id\n"));
  EXPECT_EQ(std::ranges::count(labels, '\n'), 301);
}

}  // namespace
}  // namespace tessera::discover

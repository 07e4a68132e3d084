// Hunches about people whose truth is known, and about Hillstrom's, who were drawn by chance.
#include "measure/hunch.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <zlib.h>

#include "core/random.hpp"
#include "core/text.hpp"
#include "measure/hunch_words.hpp"

namespace tessera::discover {
namespace {

using profiles::HistoryBuilder;

const Instant kT = *parse_instant("2026-03-01");
const Instant kCut = kT - kDay * 90;

class Company {
 public:
  void order(const std::string& customer, Instant at, double total, bool coupon = false) {
    HistoryBuilder::Row row{.customer = customer, .event = "Order Completed", .time = at, .properties = {}};
    row.properties["total"] = HistoryBuilder::Value(Number{std::llround(total * 100) * 10'000});
    if (coupon) row.properties["coupon"] = HistoryBuilder::Value(std::string("SPRING"));
    rows_.push_back(std::move(row));
  }
  void did(const std::string& customer, const std::string& event, Instant at) {
    rows_.push_back({.customer = customer, .event = event, .time = at, .properties = {}});
  }
  profiles::History history(Instant learnt = kEver) && {
    HistoryBuilder builder;
    for (auto& row : rows_) builder.add(std::move(row), learnt);
    return std::move(builder).build();
  }

 private:
  std::vector<HistoryBuilder::Row> rows_;
};

Result<measure::Hunch> asked(const profiles::History& history, measure::HunchQuestion question) {
  SilentProgress quiet;
  if (!question.as_of) question.as_of = kT;
  return measure::hunch(history, language::schema_of(history), question, quiet);
}
measure::Hunch told(const profiles::History& history, const measure::HunchQuestion& question) {
  auto found = asked(history, question);
  if (!found) ADD_FAILURE() << found.error().text();
  return found ? std::move(*found) : measure::Hunch{};
}

std::string id_of(size_t i) {
  return fmt::format("c{:05}", i);
}

// Frequent and recent buyers use coupons more often, and come back more often whether they do or not. Who used one
// comes back with `effect` more probability.
profiles::History confounded(size_t customers, double effect, uint64_t seed) {
  Company company;
  Rng rng(seed);
  for (size_t i = 0; i < customers; ++i) {
    const std::string id = id_of(i);
    const double keen = rng.normal();
    const uint64_t orders = 1 + rng.poisson(std::exp(0.5 + 0.6 * keen));
    const double recency = std::min(400.0, 1 + rng.exponential(80 * std::exp(-0.5 * keen)));
    const double more = std::log1p(static_cast<double>(orders)), late = std::log1p(recency);
    const bool coupon = rng.chance(1 / (1 + std::exp(1.6 - 0.9 * more + 0.35 * (late - 4))));
    for (uint64_t k = 0; k < orders; ++k) {
      const double days = k == 0 ? recency : recency + (500 - recency) * rng.uniform();
      company.order(id, kCut - Duration{static_cast<int64_t>(days * 86'400'000.0)}, std::exp(3 + 0.5 * rng.normal()),
                    coupon && k == 0);
    }
    const double back = 0.1 + 0.5 / (1 + std::exp(2.2 - 1.2 * more + 0.4 * (late - 4))) + (coupon ? effect : 0);
    if (rng.chance(back)) company.order(id, kCut + kDay * rng.between(1, 80), 20);
  }
  return std::move(company).history();
}

const char* kCoupon = R"(did "Order Completed" where coupon is known)";
const char* kBack = R"(at least 1 "Order Completed" in the last 90 days)";

TEST(Hunch, TheMatchedIntervalCoversWhatTheNaiveOneMisses) {
  for (const double effect : {0.0, -0.08}) {
    constexpr int kRuns = 300;
    int naive = 0, matched = 0;
    double naive_error = 0, matched_error = 0;
    for (int run = 0; run < kRuns; ++run) {
      const measure::Hunch found =
          told(confounded(1500, effect, 1000 + static_cast<uint64_t>(run)), {.condition = kCoupon, .outcome = kBack});
      ASSERT_TRUE(found.match && found.match->compared) << found.answer;
      naive += found.interval.contains(effect);
      matched += found.match->interval.contains(effect);
      naive_error += (found.difference - effect) / kRuns;
      matched_error += (found.match->difference - effect) / kRuns;
    }
    fmt::print(
        "true difference {:+.2f}: the naive interval holds it in {} of {} runs (error {:+.3f}), the matched one in {} "
        "({:+.4f})\n",
        effect, naive, kRuns, naive_error, matched, matched_error);
    EXPECT_LE(naive, kRuns / 2);
    EXPECT_GT(naive_error, 0.04);
    EXPECT_GE(matched, 275);  // 95 % less 2.6 standard errors
    EXPECT_LT(std::abs(matched_error), 0.005);
  }
}

TEST(Hunch, CountsWhatCanBeCountedByHand) {
  Company company;
  for (size_t i = 0; i < 300; ++i) {
    company.order(id_of(i), kCut - kDay * 10, 20, i < 100);
    if (i < 40 || (i >= 100 && i < 140)) company.order(id_of(i), kCut + kDay * 10, 20);
  }
  company.order("new", kCut + kDay, 20, true);  // not known at the cut-off, newly meets the condition
  const measure::Hunch found = told(std::move(company).history(), {.condition = kCoupon, .outcome = kBack});
  EXPECT_EQ(found.looked_at, 300u);
  EXPECT_EQ(found.met.customers, 100u);
  EXPECT_EQ(found.met.with, 40u);
  EXPECT_EQ(found.others.customers, 200u);
  EXPECT_EQ(found.others.with, 40u);
  EXPECT_NEAR(found.difference, 0.2, 1e-12);
  // Newcombe 1998, method 10, by hand from Wilson's (0.309401, 0.497997) and (0.150452, 0.260855).
  EXPECT_NEAR(found.interval.low, 0.090860, 5e-7);
  EXPECT_NEAR(found.interval.high, 0.309811, 5e-7);
  ASSERT_TRUE(found.match && found.match->compared);
  EXPECT_EQ(found.match->strata, 1u);
  EXPECT_NEAR(found.match->difference, 0.2, 1e-12);
  ASSERT_TRUE(found.experiment);
  EXPECT_NEAR(found.experiment->per_week, 7.0 / 90, 1e-12);
  EXPECT_NEAR(*found.experiment->weeks_to_fill, 2 * static_cast<double>(found.experiment->per_arm) * 90 / 7, 1e-6);
  EXPECT_NEAR(*found.experiment->weeks - *found.experiment->weeks_to_fill, 90.0 / 7, 1e-9);
  EXPECT_FALSE(found.experiment->found_in_half_a_year);  // one in each arm finds nothing
  EXPECT_EQ(found.verdict, measure::Verdict::Differs);
}

// Newcombe 1998 (Statistics in Medicine 17, 873-890), table II: 56/70 - 48/80 by method 10 is 0.0524 to 0.3339.
TEST(Hunch, TheIntervalOfTheRawDifferenceIsNewcombes) {
  const auto group = [](double with, double of) {
    return measure::HunchGroup{.rate = with / of, .interval = stats::wilson(with, of, stats::z_of(0.05))};
  };
  const stats::Interval found = measure::difference_interval(group(56, 70), group(48, 80));
  EXPECT_NEAR(found.low, 0.0524, 5e-5);
  EXPECT_NEAR(found.high, 0.3339, 5e-5);
}

TEST(Hunch, WhatWasSettledBeforeIsLeftOutAndCounted) {
  Company company;
  for (size_t i = 0; i < 400; ++i) {
    const int before = i < 150 ? 3 : 2;
    for (int k = 0; k < before; ++k) company.order(id_of(i), kCut - kDay * (20 + 10 * k), 20, i % 2 == 0 && k == 0);
    if (i % 3 == 0) company.order(id_of(i), kCut + kDay * 5, 20);
  }
  const auto history = std::move(company).history();
  const measure::Hunch found = told(history, {.condition = kCoupon, .outcome = R"(at least 3 "Order Completed")"});
  EXPECT_EQ(found.settled, 150u);
  EXPECT_EQ(found.met.customers + found.others.customers, 250u);
  EXPECT_EQ(found.met.with + found.others.with, 84u);
  // What is said of not coming back: those could turn who had not been away so long, or too long already.
  const measure::Hunch away =
      told(history, {.condition = kCoupon, .outcome = R"(no "Order Completed" in the last 90 days)"});
  EXPECT_EQ(away.settled, 0u);
  EXPECT_EQ(away.met.with + away.others.with, 266u);
  const measure::Hunch lapsed =
      told(history, {.condition = kCoupon, .outcome = R"(last "Order Completed" more than 115 days ago)"});
  EXPECT_EQ(lapsed.settled, 400u - (lapsed.met.customers + lapsed.others.customers));
}

TEST(Hunch, TheConditionSeesNothingAfterTheCutOff) {
  Company company;
  for (size_t i = 0; i < 300; ++i) {
    company.order(id_of(i), kCut - kDay * 10, 20);
    if (i < 150) company.order(id_of(i), kCut + kDay, 20, true);
  }
  const measure::Hunch found = told(std::move(company).history(), {.condition = kCoupon, .outcome = kBack});
  EXPECT_EQ(found.verdict, measure::Verdict::NobodyMeetsIt);
  EXPECT_NE(found.answer.find("Nobody of the 300"), std::string::npos) << found.answer;
}

// Learnt in the horizon, dated before it: where the record was kept at the time, it did not know.
TEST(Hunch, WhatWasLearntLateIsHiddenFromTheCondition) {
  HistoryBuilder builder;
  const auto order = [](size_t i, Instant at, bool coupon) {
    HistoryBuilder::Row row{.customer = id_of(i), .event = "Order Completed", .time = at, .properties = {}};
    if (coupon) row.properties["coupon"] = HistoryBuilder::Value(std::string("SPRING"));
    return row;
  };
  for (size_t i = 0; i < 300; ++i) builder.add(order(i, kCut - kDay * 20, i % 3 == 0), kCut - kDay * 19);
  builder.add(order(1, kCut - kDay * 10, true), kCut + kDay * 10);
  for (size_t i = 0; i < 100; ++i) builder.add(order(i, kCut + kDay * 20, false), kCut + kDay * 20);
  const auto history = std::move(builder).build();
  const measure::Hunch found = told(history, {.condition = kCoupon, .outcome = kBack});
  EXPECT_TRUE(found.as_known_then);
  EXPECT_EQ(found.met.customers, 100u);
  // A record imported afterwards would have known nothing: then dates count, and it is said.
  Company company;
  for (size_t i = 0; i < 300; ++i) company.order(id_of(i), kCut - kDay * 20, 20, i % 3 == 0);
  for (size_t i = 0; i < 100; ++i) company.order(id_of(i), kCut + kDay * 20, 20);
  const measure::Hunch later = told(std::move(company).history(kT), {.condition = kCoupon, .outcome = kBack});
  EXPECT_FALSE(later.as_known_then);
  EXPECT_EQ(later.met.customers, 100u);
  ASSERT_FALSE(later.notes.empty());
}

TEST(Hunch, AnUnknownConditionIsNotMet) {
  Company company;
  for (size_t i = 0; i < 400; ++i) {
    if (i < 300) company.order(id_of(i), kCut - kDay * 10, i % 2 ? 20 : 80);
    company.did(id_of(i), "Product Viewed", kCut - kDay * 5);
    if (i % 3 == 0) company.order(id_of(i), kCut + kDay * 10, 20);
  }
  const measure::Hunch found =
      told(std::move(company).history(), {.condition = R"(avg("Order Completed".total) > 50)", .outcome = kBack});
  EXPECT_EQ(found.looked_at, 400u);
  EXPECT_EQ(found.unknown, 100u);
  EXPECT_EQ(found.met.customers, 150u);
  EXPECT_EQ(found.others.customers, 250u);
  ASSERT_FALSE(found.notes.empty());
  EXPECT_NE(found.notes.back().find("For 100 customers the IF"), std::string::npos) << found.notes.back();
}

// "Those whose first order had a coupon": not those who used one later.
TEST(Hunch, TheFirstOrderCanBeAskedAbout) {
  Company company;
  for (size_t i = 0; i < 300; ++i) {
    company.order(id_of(i), kCut - kDay * 50, 20, i < 100);
    company.order(id_of(i), kCut - kDay * 10, 20, i >= 50 && i < 200);
    if (i % 4 == 0) company.order(id_of(i), kCut + kDay * 10, 20);
  }
  const measure::Hunch found =
      told(std::move(company).history(),
           {.condition = R"(first_time("Order Completed" where coupon is known) = first_time("Order Completed"))",
            .outcome = kBack});
  EXPECT_EQ(found.met.customers, 100u);
  EXPECT_EQ(found.others.customers, 200u);
}

TEST(Hunch, EdgesHaveClearWords) {
  Company company;
  Rng rng(5);
  for (size_t i = 0; i < 600; ++i) {
    const uint64_t orders = i < 300 ? 1 + rng.below(2) : 9 + rng.below(9);
    for (uint64_t k = 0; k < orders; ++k)
      company.order(id_of(i), kCut - kDay * static_cast<int64_t>(3 + 7 * k + i % 5), 20, i < 3);
    if (rng.chance(0.3)) company.order(id_of(i), kCut + kDay * 10, 20);
  }
  const auto history = std::move(company).history();
  const auto says = [&](const measure::HunchQuestion& question, measure::Verdict what, const char* words) {
    const measure::Hunch found = told(history, question);
    EXPECT_EQ(found.verdict, what) << found.answer;
    EXPECT_NE(found.answer.find(words), std::string::npos) << found.answer;
    EXPECT_NE(found.answer.find(measure::kObserved), std::string::npos) << found.answer;
  };
  says({.condition = R"(at least 5 "Order Completed")", .outcome = kBack}, measure::Verdict::NoOverlap,
       "like nobody else");
  says({.condition = R"(at least 1 "Order Completed")", .outcome = kBack}, measure::Verdict::EverybodyMeetsIt,
       "All of the 600");
  says({.condition = R"(at least 99 "Order Completed")", .outcome = kBack}, measure::Verdict::NobodyMeetsIt,
       "Nobody of the 600");
  says({.condition = kCoupon, .outcome = kBack}, measure::Verdict::TooFew, "Too few to tell");
  says({.condition = kCoupon, .outcome = R"(at least 9 "Order Completed" in the last 90 days)"},
       measure::Verdict::OutcomeConstant, "None of the 600");
}

// A condition on what is matched has nobody on its other side: the borders inside a stratum must not pass for likes.
TEST(Hunch, AConditionOnWhatIsMatchedIsNotCompared) {
  const auto history = confounded(3000, 0, 9);
  for (const char* condition :
       {R"(at least 3 "Order Completed")", R"(sum("Order Completed".total) > 60)",
        R"(last "Order Completed" at most 40 days ago)", R"(first "Order Completed" more than 300 days ago)"}) {
    const measure::Hunch found = told(history, {.condition = condition, .outcome = kBack});
    EXPECT_EQ(found.verdict, measure::Verdict::NoOverlap) << condition << ": " << found.answer;
    EXPECT_GE(found.met.customers, 100u) << condition;
  }
}

TEST(Hunch, ATraitWithoutADateIsSaidToLeak) {
  HistoryBuilder builder;
  for (size_t i = 0; i < 300; ++i) {
    HistoryBuilder::Row row{.customer = id_of(i), .event = std::string("$identify"), .time = kEver, .properties = {}};
    row.properties["plan"] = HistoryBuilder::Value(std::string(i % 2 ? "gold" : "basic"));
    builder.add(std::move(row), kT);
    builder.add({.customer = id_of(i), .event = "Order Completed", .time = kCut - kDay * 9, .properties = {}}, kT);
    if (i % 3 == 0)
      builder.add({.customer = id_of(i), .event = "Order Completed", .time = kCut + kDay * 9, .properties = {}}, kT);
  }
  const measure::Hunch found =
      told(std::move(builder).build(), {.condition = R"(trait plan = "gold")", .outcome = kBack});
  EXPECT_EQ(found.met.customers, 150u);
  const bool said = std::ranges::any_of(
      found.notes, [](const std::string& note) { return note.find("came without a date") != std::string::npos; });
  EXPECT_TRUE(said);
}

TEST(Hunch, FewCustomersAreNotCompared) {
  Company company;
  for (size_t i = 0; i < 199; ++i) {
    company.order(id_of(i), kCut - kDay * 10, 20, i % 2);
    if (i % 3 == 0) company.order(id_of(i), kCut + kDay * 10, 20);
  }
  const measure::Hunch found = told(std::move(company).history(), {.condition = kCoupon, .outcome = kBack});
  EXPECT_EQ(found.verdict, measure::Verdict::TooFew);
  EXPECT_FALSE(found.match);
  EXPECT_NE(found.answer.find("under 200 nothing is compared"), std::string::npos) << found.answer;
}

TEST(Hunch, ErrorsHavePlaceAndRemedy) {
  const auto history = confounded(50, 0, 1);
  const auto error = [&](measure::HunchQuestion question) {
    const auto found = asked(history, std::move(question));
    return found ? std::string("none") : found.error().text();
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const std::string typo = error({.condition = "at least 1 any event in the last 3 dasy", .outcome = kBack});
  EXPECT_TRUE(has(typo, "IF:1:") && has(typo, "did you mean 'days'")) << typo;
  const std::string value = error({.condition = kCoupon, .outcome = R"(count("Order Completed"))"});
  EXPECT_TRUE(has(value, "OUTCOME:1:1") && has(value, "a condition is expected")) << value;
  const std::string long_one = error({.condition = kCoupon, .outcome = kBack, .horizon = kDay * 5000});
  EXPECT_TRUE(has(long_one, "before the record") && has(long_one, "--horizon '")) << long_one;
  const std::string late = error({.condition = kCoupon, .outcome = kBack, .as_of = kT + kDay * 365});
  EXPECT_TRUE(has(late, "nothing happened") && has(late, "--as-of 2026")) << late;
}

TEST(Hunch, NoWordSaysWhy) {
  for (const double effect : {0.0, 0.15}) {
    const measure::Hunch found = told(confounded(1500, effect, 3), {.condition = kCoupon, .outcome = kBack});
    ASSERT_TRUE(found.experiment);
    std::string all = found.answer + " " + text_of(*found.experiment, found);
    for (const std::string& note : found.notes) all += " " + note;
    EXPECT_NE(all.find(measure::kObserved), std::string::npos);
    all.erase(all.find(measure::kObserved), measure::kObserved.size());
    for (const char* word : {"cause", "effect", "because", "due to", "leads to", "impact", "thanks to", "makes them",
                             "makes customers", "lift", "influence"})
      EXPECT_EQ(fold_case(all).find(word), std::string::npos) << word << " in: " << all;
  }
}

// --- Hillstrom: 64,000 customers of a shop, two weeks after a third each was sent a men's mail, a women's mail, none.

std::string hillstrom_file() {
  for (const char* path : {"/../shared/data/hillstrom.csv.gz", "/../../shared/data/hillstrom.csv.gz"})
    if (std::filesystem::exists(std::string(TESSERA_SOURCE_DIR) + path)) return std::string(TESSERA_SOURCE_DIR) + path;
  return {};
}

// Those who were sent this mail, and those who were sent none.
profiles::History hillstrom(const std::string& file, std::string_view mail) {
  const Instant sent = kT - kDay * 14;
  Company company;
  gzFile in = gzopen(file.c_str(), "rb");
  char line[1024];
  gzgets(in, line, sizeof line);
  for (size_t i = 0; gzgets(in, line, sizeof line); ++i) {
    const auto fields = split(std::string_view(line).substr(0, std::strcspn(line, "\r\n")), ',');
    const size_t end = fields.size();  // the second field may hold a comma, so: from the back
    if (fields[end - 4] != mail && fields[end - 4] != "No E-Mail") continue;
    const int months = std::atoi(std::string(fields[0]).c_str());
    // What they bought in the year before, as one order of that month.
    company.order(id_of(i), sent - kDay * 30 * months, std::atof(std::string(fields[end - 10]).c_str()));
    if (fields[end - 4] != "No E-Mail") company.did(id_of(i), std::string(fields[end - 4]), sent - kHour);
    if (fields[end - 3] == "1") company.did(id_of(i), "Store Visited", sent + kDay);
  }
  gzclose(in);
  return std::move(company).history();
}

TEST(Hunch, AgreesWithTheSimpleDifferenceWhereChanceDecided) {
  const std::string file = hillstrom_file();
  if (file.empty()) GTEST_SKIP() << "../shared/data/hillstrom.csv.gz is not there";
  struct Arm {
    const char* mail;
    double visits;
  };
  // Hillstrom's MineThatData challenge of 2008: 18.3 % and 15.1 % visited, of those without a mail 10.6 %.
  for (const Arm& arm : {Arm{"Mens E-Mail", 0.183}, Arm{"Womens E-Mail", 0.151}}) {
    const auto history = hillstrom(file, arm.mail);
    const measure::Hunch found = told(history, {.condition = fmt::format(R"(did "{}")", arm.mail),
                                                .outcome = R"(did "Store Visited" in the last 14 days)",
                                                .horizon = kDay * 14});
    ASSERT_TRUE(found.match && found.match->compared) << found.answer;
    fmt::print(
        "Hillstrom, {}: {:.4f} of {} visited, others {:.4f}; simple difference {:+.4f}, matched {:+.4f} ({:+.4f} "
        "to {:+.4f}), {} without a match, {} strata, balance {:.3f} -> {:.3f}\n",
        arm.mail, found.met.rate, found.met.customers, found.others.rate, found.difference, found.match->difference,
        found.match->interval.low, found.match->interval.high, found.match->without_match, found.match->strata,
        found.match->balance[0].before, found.match->balance[0].after);
    EXPECT_NEAR(found.met.rate, arm.visits, 0.0005);
    EXPECT_NEAR(found.others.rate, 0.106, 0.0005);
    EXPECT_TRUE(found.match->interval.contains(found.difference));
    EXPECT_NEAR(found.match->difference, found.difference, 0.001);
  }
}

}  // namespace
}  // namespace tessera::discover

// The design: what is planted, in which sizes, and how far apart.
#include "simulate/design.hpp"
#include "simulate/simulate.hpp"

namespace tessera::simulate {
namespace {

TEST(Design, SharesAddUpAndEachIsAtLeastOnePercentUpTo48) {
  for (const uint32_t k : {1u, 2u, 6u, 12u, 24u, 48u}) {
    double sum = 0, least = 1, most = 0;
    for (const Profile& profile : plant(k, Rng(k))) {
      sum += profile.share;
      least = std::min(least, profile.share);
      most = std::max(most, profile.share);
    }
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_GE(least * 0.969, 0.01) << "of all customers, the odd counted, with K = " << k;
    EXPECT_NEAR(most / least, k > 1 ? 6 : 1, 1e-9);
  }
}

TEST(Design, BandsHideAboutThreeSegmentsFromRecencyFrequencyAndMoney) {
  for (const uint32_t k : {6u, 12u, 24u, 48u}) {
    const auto profiles = plant(k, Rng(5));
    std::map<uint32_t, std::vector<const Profile*>> bands;
    for (const Profile& profile : profiles) bands[profile.band].push_back(&profile);
    EXPECT_EQ(bands.size(), k / 3);
    for (const auto& [band, members] : bands) {
      EXPECT_EQ(members.size(), 3u);
      for (const Profile* member : members)
        for (const Habit habit : {Frequency, Spend, Period}) EXPECT_EQ(member->level[habit], members[0]->level[habit]);
    }
  }
}

TEST(Design, AnyTwoSegmentsDifferInSeveralHabits) {
  for (const uint32_t k : {6u, 12u, 24u, 48u}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const auto profiles = plant(k, Rng(seed));
      double least = 1e9;
      for (size_t i = 0; i < k; ++i)
        for (size_t j = 0; j < i; ++j) least = std::min(least, distance(profiles[i], profiles[j]));
      EXPECT_GE(least, 15) << "K = " << k << ", seed " << seed;
    }
  }
}

TEST(Company, EventsPerCustomerAreWhatWasAskedFor) {
  for (const double wanted : {10.0, 20.0, 48.0, 120.0}) {
    for (const Preset preset : {Preset::Shop, Preset::Airline}) {
      uint64_t events = 0;
      const Options options{
          .customers = 4'000, .segments = 12, .preset = preset, .seed = 4, .events_per_customer = wanted};
      ASSERT_TRUE(generate(options, [&](const History& history) { events += history.events.size(); }));
      EXPECT_NEAR(static_cast<double>(events) / 4'000, wanted, 0.06 * wanted);
    }
  }
}

TEST(Company, ALifeDoesNotDependOnWhoWasAskedBefore) {
  const Company company = Company::create({.customers = 100, .segments = 6}).value();
  History alone, after;
  company.history(42, alone);
  for (const uint32_t i : {7u, 99u, 0u, 42u}) company.history(i, after);
  std::string a, b;
  write_lines(company, alone, a);
  write_lines(company, after, b);
  EXPECT_FALSE(a.empty());
  EXPECT_EQ(a, b);
}

TEST(Company, SegmentsHaveTheSizesPlanned) {
  const Options options{.customers = 20'000, .segments = 12, .seed = 8, .events_per_customer = 10};
  const Company company = Company::create(options).value();
  std::vector<double> sizes(13);
  ASSERT_TRUE(generate(options, [&](const History& history) { ++sizes[history.segment]; }));
  EXPECT_NEAR(sizes[0] / 20'000, 0.031, 0.005) << "the odd";
  for (size_t i = 0; i < 12; ++i) {
    const double expected = company.plan().profiles[i].share * (20'000 - sizes[0]);
    EXPECT_NEAR(sizes[i + 1], expected, 5 * std::sqrt(expected));
  }
}

TEST(Company, OptionsOutOfRangeAreRefusedWithARemedy) {
  for (const Options& options : {Options{.customers = 0}, Options{.segments = 0}, Options{.segments = 101},
                                 Options{.events_per_customer = 2}, Options{.events_per_customer = std::nan("")}}) {
    const auto company = Company::create(options);
    ASSERT_FALSE(company);
    EXPECT_EQ(company.error().blame, Blame::Usage);
    EXPECT_THAT(company.error().remedy.text(), testing::StartsWith("--"));
  }
  EXPECT_EQ(preset_named("airlin").error().remedy.text(), "--preset airline");
  EXPECT_EQ(*preset_named("bank"), Preset::Bank);
}

TEST(Company, EveryPlantedCustomerIsActiveInTheLastYear) {
  for (const Preset preset : {Preset::Shop, Preset::Clinic}) {
    size_t asleep = 0, planted = 0;
    ASSERT_TRUE(
        generate({.customers = 5'000, .segments = 24, .preset = preset, .seed = 6}, [&](const History& history) {
          if (history.oddity != Oddity::None) return;
          ++planted;
          asleep += history.events.back().at <= kAsOf - kDay * 365;
        }));
    EXPECT_LE(static_cast<double>(asleep), 0.005 * static_cast<double>(planted)) << asleep << " of " << planted;
  }
}

}  // namespace
}  // namespace tessera::simulate

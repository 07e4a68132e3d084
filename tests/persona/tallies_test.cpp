// Effective counts: tests that hold their level where customers' things are alike, and no customer who decides alone.
#include "persona/tallies.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace tessera::persona {
namespace {

constexpr size_t kCustomers = 600;

struct Company {
  std::vector<uint32_t> everyone;
  std::vector<bool> held_out = std::vector<bool>(kCustomers, false);
  std::vector<std::vector<uint32_t>> groups{2};
  std::vector<uint32_t> total = std::vector<uint32_t>(kCustomers, 0);
  std::vector<Occurrence> counts;

  Company() {
    for (uint32_t c = 0; c < kCustomers; ++c) {
      everyone.push_back(c);
      held_out[c] = c % 10 < 3;
      groups[c % 5 == 0 ? 0 : 1].push_back(c);
    }
  }
  Tallies tallies() const { return {total, counts, 1, {everyone, held_out, groups}}; }
};

// Each customer's own share is drawn around a tenth; members of the first group buy much more, and a few very much.
Company random_company(Rng rng) {
  Company out;
  for (uint32_t c = 0; c < kCustomers; ++c) {
    const bool loyal = rng.chance(0.1);  // a share of a half; the others' make the mean a tenth
    out.total[c] = static_cast<uint32_t>(1 + rng.below(c % 5 == 0 ? 40 : 4) + (rng.chance(0.02) ? 500 : 0));
    uint32_t k = 0;
    for (uint32_t i = 0; i < out.total[c]; ++i) k += rng.chance(loyal ? 0.55 : 0.05);
    if (k > 0) out.counts.push_back({c, 0, k});
  }
  return out;
}

TEST(Tallies, TestsHoldTheirLevelWhereCustomersThingsAreAlike) {
  constexpr size_t kRuns = 400;
  double effective = 0, naive = 0, covered = 0;
  for (size_t run = 0; run < kRuns; ++run) {
    const Company company = random_company(Rng(79).fork(run));
    const Tallies tallies = company.tallies();
    const double excess = tallies.excess(0, 0);
    const stats::Tally group = over(tallies.of(0, 0), excess);
    const stats::Tally mine = over(tallies.of(0, 0, HeldOut), excess), others = tallies.others(0, 0, HeldOut);
    const bool higher = mine.successes / mine.n > others.successes / others.n;
    effective += p_between(mine, others, higher) <= 0.05;
    stats::Tally things, rest;
    for (const uint32_t c : company.everyone)
      if (company.held_out[c]) (c % 5 == 0 ? things : rest).n += company.total[c];
    for (const Occurrence& each : company.counts)
      if (company.held_out[each.customer]) (each.customer % 5 == 0 ? things : rest).successes += each.count;
    naive += std::fabs(errors_between(things, rest)) > 1.96;
    covered += stats::wilson(group.successes, group.n, stats::z_of(0.05)).contains(0.1);
  }
  fmt::print(
      "of {} groups that do not differ: {:.1f} % found different by effective counts, {:.1f} % by things; {:.1f} % "
      "of 95 % intervals cover\n",
      kRuns, 100 * effective / kRuns, 100 * naive / kRuns, 100 * covered / kRuns);
  EXPECT_LE(effective / kRuns, 0.07);
  EXPECT_GE(naive / kRuns, 0.3);  // what would happen without
  EXPECT_GE(covered / kRuns, 0.93);
}

TEST(Tallies, OneLoudCustomerDoesNotDecide) {
  Company company;
  for (uint32_t c = 0; c < kCustomers; ++c) {
    company.total[c] = c == 0 ? 100'000 : 3;
    if (c == 0)
      company.counts.push_back({0, 0, 100'000});
    else if (c % 10 == 7)
      company.counts.push_back({c, 0, 1});
  }
  const Tallies tallies = company.tallies();
  EXPECT_LE(tallies.of(0, 0).successes, 1 / kLeastAlike + 1e-9);
  EXPECT_EQ(tallies.have(0, 0), 1u);
  EXPECT_EQ(tallies.customers(0), 120u);
  const stats::Tally group = over(tallies.of(0, 0), tallies.excess(0, 0));
  EXPECT_TRUE(stats::wilson(group.successes, group.n, stats::z_of(0.05)).contains(tallies.everyone(0)));
}

TEST(Tallies, ThingsOfCustomersWhoAreNotAlikeCountInFull) {
  EXPECT_DOUBLE_EQ(alike_of(1000, 500, 100, 5), kLeastAlike);  // pairs as often as chance has it
  EXPECT_DOUBLE_EQ(alike_of(1000, 500, 100, 50), 1);           // all or nothing
  EXPECT_DOUBLE_EQ(alike_of(1000, 10, 100, 0), 1);             // too few to say
}

}  // namespace
}  // namespace tessera::persona

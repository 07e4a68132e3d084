// Shares of things, counted so that customers decide and not their appetite.
//
// A group's share is the mean of its customers' own shares, each weighted by what it tells: n things of one customer
// tell as much as n / (1 + (n - 1) r) things of as many customers, where r is how far one customer's things are alike
// (the intraclass correlation of the level, from everyone; at least kLeastAlike, so that nobody counts for more than
// 1 / kLeastAlike things however much they take). A group is then as many successes of as many trials as its customers
// are worth, and everything else is what stats says of rates: Wilson's interval, Fisher's test (effective counts: Rao
// and Scott 1981). Where a group's own customers differ by more than r allows for, its counts are cut by as much again.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "persona/attributes.hpp"
#include "stats/pooling.hpp"

namespace tessera::persona {

inline constexpr double kLeastAlike = 0.05;

// Groups beside each other, as claims.hpp compares them: found on some customers, tested on those held out.
struct Comparison {
  std::span<const uint32_t> everyone;
  const std::vector<bool>& held_out;              // of each customer
  std::span<const std::vector<uint32_t>> groups;  // a customer in several counts for the first
};

enum Half : size_t { FoundOn = 0, HeldOut = 1, kHalves = 2 };

class Tallies {
 public:
  // Of each level: `counts` of `total` things of each customer. O(counts + levels * different totals * groups).
  Tallies(const std::vector<uint32_t>& total, std::span<const Occurrence> counts, size_t levels,
          const Comparison& comparison);

  stats::Tally of(size_t level, size_t group, Half half) const { return level_[level].cells[group * kHalves + half]; }
  stats::Tally of(size_t level, size_t group) const;
  // Everyone but one group.
  stats::Tally others(size_t level, size_t group, Half half) const;
  double everyone(size_t level) const;
  size_t customers(size_t group) const { return customers_[group]; }  // with any thing
  size_t all_customers() const;
  size_t have(size_t level, size_t group) const {
    return level_[level].have[group];
  }  // customers with one of the level
  // How many times more the group's customers differ from each other than the weights allow for; at least 1.
  double excess(size_t level, size_t group) const { return level_[level].excess[group]; }

 private:
  struct OfLevel {
    std::vector<stats::Tally> cells;
    std::vector<size_t> have;
    std::vector<double> excess;
  };
  static constexpr uint32_t kNobody = UINT32_MAX;
  size_t cell(uint32_t c) const { return group_of_[c] * kHalves + (held_out_[c] ? HeldOut : FoundOn); }
  double alike(const std::vector<const Occurrence*>& counts) const;
  void fill(OfLevel& level, const std::vector<const Occurrence*>& counts) const;

  size_t groups_;  // and one more, for those in none
  const std::vector<uint32_t>& total_;
  const std::vector<bool>& held_out_;
  std::vector<uint32_t> group_of_;
  std::vector<size_t> customers_;
  std::map<uint32_t, std::vector<double>> things_;  // by number of things: customers of each group and half
  std::vector<OfLevel> level_;
};

// Of customers with two things or more, how far two things of one customer are alike; 1 where they are too few to say.
// `shares` and `pairs`: sums over customers of k / n and of k (k - 1) / (n (n - 1)).
double alike_of(double customers, double with_several, double shares, double pairs);

stats::Tally over(stats::Tally tally, double excess);
// Standard errors between two rates, under the hypothesis that they are one.
double errors_between(stats::Tally a, stats::Tally b);
// Two-sided; exact, on counts rounded to whole ones, where they are few. 1 where the difference points the other way,
// or either is too few.
double p_between(stats::Tally a, stats::Tally b, bool higher);
// Odds at least 1.3 times the others', or less than that part of theirs, and a difference of one in a hundred.
bool is_worth_saying(double share, double everyone);

// "9.3 %", "34 %"; "(30 to 38)".
std::string percent_text(double share);
std::string range_text(stats::Interval interval);

}  // namespace tessera::persona

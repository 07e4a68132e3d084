// Claims that survive many comparisons: p-values of a group against the others, and which of many may be called
// discoveries when at most one in twenty of those called so may be false.
//
// Benjamini and Hochberg's procedure controls that share where the tests are independent or positively dependent
// (PRDS: Benjamini and Yekutieli 2001). Tests of one group against the rest by different traits, and of several groups
// by one trait, are nearly so, but two-sided tests of groups that share a rest are not exactly; the false discoveries
// are therefore counted in simulation as well (tests/stats/coverage_test.cpp, tests/discover). Where any dependence
// must be allowed for, benjamini_yekutieli is valid at the price of a factor of ln m.
//
// A group is compared with the others, not with everyone: the two differ exactly when it differs from everyone, and
// share no customer.
#pragma once

#include <span>
#include <vector>

#include "stats/intervals.hpp"
#include "stats/pooling.hpp"

namespace tessera::stats {

// Adjusted p-values in the order given: those of at most q are the discoveries at a false discovery rate of q.
// O(n log n).
std::vector<double> benjamini_hochberg(std::span<const double> p);
std::vector<double> benjamini_yekutieli(std::span<const double> p);

// Fisher's exact test, two-sided: of all tables with these margins, those no likelier than the one seen. Exact however
// few there are. O(smaller margin).
double fisher_p(Tally group, Tally others);

// Welch's t-test of two means. For values without heavy tails, from about 20 on. 1 where either has fewer than two
// values or nothing varies.
double welch_p(const Moments& group, const Moments& others);

// That n values drawn from all at random, without replacement, have a mean as far from that of all: the permutation
// test of a mean, by its exact mean and variance, and its skewness through Wilson and Hilferty's cube root (a Pearson
// III curve, as Mielke and Berry 2007 use for permutation distributions). The variance is that of all values, so a
// group of equal values misleads it less than Welch's. `all` includes the group. 1 where nothing varies.
double drawn_mean_p(double mean, double n, const Moments& all);

// Mann and Whitney's rank test by the normal approximation, with corrections for ties and continuity: for values with
// heavy tails, where means say little. 1 where either is empty or all values are alike. O(n log n).
double rank_p(std::span<const double> group, std::span<const double> others);

// The same for many groups of the same values: ranks are given once, then a test costs the group's own size.
struct Ranks {
  std::vector<double> rank;  // of each value, from 1; values that are alike share the middle of theirs
  double ties = 0;           // sum over values that are alike of t (t^2 - 1)
};
Ranks ranks_of(std::span<const double> values);
// Of a group of `n` whose ranks sum to `sum`, against all others.
double rank_p(double sum, double n, const Ranks& all);

}  // namespace tessera::stats

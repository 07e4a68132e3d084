// Partial pooling: figures of many small groups, each drawn towards what the groups have in common by as much as chance
// explains their differences (empirical Bayes). A group of 20 with 3 buyers is not at 15 %, it is somewhere between
// that and everyone's figure; a group of 5,000 stays where it is.
//
// The one mechanism, for rates and for means: the groups' true figures are a sample of a distribution with a centre and
// a spread. The pair is not fixed at its likeliest value, for then intervals would be too short where groups are few
// (Morris 1983; Laird and Louis 1987): it is averaged over a grid, each point weighted by the likelihood of what was
// seen, flat in the spread (Gelman 2006). So complete pooling (no spread) and none (a spread without bounds) are not
// special cases but the ends of the grid. Sources: Efron and Morris 1975; Gelman et al., Bayesian Data Analysis, 3rd
// ed., sections 5.3 (rates) and 5.4 (means). Coverage and error in simulation: tests/stats/coverage_test.cpp.
//
// The groups must not share members. An interval is about customers like these, not about the members alone, of whom
// the raw figure is exact.
#pragma once

#include <span>
#include <vector>

#include "stats/intervals.hpp"

namespace tessera::stats {

struct Pooled {
  double raw = 0;        // the group's own figure; NaN where it has no observation
  Interval alone;        // from the group's own observations
  double estimate = 0;   // after pooling
  Interval interval;     // of the estimate
  double shrinkage = 0;  // 0 = the group speaks for itself, 1 = the figure is that of all groups
  // The interval tells something: it does not leave open both half of everyone's figure and twice as much (of a rate:
  // of its odds).
  bool tells = false;
};

struct Pool {
  double everyone = 0;  // of all observations together
  std::vector<Pooled> groups;
};

struct Tally {
  double successes = 0, n = 0;
};
// Rates: successes of n in each group, beta-binomial. Groups of nobody get what the others have in common. Cost: some
// 1,500 grid points a group.
// REQUIRES: 0 <= successes <= n of each.
Pool pool_rates(std::span<const Tally> groups, double z);

// Means of values with heavy tails, as money has. Pooled are the logarithms of the means, for on that scale a mean and
// the error of it are hardly tied, while on the scale of money small means have small errors, outweigh the others and
// pull them down. The error of each is taken from the width of skewed_mean_interval on that scale, and pooled as well.
// Where half of the groups or more have a mean of 0 or less, the scale is that of the values. A group of fewer than
// three values or of values that are all alike, and on the scale of logarithms one whose mean is not positive, keeps
// its own interval and takes no part.
Pool pool_means(std::span<const Moments> groups, double z);

// The normal model under pool_means: observed figures with known variances. One or two groups say next to nothing of
// the spread: then it is bounded only by three times what is seen.
struct NormalPooled {
  double estimate = 0;
  Interval interval;
  double shrinkage = 0;
};
// REQUIRES: as many variances as observed figures, all positive.
std::vector<NormalPooled> pool_normal(std::span<const double> observed, std::span<const double> variances, double z);

// The criterion of Pooled::tells for a rate, and for any other figure.
bool rate_tells(Interval interval, double everyone);
bool mean_tells(Interval interval, double everyone);

}  // namespace tessera::stats

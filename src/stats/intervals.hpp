// Intervals for figures of small groups: of a share of customers (Wilson 1927), of a mean (Student's t, with
// Hall's transformation where tails are heavy), of a median (order statistics, free of any assumption on the
// distribution). The level is given as the normal quantile z of one side (z_of), so that a correction for many
// comparisons is one number. Coverage in simulation: tests/stats/coverage_test.cpp.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "stats/distributions.hpp"

namespace tessera::stats {

struct Interval {
  double low = 0, high = 0;
  bool contains(double x) const { return low <= x && x <= high; }
  bool finite() const { return std::isfinite(low) && std::isfinite(high); }
  bool operator==(const Interval&) const = default;
};

// REQUIRES: n > 0, 0 <= successes <= n.
Interval wilson(double successes, double n, double z);

// What the mean's intervals and tests need of a group's values.
struct Moments {
  double n = 0, mean = 0;
  double variance = 0;  // over n - 1; 0 of fewer than two values
  double skewness = 0;  // adjusted for the sample's size (G1 of Joanes and Gill 1998); 0 of fewer than three
  double least = 0;     // the smallest value
};
// NaN not allowed. O(n), sums in the order given.
Moments moments_of(std::span<const double> values);

double mean_of(std::span<const double> values);

// The mean's interval where values are skewed, as money is: Student's t after Hall's cubic transformation, which takes
// the skewness out of it (Hall 1992, "On the removal of skewness by transformation", J. R. Statist. Soc. B 54). Where
// there is no skewness it is Student's. Never below 0 where no value is. Fewer than three values, or all alike: the
// values say nothing of how far the mean may be off, so the interval is everything.
Interval skewed_mean_interval(const Moments& moments, double z);

// Values need not be sorted; NaN not allowed. The interval are the order statistics at ranks n/2 -+ z sqrt(n)/2.
Interval median_interval(std::span<const double> values, double z);
double median_of(std::span<const double> values);

}  // namespace tessera::stats

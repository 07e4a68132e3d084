// Intervals for claims about small groups: of a share of customers (Wilson 1927), of a mean (Student's t), of a median
// (order statistics, free of any assumption on the distribution). The level is given as the normal quantile z of one
// side, so that a correction for many comparisons is one number.
#pragma once

#include <cstdint>
#include <span>

namespace tessera::discover {

struct Interval {
  double low = 0, high = 0;
  bool contains(double x) const { return low <= x && x <= high; }
  bool operator==(const Interval&) const = default;
};

// The z with P(|N(0,1)| > z) = alpha, to 1e-13.
// REQUIRES: 0 < alpha < 1.
double z_of(double alpha);

// REQUIRES: n > 0, 0 <= successes <= n.
Interval wilson(double successes, double n, double z);
// Mean and interval; Student's t by Cornish-Fisher expansion around z (to 1e-3 from 5 degrees of freedom on). One
// value: the interval is everything.
Interval mean_interval(std::span<const double> values, double z);
double mean_of(std::span<const double> values);
// Values need not be sorted; NaN not allowed. The interval are the order statistics at ranks n/2 -+ z sqrt(n)/2.
Interval median_interval(std::span<const double> values, double z);
double median_of(std::span<const double> values);

}  // namespace tessera::discover

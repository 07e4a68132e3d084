#include "discover/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace tessera::discover {

namespace {

double upper_tail(double z) {
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

}  // namespace

double z_of(double alpha) {
  // Bisection: called once a report.
  const double p = alpha / 2;
  double low = 0, high = 40;
  for (int i = 0; i < 200 && high - low > 1e-14; ++i) {
    const double middle = (low + high) / 2;
    (upper_tail(middle) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

Interval wilson(double successes, double n, double z) {
  const double p = successes / n, z2 = z * z, centre = p + z2 / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)), scale = 1 + z2 / n;
  return {std::max(0.0, (centre - half) / scale), std::min(1.0, (centre + half) / scale)};
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double x : values) sum += x;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

Interval mean_interval(std::span<const double> values, double z) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (values.size() < 2) return {-infinity, infinity};
  const double n = static_cast<double>(values.size()), mean = mean_of(values), v = n - 1;
  double squares = 0;
  for (const double x : values) squares += (x - mean) * (x - mean);
  const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  const double t = z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
                   (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
  const double half = t * std::sqrt(squares / v / n);
  return {mean - half, mean + half};
}

double median_of(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> sorted(values.begin(), values.end());
  const size_t middle = sorted.size() / 2;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(middle), sorted.end());
  if (sorted.size() % 2) return sorted[middle];
  return (sorted[middle] + *std::max_element(sorted.begin(), sorted.begin() + static_cast<long>(middle))) / 2;
}

Interval median_interval(std::span<const double> values, double z) {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double n = static_cast<double>(sorted.size()), half = z * std::sqrt(n) / 2;
  const double low = std::floor(n / 2 - half),
               high = std::ceil(n / 2 + half);  // 1-based ranks low and high + 1, widened
  return {low < 1 ? -infinity : sorted[static_cast<size_t>(low) - 1],
          high + 1 > n ? infinity : sorted[static_cast<size_t>(high)]};
}

}  // namespace tessera::discover

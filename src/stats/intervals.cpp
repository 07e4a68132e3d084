#include "stats/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace tessera::stats {

Interval wilson(double successes, double n, double z) {
  const double p = successes / n, z2 = z * z, centre = p + z2 / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)), scale = 1 + z2 / n;
  // At the ends exactly, whatever the rounding.
  return {successes > 0 ? std::max(0.0, (centre - half) / scale) : 0.0,
          successes < n ? std::min(1.0, (centre + half) / scale) : 1.0};
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double x : values) sum += x;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

Moments moments_of(std::span<const double> values) {
  Moments out{.n = static_cast<double>(values.size()), .mean = mean_of(values)};
  if (values.empty()) return out;
  double squares = 0, cubes = 0;
  out.least = values[0];
  for (const double x : values) {
    const double d = x - out.mean;
    squares += d * d;
    cubes += d * d * d;
    out.least = std::min(out.least, x);
  }
  const double n = out.n;
  if (n >= 2) out.variance = squares / (n - 1);
  if (n >= 3 && squares > 0) out.skewness = cubes / n / std::pow(squares / n, 1.5) * std::sqrt(n * (n - 1)) / (n - 2);
  return out;
}

Interval skewed_mean_interval(const Moments& m, double z) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (m.n < 3 || !(m.variance > 0)) return {-infinity, infinity};
  const double deviation = std::sqrt(m.variance), root = std::sqrt(m.n), t = student_of(z, m.n - 1);
  // The inverse of Hall's g(t) = t + gamma t^2 / 3 + gamma^2 t^3 / 27 + gamma / (6 n), in units of the deviation.
  const auto back = [&](double q) {
    const double y = q / root, gamma = m.skewness;
    return std::fabs(gamma) < 1e-6 ? y : 3 / gamma * (std::cbrt(1 + gamma * (y - gamma / (6 * m.n))) - 1);
  };
  const double low = m.mean - deviation * back(t), high = m.mean - deviation * back(-t);
  return {m.least >= 0 ? std::max(0.0, low) : low, high};
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

}  // namespace tessera::stats

#include "stats/distributions.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::stats {

double normal_upper_tail(double z) {
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

double z_of(double alpha) {
  // Bisection: called once a report.
  const double p = alpha / 2;
  double low = 0, high = 40;
  for (int i = 0; i < 200 && high - low > 1e-14; ++i) {
    const double middle = (low + high) / 2;
    (normal_upper_tail(middle) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double student_of(double z, double degrees) {
  const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, v = degrees;
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

double student_two_sided(double t, double degrees) {
  return beta_cdf(degrees / (degrees + t * t), degrees / 2, 0.5);
}

double log_gamma(double x) {
  // Stirling's series from 10 on; below, Gamma(x) = Gamma(x + n) / (x (x + 1) ...).
  double product = 1;
  while (x < 10) product *= x++;
  const double r = 1 / x, r2 = r * r;
  const double series = r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 / 1188))));
  return (x - 0.5) * std::log(x) - x + 0.918938533204672742 + series - std::log(product);
}

namespace {

// The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. Converges fast for
// x < (a + 1) / (a + b + 2).
double beta_fraction(double x, double a, double b) {
  constexpr double kTiny = 1e-300;
  const auto away = [](double v) { return std::fabs(v) < kTiny ? kTiny : v; };
  double c = 1, d = 1 / away(1 - (a + b) * x / (a + 1)), value = d;
  for (int m = 1; m < 10'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d), c = away(1 + even / c), value *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d), c = away(1 + odd / c), value *= d * c;
    if (std::fabs(d * c - 1) < 1e-15) break;
  }
  return value;
}

}  // namespace

double beta_cdf(double x, double a, double b) {
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
  return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double beta_quantile(double p, double a, double b) {
  double low = 0, high = 1;
  for (int i = 0; i < 60 && high - low > 1e-13; ++i) {
    const double middle = (low + high) / 2;
    (beta_cdf(middle, a, b) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace tessera::stats

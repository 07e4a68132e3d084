#include "stats/usual.hpp"

#include <algorithm>
#include <limits>

namespace tessera::stats {

Usual usual_of(std::span<const double> before, double now, double least_variance) {
  constexpr double kAll = std::numeric_limits<double>::infinity();
  Usual out{.before = before.size(), .range = {-kAll, kAll}};
  if (before.size() < kFewestBefore) return out;
  const Moments moments = moments_of(before);
  const double variance = std::max(moments.variance, least_variance);
  if (variance <= 0) return out;
  const double off = std::sqrt(variance * (1 + 1 / moments.n)), degrees = moments.n - 1;
  // The quantile from the tail itself: the expansion in distributions.hpp is for more degrees of freedom.
  double low = 0, high = 1000;
  for (int i = 0; i < 64; ++i) (student_two_sided((low + high) / 2, degrees) > 0.05 ? low : high) = (low + high) / 2;
  out.range = {moments.mean - high * off, moments.mean + high * off};
  out.p = student_two_sided((now - moments.mean) / off, degrees);
  out.tells = true;
  return out;
}

}  // namespace tessera::stats

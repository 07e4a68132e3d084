#include "stats/power.hpp"

#include <cmath>

#include "core/result.hpp"
#include "stats/distributions.hpp"

namespace tessera::stats {

namespace {

constexpr double kMost = 1e12;

// The z that a normal value exceeds with this probability.
double exceeded_with(double probability) {
  return probability <= 0.5 ? z_of(2 * probability) : -z_of(2 * (1 - probability));
}

struct Deviations {
  double same, different;  // of the difference of two people: if there is none, and if there is this one
};
Deviations deviations_of(double p0, double p1) {
  const double middle = (p0 + p1) / 2;
  return {std::sqrt(2 * middle * (1 - middle)), std::sqrt(p0 * (1 - p0) + p1 * (1 - p1))};
}

}  // namespace

std::optional<uint64_t> people_per_arm(double p0, double p1, double alpha, double power) {
  VERIFY(alpha > 0 && alpha < 1 && power > 0 && power < 1);
  VERIFY(p0 >= 0 && p0 <= 1 && p1 >= 0 && p1 <= 1);
  const Deviations deviations = deviations_of(p0, p1);
  const double root = (z_of(alpha) * deviations.same + exceeded_with(1 - power) * deviations.different) / (p0 - p1);
  const double people = root * root;
  if (!(people <= kMost)) return std::nullopt;
  return static_cast<uint64_t>(std::ceil(people));
}

double power_of(double p0, double p1, double per_arm, double alpha) {
  const Deviations deviations = deviations_of(p0, p1);
  return normal_upper_tail((z_of(alpha) * deviations.same - std::sqrt(per_arm) * std::abs(p0 - p1)) /
                           deviations.different);
}

std::optional<double> difference_found(double p0, double per_arm, bool upwards, double alpha, double power) {
  const double most = upwards ? 1 - p0 : p0, sign = upwards ? 1 : -1;
  const auto suffices = [&](double by) { return power_of(p0, p0 + sign * by, per_arm, alpha) >= power; };
  if (!(most > 0) || !suffices(most)) return std::nullopt;
  double low = 0, high = most;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (suffices(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace tessera::stats

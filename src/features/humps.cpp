#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "features/transform.hpp"
#include "stats/intervals.hpp"

namespace tessera::features {

namespace {

constexpr size_t kBins = 256;
constexpr double kFrom = -4, kTo = 4, kStep = (kTo - kFrom) / kBins;
constexpr double kApart = 3.5;       // deviations of chance between two humps, at least: counts come in steps
constexpr double kShallow = 0.6;     // of the lower peak: a valley this high is none
constexpr double kLeastMass = 0.03;  // of all values in a hump

using Density = std::array<double, kBins>;

double deviation_of(std::span<const double> values) {
  const double mean = values.empty() ? 0 : stats::mean_of(values);
  double sum = 0;
  for (const double x : values) sum += (x - mean) * (x - mean);
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, values.size())));
}

// The mean distance to the nearest other value, where values come in few steps (1 order, 2 orders); else 0.
double step_of(const std::vector<double>& sorted) {
  std::vector<double> levels, mass;
  for (const double x : sorted) {
    if (levels.empty() || x > levels.back() + 1e-9) levels.push_back(x), mass.push_back(0);
    mass.back() += 1;
    if (levels.size() >= 40) return 0;
  }
  double gaps = 0;
  for (size_t i = 0; i < levels.size(); ++i) {
    const double left = i > 0 ? levels[i] - levels[i - 1] : kTo;
    const double right = i + 1 < levels.size() ? levels[i + 1] - levels[i] : kTo;
    gaps += mass[i] * std::min(left, right);
  }
  return gaps / static_cast<double>(sorted.size());
}

// Silverman's width, but never narrower than steps and chance make it: steps are no humps.
double width_of(const std::vector<double>& sorted, double noise) {
  const double quartiles = (sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4]) / 1.34;
  const double spread = quartiles > 0.2 ? std::min(1.0, quartiles) : 1.0;
  return std::max(
      {0.9 * spread * std::pow(static_cast<double>(sorted.size()), -0.2), 0.08, 0.75 * step_of(sorted), 0.4 * noise});
}

Density histogram_of(const std::vector<double>& sorted) {
  Density out{};
  for (const double x : sorted) out[static_cast<size_t>(std::clamp((x - kFrom) / kStep, 0.0, kBins - 1.0))] += 1;
  return out;
}

Density smoothed(const Density& raw, double width) {
  Density out{};
  for (size_t i = 0; i < kBins; ++i)
    for (size_t j = 0; j < kBins; ++j) {
      const double d = (static_cast<double>(i) - static_cast<double>(j)) * kStep / width;
      if (raw[j] > 0 && std::fabs(d) < 5) out[i] += raw[j] * std::exp(-0.5 * d * d);
    }
  return out;
}

struct Hump {
  size_t peak, from;  // bins
  double height;
};

// Peaks from the left, united with the one before where the valley between is shallow or narrow.
std::vector<Hump> peaks_of(const Density& density, double noise) {
  std::vector<Hump> humps;
  size_t valley = 0;
  for (size_t i = 0; i < kBins; ++i) {
    if (density[i] <= density[valley]) valley = i;
    const bool rises = i == 0 || density[i] > density[i - 1], falls = i + 1 == kBins || density[i] >= density[i + 1];
    if (!rises || !falls || density[i] <= 0) continue;
    const bool near = !humps.empty() && static_cast<double>(i - humps.back().peak) * kStep < kApart * noise;
    if (!humps.empty() && (near || density[valley] > kShallow * std::min(humps.back().height, density[i]))) {
      if (density[i] > humps.back().height) humps.back().peak = i, humps.back().height = density[i];
    } else {
      humps.push_back({i, humps.empty() ? 0 : valley, density[i]});
    }
    valley = i;
  }
  return humps;
}

// Too small a hump joins its neighbour.
void join_small(std::vector<Hump>& humps, const Density& raw, double all) {
  for (size_t h = 0; h < humps.size() && humps.size() > 1;) {
    const size_t to = h + 1 < humps.size() ? humps[h + 1].from : kBins;
    const double mass =
        std::accumulate(raw.begin() + static_cast<long>(humps[h].from), raw.begin() + static_cast<long>(to), 0.0);
    if (mass >= kLeastMass * all) {
      ++h;
      continue;
    }
    if (h == 0) humps[1].from = 0;
    humps.erase(humps.begin() + static_cast<long>(h));
    h = 0;
  }
}

}  // namespace

Humps find_humps(std::span<const double> values, double noise) {
  if (values.size() < 50) return {};
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const Density raw = histogram_of(sorted);
  auto humps = peaks_of(smoothed(raw, width_of(sorted, noise)), noise);
  join_small(humps, raw, static_cast<double>(sorted.size()));
  if (humps.size() < 2) return {};
  double inside = 0;
  for (size_t h = 0; h < humps.size(); ++h) {
    const double low = h == 0 ? -1e9 : kFrom + kStep * static_cast<double>(humps[h].from);
    const double high = h + 1 < humps.size() ? kFrom + kStep * static_cast<double>(humps[h + 1].from) : 1e9;
    const auto from = std::lower_bound(sorted.begin(), sorted.end(), low);
    const auto to = std::lower_bound(sorted.begin(), sorted.end(), high);
    const std::span<const double> part(from, to);
    inside += deviation_of(part) * deviation_of(part) * static_cast<double>(part.size());
  }
  const double total = deviation_of(sorted);
  return {humps.size(), total > 0 ? std::sqrt(inside / static_cast<double>(sorted.size())) / total : 1};
}

}  // namespace tessera::features

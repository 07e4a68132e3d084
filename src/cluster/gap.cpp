#include "cluster/gap.hpp"

#include <cmath>
#include <numeric>

namespace tessera::cluster {

namespace {

constexpr size_t kBins = 60;    // of the line between the two centroids
constexpr size_t kMargin = 30;  // bins beyond each centroid
constexpr size_t kBeyond = 12;  // bins beyond a centroid in which its peak may lie
constexpr size_t kAll = kBins + 2 * kMargin + 1;
constexpr double kGap = 0.75;  // a valley shallower than this is no gap

using Line = std::array<double, kAll>;

std::vector<double> mean_of(const Matrix& data, std::span<const uint32_t> rows) {
  std::vector<double> mean(data.columns, 0.0);
  for (const uint32_t i : rows)
    for (size_t j = 0; j < data.columns; ++j) mean[j] += data.at(i, j);
  for (double& x : mean) x /= static_cast<double>(std::max<size_t>(1, rows.size()));
  return mean;
}

Line smoothed(const Line& counts, double bandwidth) {
  Line kernel, density{};
  for (size_t x = 0; x < kAll; ++x)
    kernel[x] = std::exp(-std::pow(static_cast<double>(x) / (bandwidth * kBins), 2) / 2);
  for (size_t x = 0; x < kAll; ++x)
    for (size_t y = 0; y < kAll; ++y) density[x] += counts[y] * kernel[x < y ? y - x : x - y];
  return density;
}

double depth_of(const Line& density) {
  constexpr size_t kFirst = kMargin - kBeyond, kMiddle = kMargin + kBins / 2, kLast = kMargin + kBins + kBeyond;
  const auto at = [&](size_t i) { return density.begin() + static_cast<ptrdiff_t>(i); };
  const auto peak_a = std::max_element(at(kFirst), at(kMiddle) + 1),
             peak_b = std::max_element(at(kMiddle), at(kLast) + 1);
  const double lower = std::min(*peak_a, *peak_b);
  return lower > 0 ? *std::min_element(peak_a, peak_b + 1) / lower : 1;
}

double valley(const Matrix& data, std::span<const uint32_t> a, std::span<const uint32_t> b,
              std::span<const double> mean_a, std::span<const double> mean_b) {
  const double length2 = squared_distance(mean_a, mean_b);
  if (a.empty() || b.empty() || length2 <= 0) return 1;
  Line counts{};
  double within = 0;
  // t = 0 at the centroid of a, 1 at that of b.
  const auto project = [&](std::span<const uint32_t> rows, double centre) {
    for (const uint32_t i : rows) {
      double t = 0;
      for (size_t j = 0; j < data.columns; ++j) t += (data.at(i, j) - mean_a[j]) * (mean_b[j] - mean_a[j]);
      t /= length2;
      within += (t - centre) * (t - centre);
      const double bin = std::round(t * kBins + kMargin);
      if (bin >= 0 && bin < static_cast<double>(kAll)) ++counts[static_cast<size_t>(bin)];
    }
  };
  project(a, 0);
  project(b, 1);
  const double deviation = std::sqrt(within / static_cast<double>(a.size() + b.size()));
  const double smaller = static_cast<double>(std::min(a.size(), b.size()));
  return depth_of(
      smoothed(counts, std::max(1.06 * deviation * std::pow(smaller, -0.2), 0.5 / kBins)));  // Silverman's rule
}

struct Pair {
  double distance2;
  uint32_t a, b;
  auto operator<=>(const Pair&) const = default;
};

// The pairs with no third centroid in the ball between them, nearest first: others are united through whom is between.
std::vector<Pair> neighbours_of(const std::vector<std::vector<double>>& means) {
  std::vector<Pair> pairs;
  const auto k = static_cast<uint32_t>(means.size());
  std::vector<double> apart(static_cast<size_t>(k) * k);
  for (uint32_t a = 0; a < k; ++a)
    for (uint32_t b = 0; b < k; ++b) apart[a * k + b] = squared_distance(means[a], means[b]);
  for (uint32_t a = 0; a < k; ++a)
    for (uint32_t b = 0; b < a; ++b) {
      bool between = false;
      for (uint32_t c = 0; c < k && !between; ++c)
        between = c != a && c != b && apart[a * k + c] + apart[b * k + c] < apart[a * k + b];
      if (!between) pairs.push_back({apart[a * k + b], a, b});
    }
  std::ranges::sort(pairs);
  return pairs;
}

}  // namespace

double valley_between(const Matrix& data, std::span<const uint32_t> a, std::span<const uint32_t> b) {
  return valley(data, a, b, mean_of(data, a), mean_of(data, b));
}

std::vector<uint32_t> unite_without_gap(const Matrix& data, std::span<const uint32_t> labels, size_t k) {
  std::vector<std::vector<uint32_t>> rows(k);
  for (size_t i = 0; i < labels.size(); ++i) rows[labels[i]].push_back(static_cast<uint32_t>(i));
  std::vector<std::vector<double>> means;
  for (const auto& members : rows) means.push_back(mean_of(data, members));
  std::vector<uint32_t> group(k);
  std::iota(group.begin(), group.end(), 0u);
  for (const Pair& pair : neighbours_of(means)) {
    const uint32_t a = group[pair.a], b = group[pair.b];
    if (a == b || valley(data, rows[pair.a], rows[pair.b], means[pair.a], means[pair.b]) < kGap) continue;
    std::ranges::replace(group, std::max(a, b), std::min(a, b));
  }
  std::vector<uint32_t> number(k, UINT32_MAX);
  uint32_t next = 0;
  for (uint32_t& g : group) {
    if (number[g] == UINT32_MAX) number[g] = next++;
    g = number[g];
  }
  return group;
}

}  // namespace tessera::cluster

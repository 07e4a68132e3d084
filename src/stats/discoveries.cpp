#include "stats/discoveries.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tessera::stats {

namespace {

// Step-up with every p multiplied by factor * m / rank.
std::vector<double> step_up(std::span<const double> p, double factor) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> out(p.size());
  double least = 1;
  for (size_t rank = p.size(); rank > 0; --rank) {
    const size_t i = order[rank - 1];
    least = std::min(least, factor * p[i] * static_cast<double>(p.size()) / static_cast<double>(rank));
    out[i] = least;
  }
  return out;
}

double log_choose(double n, double k) {
  return log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1);
}

}  // namespace

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  return step_up(p, 1);
}

std::vector<double> benjamini_yekutieli(std::span<const double> p) {
  double harmonic = 0;
  for (size_t i = 1; i <= p.size(); ++i) harmonic += 1 / static_cast<double>(i);
  return step_up(p, harmonic);
}

double fisher_p(Tally group, Tally others) {
  const double n = group.n + others.n, successes = group.successes + others.successes;
  const double low = std::max(0.0, successes - others.n), high = std::min(successes, group.n);
  const double total = log_choose(n, group.n);
  const auto log_likely = [&](double k) {
    return log_choose(successes, k) + log_choose(n - successes, group.n - k) - total;
  };
  const double seen =
      log_likely(group.successes) + 1e-7;  // tables as likely as the one seen count whatever the rounding
  double p = 0;
  for (double k = low; k <= high; ++k)
    if (const double x = log_likely(k); x <= seen) p += std::exp(x);
  return std::min(1.0, p);
}

double welch_p(const Moments& group, const Moments& others) {
  if (group.n < 2 || others.n < 2) return 1;
  const double a = group.variance / group.n, b = others.variance / others.n;
  if (!(a + b > 0)) return 1;
  const double degrees = (a + b) * (a + b) / (a * a / (group.n - 1) + b * b / (others.n - 1));
  return student_two_sided((group.mean - others.mean) / std::sqrt(a + b), degrees);
}

double drawn_mean_p(double mean, double n, const Moments& all) {
  if (n < 1 || n >= all.n || !(all.variance > 0)) return 1;
  const double drawn = n / all.n, z = (mean - all.mean) / std::sqrt(all.variance / n * (1 - drawn));
  const double skewness = all.skewness * (1 - 2 * drawn) / std::sqrt(n * (1 - drawn));
  double normal = z;
  if (std::fabs(skewness) > 1e-6) {
    // Beyond the end of the curve there is nothing: cbrt of 0.
    const double inside = std::max(0.0, 1 + skewness * z / 2);
    normal = 6 / skewness * (std::cbrt(inside) - 1) + skewness / 6;
  }
  return std::min(1.0, 2 * normal_upper_tail(std::fabs(normal)));
}

double rank_p(std::span<const double> group, std::span<const double> others) {
  std::vector<double> all(group.begin(), group.end());
  all.insert(all.end(), others.begin(), others.end());
  const Ranks ranks = ranks_of(all);
  const auto end = ranks.rank.begin() + static_cast<long>(group.size());
  return rank_p(std::accumulate(ranks.rank.begin(), end, 0.0), static_cast<double>(group.size()), ranks);
}

Ranks ranks_of(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  Ranks out{.rank = std::vector<double>(values.size())};
  for (size_t from = 0; from < order.size();) {
    size_t to = from;
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    for (size_t i = from; i < to; ++i) out.rank[order[i]] = (static_cast<double>(from + to) + 1) / 2;
    const double alike = static_cast<double>(to - from);
    out.ties += alike * (alike * alike - 1);
    from = to;
  }
  return out;
}

double rank_p(double sum, double n, const Ranks& all) {
  const double size = static_cast<double>(all.rank.size()), others = size - n;
  if (!(n > 0 && others > 0)) return 1;
  const double u = sum - n * (n + 1) / 2, variance = n * others / 12 * (size + 1 - all.ties / (size * (size - 1)));
  if (!(variance > 0)) return 1;
  const double z = std::max(0.0, std::fabs(u - n * others / 2) - 0.5) / std::sqrt(variance);
  return std::min(1.0, 2 * normal_upper_tail(z));
}

}  // namespace tessera::stats

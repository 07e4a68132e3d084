#include "stats/predictive_power.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/parallel.hpp"
#include "core/random.hpp"

namespace tessera::stats {

namespace {

constexpr double kTop = 0.1;  // of customers, ranked highest
constexpr size_t kMostResamples = 400, kFewestResamples = 50, kResampledRows = 40'000'000;

struct Sums {
  std::vector<double> n, sum;
  double squares = 0;

  explicit Sums(size_t groups) : n(groups), sum(groups) {}
  void add(uint32_t group, double y, double sign) {
    n[group] += sign;
    sum[group] += sign * y;
    squares += sign * y * y;
  }
};

// Of each group the mean, drawn towards the mean of all.
std::vector<double> drawn_means(const Sums& sums) {
  const double all = std::accumulate(sums.n.begin(), sums.n.end(), 0.0);
  const double mean = all > 0 ? std::accumulate(sums.sum.begin(), sums.sum.end(), 0.0) / all : 0;
  double between = 0, explained = 0, squared_sizes = 0, groups = 0;
  for (size_t g = 0; g < sums.n.size(); ++g) {
    if (sums.n[g] <= 0) continue;
    const double own = sums.sum[g] / sums.n[g];
    between += sums.n[g] * (own - mean) * (own - mean);
    explained += sums.sum[g] * own;
    squared_sizes += sums.n[g] * sums.n[g];
    ++groups;
  }
  const double within = all > groups ? std::max(0.0, sums.squares - explained) / (all - groups) : 0;
  const double spread = all - squared_sizes / std::max(1.0, all);
  const double tau = spread > 0 ? std::max(0.0, (between - (groups - 1) * within) / spread) : 0;
  std::vector<double> out(sums.n.size(), mean);
  for (size_t g = 0; g < sums.n.size(); ++g)
    if (sums.n[g] > 0 && tau > 0) out[g] = (sums.sum[g] * tau + mean * within) / (sums.n[g] * tau + within);
  return out;
}

// A way of predicting, in the order of its ranking, highest first.
struct Ranked {
  std::vector<uint32_t> order;
  std::vector<uint32_t> tie;  // of each place: behind the last place with the same prediction
};

Ranked ranked(std::span<const double> predicted) {
  Ranked out;
  out.order.resize(predicted.size());
  std::iota(out.order.begin(), out.order.end(), 0);
  std::ranges::stable_sort(out.order, std::ranges::greater(), [&](uint32_t i) { return predicted[i]; });
  out.tie.resize(out.order.size());
  for (size_t from = 0, to; from < out.order.size(); from = to) {
    for (to = from; to < out.order.size() && predicted[out.order[to]] == predicted[out.order[from]];) ++to;
    std::fill(out.tie.begin() + static_cast<ptrdiff_t>(from), out.tie.begin() + static_cast<ptrdiff_t>(to),
              static_cast<uint32_t>(to));
  }
  return out;
}

struct Figures {
  double r2 = 0, auc = 0, lift = 0;
};

Figures figures_of(std::span<const double> outcome, std::span<const double> predicted, std::span<const double> of_mean,
                   const Ranked& rank, std::span<const uint8_t> weight, bool yes_or_no) {
  double missed = 0, varied = 0, all = 0, total = 0;
  for (size_t i = 0; i < outcome.size(); ++i) {
    const double w = weight[i], y = outcome[i];
    missed += w * (y - predicted[i]) * (y - predicted[i]);
    varied += w * (y - of_mean[i]) * (y - of_mean[i]);
    all += w;
    total += w * y;
  }
  Figures out{.r2 = varied > 0 ? 1 - missed / varied : 0, .auc = std::nan(""), .lift = std::nan("")};
  double above_yes = 0, pairs = 0, top = 0, top_weight = 0;
  const double wanted = kTop * all;
  for (size_t from = 0; from < rank.order.size();) {
    const size_t to = rank.tie[from];
    double yes = 0, n = 0;
    for (size_t place = from; place < to; ++place) {
      const double w = weight[rank.order[place]];
      n += w;
      yes += w * outcome[rank.order[place]];
    }
    pairs += (n - yes) * (above_yes + yes / 2);
    above_yes += yes;
    if (n > 0 && top_weight < wanted) {
      const double part = std::min(1.0, (wanted - top_weight) / n);
      top += part * yes;
      top_weight += part * n;
    }
    from = to;
  }
  if (yes_or_no && total > 0 && total < all) out.auc = pairs / (total * (all - total));
  if (total > 0) out.lift = top / wanted / (total / all);
  return out;
}

// Of how often one row is drawn in a sample with replacement: Poisson with mean 1.
uint8_t drawn(Rng& rng) {
  static constexpr double kUpTo[] = {0.36787944, 0.73575888, 0.91969860, 0.98101184,
                                     0.99634015, 0.99940582, 0.99991676};
  const double u = rng.uniform();
  uint8_t times = 0;
  while (times < 7 && u >= kUpTo[times]) ++times;
  return times;
}

Figure figure_of(double value, std::vector<double> again) {
  std::erase_if(again, [](double x) { return std::isnan(x); });
  if (again.empty()) return {value, std::nan(""), std::nan("")};
  std::ranges::sort(again);
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(again.size() - 1);
    const auto low = static_cast<size_t>(place);
    const double part = place - static_cast<double>(low);
    return again[low] + part * (again[std::min(low + 1, again.size() - 1)] - again[low]);
  };
  return {value, at(0.025), at(0.975)};
}

}  // namespace

std::vector<double> predictions(std::span<const uint32_t> group, size_t groups, std::span<const double> outcome,
                                std::span<const uint8_t> fold, size_t folds) {
  Sums all(groups);
  for (size_t i = 0; i < group.size(); ++i) all.add(group[i], outcome[i], 1);
  std::vector<double> out(group.size());
  for (size_t f = 0; f < folds; ++f) {
    Sums others = all;
    for (size_t i = 0; i < group.size(); ++i)
      if (fold[i] == f) others.add(group[i], outcome[i], -1);
    const std::vector<double> means = drawn_means(others);
    for (size_t i = 0; i < group.size(); ++i)
      if (fold[i] == f) out[i] = means[group[i]];
  }
  return out;
}

Comparison compare(std::span<const double> outcome, std::span<const std::vector<double>> ways,
                   std::span<const double> of_mean, bool yes_or_no, uint64_t seed) {
  std::vector<Ranked> ranks;
  for (const auto& way : ways) ranks.push_back(ranked(way));
  const size_t resamples =
      std::clamp(kResampledRows / std::max<size_t>(1, outcome.size() * ways.size()), kFewestResamples, kMostResamples);
  // The first are the figures themselves: every row once.
  std::vector<std::vector<Figures>> found(resamples + 1, std::vector<Figures>(ways.size()));
  parallel_for(found.size(), 1, [&](size_t from, size_t to) {
    for (size_t b = from; b < to; ++b) {
      Rng rng(seed * 1'000'003 + b);
      std::vector<uint8_t> weight(outcome.size(), 1);
      if (b > 0)
        for (uint8_t& w : weight) w = drawn(rng);
      for (size_t w = 0; w < ways.size(); ++w)
        found[b][w] = figures_of(outcome, ways[w], of_mean, ranks[w], weight, yes_or_no);
    }
  });
  Comparison out;
  const auto figure = [&](const auto& of) {
    std::vector<double> again;
    for (size_t b = 1; b < found.size(); ++b) again.push_back(of(found[b]));
    return figure_of(of(found[0]), std::move(again));
  };
  for (size_t w = 0; w < ways.size(); ++w) {
    out.each.push_back({.r2 = figure([w](const auto& all) { return all[w].r2; }),
                        .auc = figure([w](const auto& all) { return all[w].auc; }),
                        .lift = figure([w](const auto& all) { return all[w].lift; })});
    out.r2_less_first.push_back(figure([w](const auto& all) { return all[w].r2 - all[0].r2; }));
  }
  return out;
}

std::vector<uint8_t> quintiles(std::span<const double> values) {
  std::vector<uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](uint32_t i) { return values[i]; });
  std::vector<uint8_t> out(values.size());
  for (size_t place = 0; place < order.size(); ++place)
    out[order[place]] = static_cast<uint8_t>(5 * place / order.size());
  return out;
}

}  // namespace tessera::stats

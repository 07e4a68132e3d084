#include "stats/pooling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/result.hpp"

namespace tessera::stats {

namespace {

// Turns log weights into weights that sum to 1.
void normalise(std::vector<double>& logs) {
  const double most = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double& x : logs) sum += x = std::exp(x - most);
  for (double& x : logs) x /= sum;
}

double logit_of(double p) {
  return std::log(p / (1 - p));
}
double share_of(double logit) {
  return 1 / (1 + std::exp(-logit));
}

// Where a distribution function reaches p, between x and y: regula falsi, kept from stalling by halving (Illinois).
template <typename Distribution>
double where_reached(Distribution below, double p, double x, double y) {
  double at_x = below(x) - p, at_y = below(y) - p;
  if (at_x >= 0 || at_y <= 0) return at_x >= 0 ? x : y;
  const double near = 1e-9 * (y - x);
  int side = 0;
  for (int i = 0; i < 100 && y - x > near; ++i) {
    const double middle = (x * at_y - y * at_x) / (at_y - at_x), value = below(middle) - p;
    if (std::fabs(value) < 1e-7) return middle;
    (value > 0 ? y : x) = middle;
    (value > 0 ? at_y : at_x) = value;
    const int now = value > 0 ? 1 : -1;
    if (now == side) (now > 0 ? at_x : at_y) /= 2;
    side = now;
  }
  return (x + y) / 2;
}

// --- rates

// A prior Beta(a, b) and how well it goes with what was seen.
struct Prior {
  double a = 0, b = 0, weight = 0;
  size_t of_spread = 0;  // priors of the same spread have the same number
};

// A rectangle of the plane of priors: the logit of their mean, and their spread: the standard deviation of true rates
// in units of sqrt(mean (1 - mean)), which is 1 / sqrt(a + b + 1).
struct Region {
  double logit_low, logit_high, spread_low, spread_high;
};

class Rates {
 public:
  explicit Rates(std::span<const Tally> groups) : groups_(groups) {}

  // From a coarse look at all there could be to where the weight is, as often as that is a small part of what was
  // looked at; then a fine one.
  std::vector<Prior> priors() {
    Tally all;
    for (const Tally& group : groups_) all.successes += group.successes, all.n += group.n;
    const double centre = logit_of((all.successes + 0.5) / (all.n + 1));
    Region region{centre - 6, centre + 6, 0, 1};
    for (int round = 0; round < 8; ++round) {
      look(region, kCoarse);
      const Region found = weighty(region);
      const bool nearer = found.logit_high - found.logit_low < 0.6 * (region.logit_high - region.logit_low) ||
                          found.spread_high - found.spread_low < 0.6 * (region.spread_high - region.spread_low);
      region = found;
      if (!nearer) break;
    }
    look(region, kFine);
    std::erase_if(grid_, [](const Prior& prior) { return prior.weight < 1e-7; });
    return std::move(grid_);
  }

 private:
  static constexpr size_t kCoarse = 15, kFine = 24;

  // The part of the region, as last looked at, that has all but a trace of the weight, with a margin.
  Region weighty(const Region& region) const {
    const double logit_step = (region.logit_high - region.logit_low) / kCoarse,
                 spread_step = (region.spread_high - region.spread_low) / kCoarse;
    Region out{region.logit_high, region.logit_low, region.spread_high, region.spread_low};
    for (size_t i = 0; i < grid_.size(); ++i) {
      if (grid_[i].weight < 1e-4) continue;
      const double logit = region.logit_low + logit_step * static_cast<double>(i / kCoarse),
                   spread = region.spread_low + spread_step * static_cast<double>(i % kCoarse);
      out.logit_low = std::min(out.logit_low, logit - logit_step);
      out.logit_high = std::max(out.logit_high, logit + 2 * logit_step);
      out.spread_low = std::min(out.spread_low, std::max(0.0, spread - 2 * spread_step));
      out.spread_high = std::max(out.spread_high, std::min(1.0, spread + 3 * spread_step));
    }
    return out;
  }

  void look(const Region& region, size_t steps) {
    grid_.clear();
    std::vector<double> logs;
    const auto middle = [&](double low, double high, size_t i) {
      return low + (high - low) * (static_cast<double>(i) + 0.5) / static_cast<double>(steps);
    };
    for (size_t i = 0; i < steps; ++i)
      for (size_t j = 0; j < steps; ++j) {
        const double mean = share_of(middle(region.logit_low, region.logit_high, i)),
                     spread = middle(region.spread_low, region.spread_high, j), strength = 1 / (spread * spread) - 1;
        grid_.push_back({.a = mean * strength, .b = (1 - mean) * strength, .of_spread = j});
        // Jeffreys' prior of the mean: 1 / sqrt(mean (1 - mean)) by the slope of the logit.
        logs.push_back(log_likelihood(grid_.back()) + 0.5 * std::log(mean * (1 - mean)));
      }
    normalise(logs);
    for (size_t i = 0; i < grid_.size(); ++i) grid_[i].weight = logs[i];
  }

  double log_likelihood(const Prior& prior) const {
    const double m = prior.a + prior.b, of_prior = log_gamma(m) - log_gamma(prior.a) - log_gamma(prior.b);
    double sum = 0;
    for (const Tally& group : groups_)
      if (group.n > 0)
        sum += of_prior + log_gamma(prior.a + group.successes) + log_gamma(prior.b + group.n - group.successes) -
               log_gamma(m + group.n);
    return sum;
  }

  std::span<const Tally> groups_;
  std::vector<Prior> grid_;
};

// One beta of the mean and variance of a mixture of betas.
struct Blend {
  double weight = 0, mean = 0, square = 0;
  double a = 0, b = 0;

  void add(double w, double a_part, double b_part) {
    const double m = a_part + b_part, centre = a_part / m;
    weight += w;
    mean += w * centre;
    square += w * (centre * (1 - centre) / (m + 1) + centre * centre);
  }
  void settle() {
    mean /= weight;
    const double variance = std::max(1e-300, square / weight - mean * mean);
    const double strength = mean * (1 - mean) / variance - 1;
    a = mean * strength, b = (1 - mean) * strength;
  }
};

// Where the mixture's distribution reaches p.
double quantile_of(const std::vector<Blend>& parts, double low, double high, double p) {
  const auto below = [&](double logit) {
    double sum = 0;
    for (const Blend& part : parts) sum += part.weight * beta_cdf(share_of(logit), part.a, part.b);
    return sum;
  };
  return share_of(where_reached(below, p, logit_of(low), logit_of(high)));
}

// The group's rate under all priors. Priors of one spread differ in their mean alone, and one beta stands for their
// mixture; those of different spreads make tails that no beta has, so the quantiles are of their mixture.
Pooled rate_of(const Tally& group, const std::vector<Prior>& priors, double z) {
  std::vector<Blend> parts;
  Blend all;
  double shrinkage = 0;
  for (const Prior& prior : priors) {
    if (parts.size() <= prior.of_spread) parts.resize(prior.of_spread + 1);
    const double a = prior.a + group.successes, b = prior.b + group.n - group.successes;
    parts[prior.of_spread].add(prior.weight, a, b);
    all.add(prior.weight, a, b);
    shrinkage += prior.weight * (prior.a + prior.b) / (a + b);
  }
  const double sum = all.weight, tail = normal_upper_tail(z);
  std::erase_if(parts, [&](const Blend& part) { return part.weight < 1e-5 * sum; });
  double kept = 0;
  for (const Blend& part : parts) kept += part.weight;
  for (Blend& part : parts) part.settle(), part.weight /= kept;
  all.settle();
  const double deviation = std::sqrt(all.mean * (1 - all.mean) / (all.a + all.b + 1));
  const double low = std::max(1e-9 * all.mean, all.mean - 12 * deviation);
  const double high = std::min(1 - 1e-9 * (1 - all.mean), all.mean + 12 * deviation);
  return {.raw = group.n > 0 ? group.successes / group.n : std::numeric_limits<double>::quiet_NaN(),
          .alone = group.n > 0 ? wilson(group.successes, group.n, z) : Interval{0, 1},
          .estimate = all.mean,
          .interval = {quantile_of(parts, low, high, tail), quantile_of(parts, low, high, 1 - tail)},
          .shrinkage = shrinkage / sum};
}

// --- means

class NormalPooler {
 public:
  NormalPooler(std::span<const double> observed, std::span<const double> variances)
      : observed_(observed), variances_(variances) {
    const double n = static_cast<double>(observed.size()), centre = mean_of(observed);
    double squares = 0;
    for (const double x : observed) squares += (x - centre) * (x - centre);
    const double most = 3 * std::sqrt(std::max(squares / std::max(1.0, n - 1), mean_of(variances)));
    std::vector<double> logs;
    for (size_t i = 0; i < kSteps; ++i) {
      // Steps grow with the spread, and weights with the steps.
      const double at = (static_cast<double>(i) + 0.5) / kSteps;
      points_.push_back(at_spread(most * at * at, logs));
      logs.back() += std::log(at);
    }
    normalise(logs);
    for (size_t i = 0; i < kSteps; ++i) points_[i].weight = logs[i];
    std::erase_if(points_, [](const Point& point) { return point.weight < 1e-9; });
  }

  NormalPooled group(size_t g, double z) const {
    // Given the spread, the group's true figure is normal.
    std::vector<double> mean, deviation;
    double estimate = 0, shrinkage = 0, widest = 0, low = INFINITY, high = -INFINITY;
    for (const Point& point : points_) {
      const double v = variances_[g], pull = v / (v + point.spread * point.spread);
      mean.push_back((1 - pull) * observed_[g] + pull * point.centre);
      deviation.push_back(std::sqrt((1 - pull) * v + pull * pull * point.variance));
      estimate += point.weight * mean.back();
      shrinkage += point.weight * pull;
      widest = std::max(widest, deviation.back());
      low = std::min(low, mean.back()), high = std::max(high, mean.back());
    }
    const auto below = [&](double x) {
      double sum = 0;
      for (size_t k = 0; k < points_.size(); ++k)
        sum += points_[k].weight * normal_upper_tail((mean[k] - x) / deviation[k]);
      return sum;
    };
    const auto quantile = [&](double p) {
      return where_reached(below, p, low - (z + 1) * widest, high + (z + 1) * widest);
    };
    const double tail = normal_upper_tail(z);
    return {.estimate = estimate, .interval = {quantile(tail), quantile(1 - tail)}, .shrinkage = shrinkage};
  }

 private:
  static constexpr size_t kSteps = 120;
  struct Point {
    double spread = 0, weight = 0;
    double centre = 0, variance = 0;  // of the groups' common figure, given the spread
  };

  // The centre is averaged over without a grid, for it is normal given the spread (Gelman et al., equation 5.21).
  Point at_spread(double spread, std::vector<double>& logs) const {
    double sum = 0, weighted = 0, log = 0;
    for (size_t g = 0; g < observed_.size(); ++g) {
      const double w = 1 / (variances_[g] + spread * spread);
      sum += w;
      weighted += w * observed_[g];
      log += 0.5 * std::log(w);
    }
    const double centre = weighted / sum;
    for (size_t g = 0; g < observed_.size(); ++g) {
      const double d = observed_[g] - centre;
      log -= 0.5 * d * d / (variances_[g] + spread * spread);
    }
    logs.push_back(log - 0.5 * std::log(sum));
    return {.spread = spread, .centre = centre, .variance = 1 / sum};
  }

  std::span<const double> observed_, variances_;
  std::vector<Point> points_;
};

// A group's mean as pool_means pools it: on the scale, with its squared error.
struct Observed {
  size_t group = 0;
  double n = 0, figure = 0, variance = 0;
};

// The width of the group's own interval as a standard error, on the scale of logarithms or of the values.
double error_of(const Pooled& group, bool logs, double z) {
  if (!logs) return (group.alone.high - group.alone.low) / (2 * z);
  // Where the lower end is not positive, the upper one tells.
  if (group.alone.low <= 0) return std::log(group.alone.high / group.raw) / z;
  return std::log(group.alone.high / group.alone.low) / (2 * z);
}

// A small group without a large value by chance has a low mean and thinks itself sure of it. So the errors, of one
// value, are pooled first, by the same model: a sample's log variance has itself a variance of (kurtosis - 1) / n, for
// which money's kurtosis is put at 11. And the logarithm of a sample's mean is too low by half its squared error
// (Jensen), which would add up over many groups.
void settle_errors(std::vector<Observed>& seen, bool logs, double z) {
  constexpr double kOfLogVariance = 10;
  std::vector<double> of_one, doubt;
  for (const Observed& group : seen) {
    of_one.push_back(std::log(group.variance * group.n));
    doubt.push_back(kOfLogVariance / group.n);
  }
  const auto pooled = pool_normal(of_one, doubt, z);
  for (size_t i = 0; i < seen.size(); ++i) {
    seen[i].variance = std::exp(pooled[i].estimate) / seen[i].n;
    if (logs) seen[i].figure += seen[i].variance / 2;
  }
}

void put_pooled(const std::vector<Observed>& seen, bool logs, double z, Pool& out) {
  std::vector<double> figures, variances;
  for (const Observed& group : seen) figures.push_back(group.figure), variances.push_back(group.variance);
  const auto pooled = pool_normal(figures, variances, z);
  const auto back = [&](double x) { return logs ? std::exp(x) : x; };
  for (size_t i = 0; i < seen.size(); ++i) {
    Pooled& to = out.groups[seen[i].group];
    // Half the squared error goes again where the group speaks for itself: without pooling the estimate is its mean.
    const double own = logs ? (1 - pooled[i].shrinkage) * seen[i].variance / 2 : 0;
    to.estimate = back(pooled[i].estimate - own);
    to.interval = {back(pooled[i].interval.low), back(pooled[i].interval.high)};
    to.shrinkage = pooled[i].shrinkage;
  }
}

}  // namespace

bool rate_tells(Interval interval, double everyone) {
  const double half = everyone / (2 - everyone), twice = 2 * everyone / (1 + everyone);
  return interval.finite() && !(interval.low < half && interval.high > twice);
}

bool mean_tells(Interval interval, double everyone) {
  return interval.finite() &&
         !(interval.low < everyone - std::fabs(everyone) / 2 && interval.high > everyone + std::fabs(everyone));
}

Pool pool_rates(std::span<const Tally> groups, double z) {
  Pool out;
  if (groups.empty()) return out;
  const std::vector<Prior> priors = Rates(groups).priors();
  Tally all;
  for (const Tally& group : groups) {
    VERIFY(group.successes >= 0 && group.successes <= group.n);
    all.successes += group.successes, all.n += group.n;
    out.groups.push_back(rate_of(group, priors, z));
  }
  out.everyone = all.successes / all.n;
  for (Pooled& group : out.groups) group.tells = rate_tells(group.interval, out.everyone);
  return out;
}

std::vector<NormalPooled> pool_normal(std::span<const double> observed, std::span<const double> variances, double z) {
  VERIFY(observed.size() == variances.size());
  std::vector<NormalPooled> out;
  if (observed.empty()) return out;
  const NormalPooler pooler(observed, variances);
  for (size_t g = 0; g < observed.size(); ++g) out.push_back(pooler.group(g, z));
  return out;
}

Pool pool_means(std::span<const Moments> groups, double z) {
  Pool out;
  double sum = 0, n = 0;
  size_t positive = 0;
  for (const Moments& group : groups) {
    const Interval alone = skewed_mean_interval(group, z);
    out.groups.push_back({.raw = group.mean, .alone = alone, .estimate = group.mean, .interval = alone});
    if (group.n > 0) sum += group.n * group.mean, n += group.n;
    positive += group.mean > 0;
  }
  out.everyone = sum / n;
  const bool logs = 2 * positive > groups.size();
  std::vector<Observed> seen;
  for (size_t g = 0; g < groups.size(); ++g) {
    const Pooled& group = out.groups[g];
    if (!group.alone.finite() || (logs && !(group.raw > 0))) continue;
    const double error = error_of(group, logs, z);
    if (error > 0) seen.push_back({g, groups[g].n, logs ? std::log(group.raw) : group.raw, error * error});
  }
  if (seen.size() > 1) {
    settle_errors(seen, logs, z);
    put_pooled(seen, logs, z, out);
  }
  for (Pooled& group : out.groups) group.tells = mean_tells(group.interval, out.everyone);
  return out;
}

}  // namespace tessera::stats

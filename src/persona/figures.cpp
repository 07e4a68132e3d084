#include "persona/figures.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace tessera::persona {

namespace {

constexpr double kLevel = 0.05;

std::vector<double> known_of(const Measure& measure, std::span<const uint32_t> members) {
  std::vector<double> out;
  for (const uint32_t c : members)
    if (!std::isnan(measure.values[c])) out.push_back(measure.values[c]);
  return out;
}

// "34", "0.4": near an end with a decimal, and 0 and 100 are said of none and all alone. Ends of intervals are rounded
// outwards.
enum class Rounding { Nearest, Down, Up };
std::string percent(double share, Rounding rounding = Rounding::Nearest) {
  const double x = 100 * share;
  const bool near_end = x < 9.95 || x > 90.05;
  const double step = near_end ? 10 : 1;
  double y = x * step;
  y = (rounding == Rounding::Down ? std::floor(y) : rounding == Rounding::Up ? std::ceil(y) : std::round(y)) / step;
  if (rounding == Rounding::Nearest && share > 0 && share < 1) y = std::clamp(y, 0.1, 99.9);
  return fmt::format("{:.{}f}", y, near_end && y > 0 && y < 100 ? 1 : 0);
}

}  // namespace

std::vector<std::vector<SegmentFigure>> figures_of(std::span<const Measure> measures,
                                                   std::span<const std::vector<uint32_t>> groups) {
  const double z = stats::z_of(kLevel);
  std::vector<std::vector<SegmentFigure>> out(groups.size());
  for (const Measure& measure : measures) {
    std::vector<stats::Moments> moments;
    std::vector<stats::Tally> tallies;
    for (const auto& members : groups) {
      moments.push_back(stats::moments_of(known_of(measure, members)));
      const stats::Moments& m = moments.back();
      tallies.push_back({m.n > 0 ? std::round(m.mean * m.n) : 0, m.n});
    }
    // A rate that a rule decides is no draw from what the groups have in common, and would mislead the others' pooling.
    const auto decided = [&](size_t g) {
      return measure.is_rate && measure.in_rule[g] && tallies[g].n > 0 &&
             (tallies[g].successes == 0 || tallies[g].successes == tallies[g].n);
    };
    auto free = tallies;
    for (size_t g = 0; g < groups.size(); ++g)
      if (decided(g)) free[g] = {};
    const stats::Pool pool = measure.is_rate ? stats::pool_rates(free, z) : stats::pool_means(moments, z);
    double sum = 0, n = 0;
    for (const stats::Moments& m : moments)
      if (m.n > 0) sum += m.n * m.mean, n += m.n;
    for (size_t g = 0; g < groups.size(); ++g) {
      SegmentFigure figure{.name = measure.name,
                           .phrase = measure.phrase,
                           .is_rate = measure.is_rate,
                           .members = moments[g].n,
                           .everyone = sum / n,
                           .by_rule = decided(g),
                           .figure = pool.groups[g]};
      if (figure.by_rule) {
        const double rate = tallies[g].successes / tallies[g].n;
        figure.figure = {.raw = rate, .alone = {rate, rate}, .estimate = rate, .interval = {rate, rate}, .tells = true};
      }
      figure.figure.tells = figure.by_rule || (figure.is_rate ? stats::rate_tells : stats::mean_tells)(
                                                  figure.figure.interval, figure.everyone);
      out[g].push_back(std::move(figure));
    }
  }
  return out;
}

std::vector<Measure> measures_of(const features::EventRoles& parts, const features::FeatureTable& features,
                                 std::span<const cluster::Conjunction> rules, const std::vector<bool>& active,
                                 Duration within, std::span<const double> value) {
  const features::IndustryTerms& words = parts.words;
  const auto speaks_of = [&](features::Family family) {
    std::vector<bool> out;
    for (const cluster::Conjunction& rule : rules)
      out.push_back(std::ranges::any_of(
          rule, [&](const cluster::Condition& c) { return features.columns[c.column].feature.family == family; }));
    return out;
  };
  std::vector<Measure> out;
  if (!parts.has(features::EventRole::Main)) return out;  // nobody is active or worth anything that is known
  out.push_back({.name = "active",
                 .phrase = fmt::format("active in the last {}", text_of(within)),
                 .is_rate = true,
                 .values = {active.begin(), active.end()},
                 .in_rule = speaks_of(features::Family::Recency)});
  if (const features::FeatureColumn* count = features.find(std::string(words.mains))) {
    out.push_back({.name = "repeat",
                   .phrase = fmt::format("with two {} or more", words.mains),
                   .is_rate = true,
                   .values = {},
                   .in_rule = speaks_of(features::Family::Frequency)});
    for (const double n : count->values) out.back().values.push_back(std::isnan(n) ? NAN : n >= 2);
  }
  out.push_back({.name = "value",
                 .phrase = fmt::format("{} a {}", parts.value_words(), words.customer),
                 .values = {value.begin(), value.end()},
                 .in_rule = {}});
  return out;
}

std::string sentence_of(const SegmentFigure& f) {
  const stats::Pooled& x = f.figure;
  if (f.by_rule) return fmt::format("{} % {}, by the rule", percent(x.estimate), f.phrase);
  if (!x.tells) return fmt::format("{}: too few to tell", f.phrase);
  if (f.is_rate)
    return fmt::format("{} % ({} to {}) {}", percent(x.estimate), percent(x.interval.low, Rounding::Down),
                       percent(x.interval.high, Rounding::Up), f.phrase);
  return fmt::format("{} ({} to {}) {}", grouped(x.estimate), grouped(x.interval.low), grouped(x.interval.high),
                     f.phrase);
}

}  // namespace tessera::persona

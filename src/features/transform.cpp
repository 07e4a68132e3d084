#include "features/transform.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/parallel.hpp"

namespace tessera::features {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kSample = 20'000;     // values a power or humps are fitted on, evenly spread
constexpr double kWinsor = 3;          // standard deviations
constexpr double kMostHumpWeight = 4;  // a column counts at most so many standard deviations
constexpr double kTraitVote = 0.15;    // variance that traits as received may add, against 1 of what customers do

// Weight of a family's vote, in variance. What a company lives from counts in full.
double vote_of(Family family) {
  switch (family) {
    case Family::Trait:
      return kTraitVote;
    case Family::Tenure:
    case Family::Trend:
    case Family::Season:
    case Family::Gap:
      return 0.5;
    default:
      return 1;
  }
}

std::vector<double> sample_of(std::span<const double> values) {
  std::vector<double> out;
  size_t known = 0;
  for (const double x : values) known += !std::isnan(x);
  const size_t step = std::max<size_t>(1, known / kSample);
  size_t seen = 0;
  for (const double x : values)
    if (!std::isnan(x) && seen++ % step == 0) out.push_back(x);
  return out;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(std::max<size_t>(1, values.size()));
}
double deviation_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double x : values) sum += (x - mean) * (x - mean);
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(1, values.size())));
}
double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// Observations worth of everyone's figure that are added to each customer's, by moments: what of the variance between
// customers is not chance is the spread of their true figures. Shares: variance p(1-p) (rho + (1-rho) mean(1/n)) with
// rho = 1/(m+1). Rates: variance rate mean(1/n) + rate/m.
struct Prior {
  double everyone = 0, strength = 0;
};
constexpr double kAnscombe = 0.375;  // events added at least: then the step from none to one is no wider than chance

Prior prior_of(std::span<const double> values, std::span<const double> counts, bool share) {
  double events = 0, observations = 0, squares = 0, inverse = 0, n = 0;
  const auto counts_for = [&](size_t i) { return !std::isnan(values[i]) && counts[i] > 0; };
  for (size_t i = 0; i < values.size(); ++i)
    if (counts_for(i)) events += values[i] * counts[i], observations += counts[i], n += 1;
  if (n < 2 || events <= 0) return {};
  Prior prior{.everyone = events / observations};
  for (size_t i = 0; i < values.size(); ++i)
    if (counts_for(i)) squares += (values[i] - prior.everyone) * (values[i] - prior.everyone), inverse += 1 / counts[i];
  const double variance = squares / n, chance = inverse / n, p = prior.everyone;
  if (share) {
    if (p >= 1) return {};
    const double rho = std::clamp((variance / (p * (1 - p)) - chance) / std::max(1e-9, 1 - chance), 0.02, 0.98);
    prior.strength = 1 / rho - 1;
  } else {
    prior.strength = p / std::max(variance - p * chance, p * p / 50);
  }
  prior.strength = std::max(prior.strength, share ? 2 * kAnscombe : kAnscombe / p);
  return prior;
}

struct Work {
  std::vector<double> values;
  ColumnTreatment treatment;
  Family family;
  double share = 1;  // of its feature: of a trait all levels together count as one column
};

// A share or a rate of counted events: shrunk, then on the scale where chance has the same size everywhere. Gives the
// standard deviation of chance on that scale; 0 where the column is no such figure.
double steady(const FeatureTable& features, const FeatureColumn& column, std::span<const uint32_t> rows, Work& work) {
  const FeatureColumn* of = column.feature.of.empty() ? nullptr : features.find(column.feature.of);
  const bool share = column.feature.shape == Shape::Share;
  if (!of || (!share && column.feature.shape != Shape::Ratio)) return 0;
  auto& x = work.values;
  std::vector<double> counts(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) counts[i] = of->values[rows[i]];
  if (share)
    for (double& value : x) value = std::min(value, 1.0);  // NaN stays
  const Prior prior = prior_of(x, counts, share);
  if (prior.strength <= 0) return 0;
  work.treatment.prior = prior.strength;
  double noise = 0, n = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || !(counts[i] > 0)) continue;
    const double pulled = (x[i] * counts[i] + prior.strength * prior.everyone) / (counts[i] + prior.strength);
    x[i] = share ? std::asin(std::sqrt(pulled)) : std::sqrt(std::max(0.0, pulled));
    noise += std::sqrt(counts[i]) / (2 * (counts[i] + prior.strength));
    n += 1;
  }
  return noise / std::max(1.0, n);
}

// One numeric column: shrunk or straightened, filled, standardised, winsorised.
Work straighten(const FeatureTable& features, const FeatureColumn& column, std::span<const uint32_t> rows) {
  Work work{.values = std::vector<double>(rows.size()),
            .treatment = {.feature = column.feature.name},
            .family = column.feature.family};
  for (size_t i = 0; i < rows.size(); ++i) work.values[i] = column.values[rows[i]];
  auto& x = work.values;
  const double noise = steady(features, column, rows, work);
  if (noise == 0) {
    work.treatment.lambda = fit_yeo_johnson(sample_of(x));
    for (double& value : x) value = yeo_johnson(value, work.treatment.lambda);
  }
  const double middle = median_of(sample_of(x));
  for (double& value : x)
    if (std::isnan(value)) value = middle, ++work.treatment.unknown;
  const double mean = mean_of(x), deviation = deviation_of(x);
  for (double& value : x) value = deviation > 0 ? std::clamp((value - mean) / deviation, -kWinsor, kWinsor) : 0;
  const Humps humps = find_humps(sample_of(x), deviation > 0 ? noise / deviation : 0);
  work.treatment.humps = humps.count;
  work.treatment.weight = std::min(kMostHumpWeight, 1 / std::max(humps.width, 1e-3));
  // The part of the variance that is not chance.
  if (noise > 0 && deviation > 0)
    work.treatment.reliability = std::clamp(1 - noise * noise / (deviation * deviation), 0.1, 1.0);
  return work;
}

// A category becomes one column a level that at least 2 % have, of variance as its share makes it.
std::vector<Work> one_hot(const FeatureColumn& column, std::span<const uint32_t> rows) {
  std::vector<double> count(column.levels.size(), 0);
  for (const uint32_t row : rows)
    if (!std::isnan(column.values[row])) count[static_cast<size_t>(column.values[row])] += 1;
  std::vector<Work> out;
  for (size_t level = 0; level < count.size(); ++level) {
    const double share = count[level] / static_cast<double>(rows.size());
    if (share < 0.02 || share > 0.98) continue;
    Work work{.values = std::vector<double>(rows.size()),
              .treatment = {.feature = fmt::format("{} = {}", column.feature.name, column.levels[level])},
              .family = column.feature.family};
    const double deviation = std::sqrt(share * (1 - share));
    for (size_t i = 0; i < rows.size(); ++i) {
      const double x = column.values[rows[i]];
      if (std::isnan(x)) ++work.treatment.unknown;
      work.values[i] = std::isnan(x) ? 0 : ((x == static_cast<double>(level)) - share) / deviation;
    }
    out.push_back(std::move(work));
  }
  // A word that was typed in may have many levels, of which each counted in full would outvote every number.
  if (column.feature.family == Family::Trait)
    for (Work& work : out) work.share = 1 / static_cast<double>(out.size());
  return out;
}

// What a column adds to the family's vote: one hump shares it with its siblings, clear humps keep their own.
void weigh(std::vector<Work>& works) {
  std::array<double, kFamilies> columns{};
  for (const Work& work : works) columns[static_cast<size_t>(work.family)] += 1;
  for (Work& work : works) {
    const double many = columns[static_cast<size_t>(work.family)], vote = vote_of(work.family);
    double& weight = work.treatment.weight;
    // When someone came, and what a day's luck made of it, are no habits: humps there are the company's history.
    if (vote < 1 && work.family != Family::Season) weight = 1;
    // 0 with one hump, 1 where humps are twice as far apart as chance would make them.
    const double clear = std::clamp(weight - 1, 0.0, 1.0);
    weight *= std::sqrt(work.share * (clear + (1 - clear) * vote * work.treatment.reliability / many));
  }
}

std::vector<std::string> sentences(const std::vector<Work>& works, size_t customers) {
  size_t powers = 0, shrunk = 0, unknown = 0, humped = 0;
  for (const Work& work : works) {
    powers += work.treatment.lambda != 1;
    shrunk += work.treatment.prior > 0;
    unknown += work.treatment.unknown > 0;
    humped += work.treatment.humps > 1;
  }
  std::vector<std::string> said;
  if (powers > 0)
    said.push_back(fmt::format(
        "Heavy tails: {} of {} columns were straightened by a Yeo-Johnson power fitted to the data, then held "
        "to 3 standard deviations, so that no single customer makes a group.",
        powers, works.size()));
  if (shrunk > 0)
    said.push_back(fmt::format(
        "Shares and rates: {} columns were pulled towards everyone's figure by as much as chance explains for few "
        "observations, then put on the arcsine or square-root scale, where chance has the same size everywhere.",
        shrunk));
  if (unknown > 0)
    said.push_back(fmt::format(
        "Missing values: in {} columns customers without a value took the middle one, so that it says nothing "
        "about them.",
        unknown));
  said.push_back(fmt::format(
      "Scale and weight: columns are measured in standard deviations{}; columns of one kind share one vote.",
      humped ? fmt::format(", the {} with clear humps in the width of a hump", humped) : ""));
  (void)customers;
  return said;
}

}  // namespace

double yeo_johnson(double x, double lambda) {
  if (x >= 0) return std::fabs(lambda) < 1e-9 ? std::log1p(x) : (std::pow(x + 1, lambda) - 1) / lambda;
  const double mirrored = 2 - lambda;
  return std::fabs(mirrored) < 1e-9 ? -std::log1p(-x) : -(std::pow(1 - x, mirrored) - 1) / mirrored;
}

double fit_yeo_johnson(std::span<const double> values) {
  if (values.size() < 3 || deviation_of(values) == 0) return 1;
  double logs = 0;
  for (const double x : values) logs += std::copysign(std::log1p(std::fabs(x)), x);
  std::vector<double> moved(values.size());
  const auto likelihood = [&](double lambda) {
    for (size_t i = 0; i < values.size(); ++i) moved[i] = yeo_johnson(values[i], lambda);
    const double deviation = deviation_of(moved);
    if (!(deviation > 0) || !std::isfinite(deviation)) return -std::numeric_limits<double>::infinity();
    return -static_cast<double>(values.size()) * std::log(deviation) + (lambda - 1) * logs;
  };
  // Golden section: the likelihood has one peak.
  constexpr double kGolden = 0.6180339887498949;
  double low = -3, high = 3, a = high - kGolden * (high - low), b = low + kGolden * (high - low);
  double fa = likelihood(a), fb = likelihood(b);
  while (high - low > 1e-6) {
    if (fa > fb) {
      high = b, b = a, fb = fa, a = high - kGolden * (high - low), fa = likelihood(a);
    } else {
      low = a, a = b, fa = fb, b = low + kGolden * (high - low), fb = likelihood(b);
    }
    if (high - low < 1e-3 && values.size() > 5'000) break;
  }
  return (low + high) / 2;
}

Transformed transform(const FeatureTable& features, std::span<const uint32_t> rows) {
  std::vector<const FeatureColumn*> used;
  for (const FeatureColumn& column : features.columns)
    if (column.feature.clusters) used.push_back(&column);
  std::vector<std::vector<Work>> parts(used.size());
  parallel_for(used.size(), 1, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      if (used[i]->feature.shape == Shape::Category)
        parts[i] = one_hot(*used[i], rows);
      else
        parts[i].push_back(straighten(features, *used[i], rows));
    }
  });
  std::vector<Work> works;
  for (auto& part : parts)
    for (Work& work : part) works.push_back(std::move(work));
  weigh(works);
  Transformed out{.table = cluster::Matrix(rows.size(), works.size())};
  for (size_t j = 0; j < works.size(); ++j)
    for (size_t i = 0; i < rows.size(); ++i) out.table.at(i, j) = works[j].values[i] * works[j].treatment.weight;
  out.said = sentences(works, rows.size());
  for (Work& work : works) out.columns.push_back(std::move(work.treatment));
  return out;
}

}  // namespace tessera::features

#include "cluster/cut_selection.hpp"

#include <cmath>
#include <limits>

#include "cluster/cells.hpp"
#include "cluster/gap.hpp"
#include "cluster/kmeans.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/stop.hpp"

namespace tessera::cluster {

namespace {

constexpr size_t kResamples = 8;
constexpr size_t kRefineRounds = 40;  // Lloyd rounds of a candidate; it need not be at its very optimum to be judged
constexpr size_t kResampleRounds = 10;
constexpr size_t kSilhouetteRows = 2000;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

size_t cell_count(size_t rows) {
  return std::min<size_t>(512, std::max<size_t>(rows / 8, 150));
}

struct Cut {
  KMeans fit;
  std::vector<double> stability;  // by cluster
  Candidate figures;
  size_t large = 0;  // clusters of the least size; the others will be absorbed and count for nothing
  double worth = 0;  // (large clusters that hold - large clusters that do not) * silhouette^2
};

struct Sample {
  Matrix rows;
  std::vector<double> weights;  // empty or one a row
  double scale = 1;             // weight of the whole over the weight of the sample
};

Sample sample_of(const Matrix& data, std::span<const double> weights) {
  Sample sample;
  const auto chosen = even_rows(data.rows, kChoiceRows);
  sample.rows = rows_of(data, chosen);
  if (!weights.empty())
    for (const size_t row : chosen) sample.weights.push_back(weights[row]);
  sample.scale = static_cast<double>(data.rows) / static_cast<double>(chosen.size());
  return sample;
}

// Half of the rows, clustered from nothing at every one of the cuts; all rows are then given to the nearest centroid.
std::vector<std::vector<uint32_t>> recluster(const Sample& sample, std::span<const size_t> sizes, Rng rng) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < sample.rows.rows; ++i)
    if (rng.chance(0.5)) rows.push_back(i);
  if (rows.empty()) rows.push_back(0);
  const Matrix half = rows_of(sample.rows, rows);
  std::vector<double> weights;
  if (!sample.weights.empty())
    for (const size_t row : rows) weights.push_back(sample.weights[row]);
  const Cells cells = build_cells(half, weights, cell_count(half.rows) / 2, rng.fork(1));
  std::vector<std::vector<uint32_t>> labels;
  for (const size_t k : sizes) {
    if (is_stopped()) break;
    const KMeans fit = run_kmeans(half, centroids_at(cells, k), weights, kResampleRounds);
    labels.push_back(assign_rows(sample.rows, fit.centroids));
  }
  return labels;
}

void measure_stability(const Sample& sample, std::span<const size_t> sizes, std::vector<Cut>& cuts, const Rng& rng) {
  std::vector<std::vector<std::vector<double>>> overlaps(kResamples);
  parallel_for(kResamples, 1, [&](size_t from, size_t to) {
    for (size_t b = from; b < to; ++b) {
      const auto again = recluster(sample, sizes, rng.fork(100 + b));
      if (is_stopped()) return;
      for (size_t c = 0; c < cuts.size(); ++c) overlaps[b].push_back(best_jaccard(cuts[c].fit.labels, again[c]));
    }
  });
  if (is_stopped()) return;
  for (size_t c = 0; c < cuts.size(); ++c) {
    auto& stability = cuts[c].stability;
    stability.assign(cuts[c].fit.centroids.rows, 0.0);
    for (const auto& overlap : overlaps)
      for (size_t i = 0; i < overlap[c].size(); ++i) stability[i] += overlap[c][i] / kResamples;
  }
}

void measure_silhouettes(const Sample& sample, std::vector<Cut>& cuts) {
  const auto rows = even_rows(sample.rows.rows, kSilhouetteRows);
  std::vector<std::vector<uint32_t>> partitions;
  for (const Cut& cut : cuts) {
    auto& part = partitions.emplace_back();
    for (const size_t row : rows) part.push_back(cut.fit.labels[row]);
  }
  const auto means = mean_silhouettes(rows_of(sample.rows, rows), partitions);
  for (size_t c = 0; c < cuts.size(); ++c) {
    cuts[c].figures.quality.silhouette = means[c];
    cuts[c].figures.quality.silhouette_rows = rows.size();
  }
}

void judge(const Sample& sample, const ClusterOptions& options, Cut& cut) {
  const size_t k = cut.fit.centroids.rows;
  const auto group = unite_without_gap(sample.rows, cut.fit.labels, k);
  std::vector<size_t> members(k, 0);
  for (const uint32_t g : group) ++members[g];
  std::vector<double> mass(k, 0.0);
  for (size_t i = 0; i < cut.fit.labels.size(); ++i)
    mass[cut.fit.labels[i]] += sample.weights.empty() ? 1.0 : sample.weights[i];

  Candidate& figures = cut.figures;
  figures.k = k;
  figures.quality.sse = cut.fit.sse;
  figures.quality.davies_bouldin = davies_bouldin(sample.rows, cut.fit.labels, sample.weights);
  figures.quality.calinski_harabasz = calinski_harabasz(sample.rows, cut.fit.labels, sample.weights);
  figures.quality.dunn = kNaN;
  figures.quality.stability = 0;
  figures.weakest = 1;
  figures.smallest = *std::ranges::min_element(mass) * sample.scale;
  figures.distinct = *std::ranges::max_element(group) + size_t{1};
  for (size_t c = 0; c < k; ++c) {
    if (mass[c] * sample.scale < options.min_size) continue;
    ++cut.large;
    figures.quality.stability += cut.stability[c];
    figures.weakest = std::min(figures.weakest, cut.stability[c]);
    figures.hold += members[group[c]] == 1 && cut.stability[c] >= kHolds;
  }
  if (cut.large) figures.quality.stability /= static_cast<double>(cut.large);
  const double surplus = 2 * static_cast<double>(figures.hold) - static_cast<double>(cut.large);
  const double silhouette = std::max(0.0, figures.quality.silhouette);
  cut.worth = surplus * silhouette * silhouette;
}

// Stopped: none.
std::vector<Cut> look_at(const Sample& sample, const Cells& cells, std::span<const size_t> sizes,
                         const ClusterOptions& options, const Rng& rng) {
  std::vector<Cut> cuts(sizes.size());
  parallel_for(sizes.size(), 1, [&](size_t from, size_t to) {
    for (size_t c = from; c < to && !is_stopped(); ++c)
      cuts[c].fit = run_kmeans(sample.rows, centroids_at(cells, sizes[c]), sample.weights, kRefineRounds);
  });
  if (is_stopped()) return {};
  measure_stability(sample, sizes, cuts, rng);
  if (is_stopped()) return {};
  measure_silhouettes(sample, cuts);
  parallel_for(sizes.size(), 1, [&](size_t from, size_t to) {
    for (size_t c = from; c < to && !is_stopped(); ++c) judge(sample, options, cuts[c]);
  });
  if (is_stopped()) return {};
  return cuts;
}

// The order of preference among cuts: worth, then Davies-Bouldin, then Calinski-Harabasz.
bool better(const Cut& a, const Cut& b) {
  const Quality &x = a.figures.quality, &y = b.figures.quality;
  if (a.worth != b.worth) return a.worth > b.worth;
  if (x.davies_bouldin != y.davies_bouldin) return x.davies_bouldin < y.davies_bouldin;
  return x.calinski_harabasz > y.calinski_harabasz;
}

// More than four in five of its clusters hold: only such a cut is of natural groups.
bool is_natural(const Cut& cut) {
  return cut.figures.hold * 5 > cut.large * 4;
}

const Cut* most_worth(const std::vector<Cut>& cuts, size_t least) {
  const Cut* best = nullptr;
  for (const Cut& cut : cuts)
    if (cut.large >= least && is_natural(cut) && (!best || better(cut, *best))) best = &cut;
  return best;
}

// A continuum is divided at the finest cut that comes back as a whole; where none does, at the one that does most.
const Cut* finest_stable(const std::vector<Cut>& cuts, size_t least) {
  const Cut* best = nullptr;
  for (const Cut& cut : cuts) {
    if (cut.large < least) continue;
    if (!best) best = &cut;
    const double now = cut.figures.quality.stability, before = best->figures.quality.stability;
    if (now >= kHolds || (before < kHolds && now > before)) best = &cut;
  }
  return best;
}

const Cut* best_silhouette(const std::vector<Cut>& cuts) {
  const Cut* best = nullptr;
  for (const Cut& cut : cuts)
    if (!best || cut.figures.quality.silhouette > best->figures.quality.silhouette) best = &cut;
  return best;
}

std::string natural_sentence(const Cut& cut, const std::vector<Cut>& cuts) {
  const Candidate& f = cut.figures;
  std::string text = fmt::format(
      "{} natural groups: {} of them stand apart from all others and come back when half of the data is clustered anew "
      "(mean overlap {:.2f}, weakest {:.2f}); among such cuts it is the finest that pays for itself in separation "
      "(silhouette {:.3f})",
      cut.large, f.hold == cut.large ? "all" : std::to_string(f.hold), f.quality.stability, f.weakest,
      f.quality.silhouette);
  const Cut* silhouette = best_silhouette(cuts);
  if (silhouette->large != cut.large)
    text +=
        fmt::format(". Silhouette alone would say {} ({:.3f}), which {} groups that are apart", silhouette->figures.k,
                    silhouette->figures.quality.silhouette, silhouette->figures.k < f.k ? "unites" : "divides");
  return text + ".";
}

std::string continuum_sentence(const Cut* cut, const Cut* natural) {
  const std::string gaps = natural ? fmt::format("only {} natural groups, fewer than asked for", natural->large)
                                   : "no natural groups: no cut finds groups that stand apart and come back when half "
                                     "of the data is clustered anew";
  if (!cut) return gaps + ".";
  return fmt::format(
      "{}; the continuum is divided into {}, {} (mean overlap {:.2f}, "
      "weakest {:.2f}).",
      gaps, cut->figures.k,
      cut->figures.quality.stability >= kHolds ? "the finest cut that comes back under resampling"
                                               : "the cut that comes back best, though not well",
      cut->figures.quality.stability, cut->figures.weakest);
}

CutChoice answer(const std::vector<Cut>& cuts, const ClusterOptions& options, const Matrix& rows) {
  CutChoice choice;
  for (const Cut& cut : cuts) choice.candidates.push_back(cut.figures);
  const Cut* natural = most_worth(cuts, 2);
  const Cut* chosen = most_worth(cuts, std::max<size_t>(2, options.min_k));
  choice.natural = chosen;
  if (chosen) {
    choice.why = natural_sentence(*chosen, cuts);
  } else {
    const size_t least = options.continuum_k ? options.continuum_k : options.min_k;
    if (least > 1) chosen = finest_stable(cuts, least);
    if (least > 1 && !chosen) chosen = finest_stable(cuts, 2);  // too few rows for so many
    choice.why = continuum_sentence(chosen, natural);
  }
  if (chosen) {
    choice.k = chosen->figures.k;
    choice.start = chosen->fit.centroids;
    choice.stability = chosen->stability;
    return choice;
  }
  choice.start = Matrix(1, rows.columns);
  std::ranges::copy(rows.row(0), choice.start.row(0).begin());
  return choice;
}

}  // namespace

std::vector<size_t> cut_sizes(size_t most) {
  std::vector<size_t> sizes;
  for (size_t k = 2; k <= most; k += k < 24 ? 1 : k / 16 + 1) sizes.push_back(k);
  return sizes;
}

CutChoice choose_cut(const Matrix& data, std::span<const double> weights, const ClusterOptions& options) {
  const Sample sample = sample_of(data, weights);
  const Rng rng(options.seed);
  const Cells cells = build_cells(sample.rows, sample.weights, cell_count(sample.rows.rows), rng.fork(0));
  // A cluster of fewer than four rows of those judged cannot be told from chance.
  const size_t most = std::min({options.max_k, sample.rows.rows / 4, cells.centres.rows});
  const auto sizes = cut_sizes(most);
  std::vector<Cut> cuts = look_at(sample, cells, sizes, options, rng);
  // Around the best of the coarse steps, every cut.
  if (const Cut* best = most_worth(cuts, options.min_k); best && best->figures.k > 24) {
    std::vector<size_t> between;
    for (size_t k = best->figures.k - best->figures.k / 16; k <= std::min(most, best->figures.k + best->figures.k / 16);
         ++k)
      if (std::ranges::find(sizes, k) == sizes.end()) between.push_back(k);
    for (Cut& cut : look_at(sample, cells, between, options, rng)) cuts.push_back(std::move(cut));
    std::ranges::sort(cuts, {}, [](const Cut& cut) { return cut.figures.k; });
  }
  return answer(cuts, options, sample.rows);
}

}  // namespace tessera::cluster

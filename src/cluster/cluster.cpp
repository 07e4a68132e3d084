#include "cluster/cluster.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "cluster/cells.hpp"
#include "cluster/cut_selection.hpp"
#include "cluster/gap.hpp"
#include "cluster/kmeans.hpp"
#include "cluster/seeding.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/stop.hpp"

namespace tessera::cluster {

namespace {

constexpr double kLargest = 1e100;      // beyond it squares and their sums leave the range of double
constexpr size_t kSearchRows = 40'000;  // larger tables search for starts on an even sample
constexpr size_t kTreeCells = 2000;     // leaves of the tree handed back

Result<void> check_input(const Matrix& data, const ClusterOptions& options, std::span<const double> weights) {
  if (data.rows == 0) return fail("there are no rows to cluster");
  if (data.columns == 0) return fail("the rows have no columns");
  if (options.k > data.rows)
    return usage(fmt::format("{} clusters asked for, {} rows given", options.k, data.rows),
                 try_again().option("--k", std::to_string(data.rows)));
  for (size_t i = 0; i < data.values.size(); ++i)
    if (!(std::abs(data.values[i]) <= kLargest))
      return fail(fmt::format("row {}, column {}: {} is not finite or beyond 1e100", i / data.columns + 1,
                              i % data.columns + 1, data.values[i]));
  VERIFY(weights.empty() || weights.size() == data.rows);
  for (size_t i = 0; i < weights.size(); ++i)
    if (!(weights[i] > 0 && weights[i] <= 1e15))
      return fail(fmt::format("row {}: weight {} is not above 0 and at most 1e15", i + 1, weights[i]));
  return {};
}

// Counted up to `enough`.
size_t distinct_rows(const Matrix& data, size_t enough) {
  std::vector<uint32_t> order(data.rows);
  std::iota(order.begin(), order.end(), 0u);
  const auto less = [&](uint32_t a, uint32_t b) {
    return std::ranges::lexicographical_compare(data.row(a), data.row(b));
  };
  // Nearly always the first few rows tell.
  const size_t few = std::min(data.rows, 4 * enough);
  for (const size_t rows : {few, data.rows}) {
    std::sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(rows), less);
    size_t distinct = 1;
    for (size_t i = 1; i < rows && distinct < enough; ++i) distinct += less(order[i - 1], order[i]);
    if (distinct >= enough || rows == data.rows) return distinct;
  }
  return 1;
}

double weight_of(std::span<const double> weights, size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

// A known k: from the tree's cut and from seedings, the least sum of squares wins.
KMeans fit_known(const Matrix& data, std::span<const double> weights, const ClusterOptions& options, size_t k) {
  const Rng rng(options.seed);
  if (data.rows > kSearchRows) {
    const auto chosen = even_rows(data.rows, kSearchRows);
    std::vector<double> part;
    if (!weights.empty())
      for (const size_t row : chosen) part.push_back(weights[row]);
    const KMeans found = fit_known(rows_of(data, chosen), part, options, k);
    return run_kmeans(data, found.centroids, weights);
  }
  const Cells cells =
      build_cells(data, weights, std::max<size_t>(4 * k, std::min<size_t>(data.rows, 512)), rng.fork(0));
  KMeans best = run_kmeans(data, centroids_at(cells, k), weights);
  if (options.restarts == 0) return best;
  Rng seeds = rng.fork(1);
  KMeans seeded = best_kmeans(data, k, options.restarts, seeds, weights);
  return seeded.sse < best.sse ? seeded : best;
}

std::vector<double> masses(const KMeans& fit, std::span<const double> weights) {
  std::vector<double> mass(fit.centroids.rows, 0.0);
  for (size_t i = 0; i < fit.labels.size(); ++i) mass[fit.labels[i]] += weight_of(weights, i);
  return mass;
}

Matrix without_row(const Matrix& m, size_t gone) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < m.rows; ++i)
    if (i != gone) kept.push_back(i);
  return rows_of(m, kept);
}

struct Absorbed {
  double weight;
  std::vector<double> centroid;  // where the small cluster was
};

// The smallest cluster under the least size joins the one it costs least to join (Ward), rows settle again; until none
// is too small. Empty clusters go too.
std::vector<Absorbed> absorb_small(const Matrix& data, std::span<const double> weights, double min_size, KMeans& fit,
                                   std::vector<double>& stability) {
  std::vector<Absorbed> absorbed;
  while (fit.centroids.rows > 1) {
    const auto mass = masses(fit, weights);
    const auto small = static_cast<size_t>(std::ranges::min_element(mass) - mass.begin());
    if (mass[small] > 0 && mass[small] >= min_size) break;
    size_t into = small == 0 ? 1 : 0;
    const auto cost = [&](size_t c) {
      return mass[c] * mass[small] / (mass[c] + mass[small]) *
             squared_distance(fit.centroids.row(c), fit.centroids.row(small));
    };
    for (size_t c = 0; c < mass.size(); ++c)
      if (c != small && mass[c] > 0 && cost(c) < cost(into)) into = c;
    if (mass[small] > 0) {
      const auto place = fit.centroids.row(small);
      absorbed.push_back({mass[small], {place.begin(), place.end()}});
      for (size_t j = 0; j < data.columns; ++j)
        fit.centroids.at(into, j) += mass[small] / (mass[small] + mass[into]) * (place[j] - fit.centroids.at(into, j));
    }
    if (!stability.empty()) stability.erase(stability.begin() + static_cast<ptrdiff_t>(small));
    fit = run_kmeans(data, without_row(fit.centroids, small), weights);
  }
  return absorbed;
}

// order[new] = old: by weight, largest first, then by first row.
std::vector<uint32_t> by_weight(std::span<const uint32_t> labels, const std::vector<double>& mass) {
  std::vector<uint32_t> order(mass.size());
  std::vector<size_t> first(mass.size(), labels.size());
  for (size_t i = labels.size(); i-- > 0;) first[labels[i]] = i;
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(
      order, [&](uint32_t a, uint32_t b) { return mass[a] != mass[b] ? mass[a] > mass[b] : first[a] < first[b]; });
  return order;
}

std::vector<uint32_t> inverse(const std::vector<uint32_t>& order) {
  std::vector<uint32_t> place(order.size());
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<uint32_t>(i);
  return place;
}

struct Pieces {
  Matrix centres;
  std::vector<double> weights;
  std::vector<uint32_t> cluster;  // of each piece
};

// The cells cut along the borders of the clusters: the leaves of the tree.
Pieces cut_cells(const Matrix& data, std::span<const double> weights, const Cells& cells, const Clustering& clustering,
                 std::vector<uint32_t>& leaf_of_row) {
  Pieces pieces;
  std::vector<std::pair<uint64_t, uint32_t>> keys(data.rows);
  for (size_t i = 0; i < data.rows; ++i)
    keys[i] = {static_cast<uint64_t>(clustering.labels[i]) << 32 | cells.cell_of_row[i], static_cast<uint32_t>(i)};
  std::ranges::sort(keys);
  leaf_of_row.resize(data.rows);
  for (size_t p = 0; p < keys.size(); ++p) {
    if (p == 0 || keys[p].first != keys[p - 1].first) {
      pieces.cluster.push_back(static_cast<uint32_t>(keys[p].first >> 32));
      pieces.weights.push_back(0);
      pieces.centres.values.resize(pieces.centres.values.size() + data.columns, 0.0);
    }
    const size_t row = keys[p].second, piece = pieces.cluster.size() - 1;
    const double w = weight_of(weights, row);
    leaf_of_row[row] = static_cast<uint32_t>(piece);
    pieces.weights[piece] += w;
    for (size_t j = 0; j < data.columns; ++j)
      pieces.centres.values[piece * data.columns + j] +=
          w / pieces.weights[piece] * (data.at(row, j) - pieces.centres.values[piece * data.columns + j]);
  }
  pieces.centres.rows = pieces.cluster.size();
  pieces.centres.columns = data.columns;
  return pieces;
}

// Ward inside every cluster first, then Ward over the clusters: the cut at k is the clusters, whatever the heights.
Tree nested_tree(const Pieces& pieces, const Matrix& centroids, std::span<const double> masses) {
  struct Step {
    double height;
    uint32_t cluster, order;
    Merge merge;  // ids in the cluster's own tree
  };
  const size_t k = centroids.rows, leaves = pieces.cluster.size();
  Tree tree{.leaves = leaves, .merges = {}};
  std::vector<Step> steps;
  std::vector<std::vector<uint32_t>> node(k);  // of each cluster's own tree: number in the whole
  for (size_t c = 0, from = 0; c < k; ++c) {
    size_t to = from;
    while (to < leaves && pieces.cluster[to] == c) ++to;
    std::vector<size_t> rows(to - from);
    std::iota(rows.begin(), rows.end(), from);
    for (const size_t row : rows) node[c].push_back(static_cast<uint32_t>(row));
    const Tree own =
        build_tree(rows_of(pieces.centres, rows), Linkage::Ward, std::span(pieces.weights).subspan(from, to - from));
    for (size_t m = 0; m < own.merges.size(); ++m)
      steps.push_back({own.merges[m].height, static_cast<uint32_t>(c), static_cast<uint32_t>(m), own.merges[m]});
    from = to;
  }
  std::ranges::sort(steps, {}, [](const Step& s) { return std::tuple(s.height, s.cluster, s.order); });
  const auto push = [&](std::vector<uint32_t>& nodes, const Merge& merge) {
    const uint32_t a = nodes[merge.left], b = nodes[merge.right];
    nodes.push_back(static_cast<uint32_t>(leaves + tree.merges.size()));
    tree.merges.push_back({std::min(a, b), std::max(a, b), merge.height, merge.weight});
  };
  for (const Step& step : steps) push(node[step.cluster], step.merge);
  std::vector<uint32_t> tops;
  for (const auto& nodes : node) tops.push_back(nodes.back());
  for (const Merge& merge : build_tree(centroids, Linkage::Ward, masses).merges) push(tops, merge);
  return tree;
}

std::string merged_sentence(const std::vector<SmallCluster>& absorbed, double min_size) {
  if (absorbed.empty()) return {};
  double weight = 0;
  for (const SmallCluster& small : absorbed) weight += small.weight;
  return fmt::format(" {} cluster{} under {} ({} in all) joined the nearest.", absorbed.size(),
                     absorbed.size() == 1 ? "" : "s", min_size, weight);
}

bool is_natural(const Matrix& data, std::span<const uint32_t> labels, size_t k) {
  const auto rows = even_rows(data.rows, kChoiceRows);
  std::vector<uint32_t> part;
  for (const size_t row : rows) part.push_back(labels[row]);
  const auto group = unite_without_gap(rows_of(data, rows), part, k);
  return *std::ranges::max_element(group) + size_t{1} == k;
}

struct Fit {
  KMeans means;
  std::vector<double> stability;
  Clustering about;  // what the choice says of itself
};

Fit fit_chosen(const Matrix& data, std::span<const double> weights, const ClusterOptions& options) {
  CutChoice choice = choose_cut(data, weights, options);
  Fit fit{.means = run_kmeans(data, choice.start, weights), .stability = std::move(choice.stability), .about = {}};
  fit.about.natural = choice.natural;
  fit.about.candidates = std::move(choice.candidates);
  fit.about.chosen_by = std::move(choice.why);
  return fit;
}

Fit fit_asked(const Matrix& data, std::span<const double> weights, const ClusterOptions& options) {
  const size_t distinct = distinct_rows(data, options.k), k = std::min(options.k, distinct);
  Fit fit{.means = fit_known(data, weights, options, k), .stability = {}, .about = {}};
  fit.about.natural = k > 1 && is_natural(data, fit.means.labels, fit.means.centroids.rows);
  fit.about.chosen_by = fmt::format("{} clusters, as asked", options.k);
  if (k < options.k) fit.about.chosen_by += fmt::format("; only {} rows differ, so there are {}", distinct, k);
  fit.about.chosen_by +=
      k > 1 && !fit.about.natural ? "; not all of them stand apart: some borders run through a crowd." : ".";
  return fit;
}

}  // namespace

std::vector<uint32_t> Clustering::labels_at(size_t cut) const {
  const auto group = cut_tree(tree, cut);
  std::vector<uint32_t> at(leaf_of_row.size());
  std::vector<double> mass(std::clamp<size_t>(cut, 1, tree.leaves), 0.0);
  for (size_t leaf = 0; leaf < group.size(); ++leaf) mass[group[leaf]] += leaf_weights[leaf];
  for (size_t i = 0; i < at.size(); ++i) at[i] = group[leaf_of_row[i]];
  const auto place = inverse(by_weight(at, mass));
  for (uint32_t& label : at) label = place[label];
  return at;
}

Result<Clustering> cluster(const Matrix& data, const ClusterOptions& options, std::span<const double> weights) {
  if (auto checked = check_input(data, options, weights); !checked) return std::unexpected(std::move(checked).error());
  Fit fit = options.k ? fit_asked(data, weights, options) : fit_chosen(data, weights, options);
  TRY(go_on());
  const auto absorbed = absorb_small(data, weights, options.min_size, fit.means, fit.stability);

  Clustering result = std::move(fit.about);
  const auto mass = masses(fit.means, weights);
  const auto order = by_weight(fit.means.labels, mass), place = inverse(order);
  result.k = order.size();
  result.labels = std::move(fit.means.labels);
  for (uint32_t& label : result.labels) label = place[label];
  result.centroids = Matrix(result.k, data.columns);
  for (size_t c = 0; c < result.k; ++c) {
    std::ranges::copy(fit.means.centroids.row(order[c]), result.centroids.row(c).begin());
    result.weights.push_back(mass[order[c]]);
    if (!fit.stability.empty()) result.cluster_stability.push_back(fit.stability[order[c]]);
  }
  for (const Absorbed& small : absorbed) {
    const Matrix place_of = [&] {
      Matrix m(1, data.columns);
      std::ranges::copy(small.centroid, m.row(0).begin());
      return m;
    }();
    result.absorbed.push_back({small.weight, assign_rows(place_of, result.centroids)[0]});
  }
  result.chosen_by += merged_sentence(result.absorbed, options.min_size);
  result.quality = quality_of(data, result.labels, weights);
  if (!result.cluster_stability.empty())
    result.quality.stability = std::accumulate(result.cluster_stability.begin(), result.cluster_stability.end(), 0.0) /
                               static_cast<double>(result.k);

  TRY(go_on());
  const Cells cells =
      build_cells(data, weights, std::min(kTreeCells, std::max<size_t>(512, 8 * result.k)), Rng(options.seed).fork(2));
  const Pieces pieces = cut_cells(data, weights, cells, result, result.leaf_of_row);
  result.tree = nested_tree(pieces, result.centroids, result.weights);
  result.leaf_weights = pieces.weights;
  TRY(go_on());
  return result;
}

Clustering clustering_of(const Matrix& data, std::vector<uint32_t> labels, size_t k, std::vector<size_t>& order) {
  std::vector<double> size(k, 0);
  for (const uint32_t label : labels) size[label] += 1;
  order.resize(k);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater(), [&](size_t c) { return size[c]; });
  std::vector<uint32_t> rank(k);
  for (size_t place = 0; place < k; ++place) rank[order[place]] = static_cast<uint32_t>(place);
  Clustering out{.k = k, .centroids = Matrix(k, data.columns), .weights = std::vector<double>(k, 0), .natural = false};
  for (size_t i = 0; i < labels.size(); ++i) {
    uint32_t& label = labels[i];
    label = rank[label];
    const double share = 1 / ++out.weights[label];
    for (size_t j = 0; j < data.columns; ++j)
      out.centroids.at(label, j) += share * (data.at(i, j) - out.centroids.at(label, j));
  }
  out.labels = std::move(labels);
  out.quality = quality_of(data, out.labels);
  out.tree = build_tree(out.centroids, Linkage::Ward, out.weights);
  out.leaf_of_row = out.labels;
  out.leaf_weights = out.weights;
  return out;
}

}  // namespace tessera::cluster

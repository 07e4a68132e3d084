#include "cluster/cells.hpp"

#include <numeric>

#include "cluster/kmeans.hpp"
#include "cluster/seeding.hpp"

namespace tessera::cluster {

namespace {

constexpr size_t kSeedRows = 40'000;  // rows the cells of a large table are found on
constexpr size_t kSeedRounds = 12;    // a cell needs to be small, not at an optimum
constexpr size_t kSettleRounds = 2;

Cells rows_as_cells(const Matrix& data, std::span<const double> weights) {
  Cells cells{.centres = data, .weights = {weights.begin(), weights.end()}, .cell_of_row = {}, .tree = {}};
  if (weights.empty()) cells.weights.assign(data.rows, 1.0);
  cells.cell_of_row.resize(data.rows);
  std::iota(cells.cell_of_row.begin(), cells.cell_of_row.end(), 0u);
  return cells;
}

// Cells without rows are dropped.
Cells cells_of(const KMeans& fit, std::span<const double> weights) {
  std::vector<double> mass(fit.centroids.rows, 0.0);
  for (size_t i = 0; i < fit.labels.size(); ++i) mass[fit.labels[i]] += weights.empty() ? 1.0 : weights[i];
  Cells cells;
  std::vector<size_t> kept;
  std::vector<uint32_t> number(mass.size());
  for (size_t c = 0; c < mass.size(); ++c) {
    number[c] = static_cast<uint32_t>(kept.size());
    if (mass[c] <= 0) continue;
    kept.push_back(c);
    cells.weights.push_back(mass[c]);
  }
  cells.centres = rows_of(fit.centroids, kept);
  cells.cell_of_row.reserve(fit.labels.size());
  for (const uint32_t label : fit.labels) cells.cell_of_row.push_back(number[label]);
  return cells;
}

}  // namespace

std::vector<size_t> even_rows(size_t rows, size_t count) {
  count = std::min(rows, count);
  std::vector<size_t> chosen(count);
  for (size_t i = 0; i < count; ++i) chosen[i] = i * rows / count;
  return chosen;
}

Cells build_cells(const Matrix& data, std::span<const double> weights, size_t count, Rng rng) {
  Cells cells;
  if (data.rows <= count) {
    cells = rows_as_cells(data, weights);
  } else if (data.rows <= kSeedRows) {
    cells = cells_of(run_kmeans(data, seed_centroids(data, count, rng, weights, 1), weights, kSeedRounds), weights);
  } else {
    const auto rows = even_rows(data.rows, kSeedRows);
    const Matrix sample = rows_of(data, rows);
    const KMeans found = run_kmeans(sample, seed_centroids(sample, count, rng, {}, 1), {}, kSeedRounds);
    cells = cells_of(run_kmeans(data, found.centroids, weights, kSettleRounds), weights);
  }
  cells.tree = build_tree(cells.centres, Linkage::Ward, cells.weights);
  return cells;
}

Matrix centroids_at(const Cells& cells, size_t k) {
  const auto group = cut_tree(cells.tree, k);
  const size_t count = *std::ranges::max_element(group) + size_t{1};
  Matrix centroids(count, cells.centres.columns);
  std::vector<double> mass(count, 0.0);
  for (size_t c = 0; c < cells.centres.rows; ++c) {
    mass[group[c]] += cells.weights[c];
    for (size_t j = 0; j < centroids.columns; ++j)
      centroids.at(group[c], j) += cells.weights[c] * cells.centres.at(c, j);
  }
  for (size_t g = 0; g < count; ++g)
    for (double& x : centroids.row(g)) x /= mass[g];
  return centroids;
}

}  // namespace tessera::cluster

#include "cluster/seeding.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "core/parallel.hpp"

namespace tessera::cluster {

namespace {

constexpr size_t kGrain = 2048;
constexpr int kSwapRounds = 3;  // Lloyd rounds that tell whether a swap is worth finishing
constexpr size_t kMovePasses = 200;

double weight_of(std::span<const double> weights, size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

// Weighted squared distance to the nearest centre chosen so far, and draws in proportion to it.
class Potential {
 public:
  Potential(const Matrix& data, std::span<const double> weights)
      : data_(data),
        weights_(weights),
        nearest_(data.rows, std::numeric_limits<double>::infinity()),
        blocks_((data.rows + kGrain - 1) / kGrain) {}

  double total() const { return std::accumulate(blocks_.begin(), blocks_.end(), 0.0); }

  // What the total would be with this row as one more centre, for each of the candidates.
  std::vector<double> totals_with(std::span<const size_t> candidates) const {
    std::vector<std::vector<double>> parts(blocks_.size(), std::vector<double>(candidates.size(), 0.0));
    parallel_for(data_.rows, kGrain, [&](size_t from, size_t to) {
      for (size_t t = 0; t < candidates.size(); ++t) {
        double sum = 0;
        const auto centre = data_.row(candidates[t]);
        for (size_t i = from; i < to; ++i)
          if (nearest_[i] > 0)
            sum += weight_of(weights_, i) * std::min(nearest_[i], squared_distance(data_.row(i), centre));
        parts[from / kGrain][t] = sum;
      }
    });
    std::vector<double> totals(candidates.size(), 0.0);
    for (const auto& part : parts)
      for (size_t t = 0; t < totals.size(); ++t) totals[t] += part[t];
    return totals;
  }

  void add_centre(std::span<const double> centre) {
    parallel_for(data_.rows, kGrain, [&](size_t from, size_t to) {
      double sum = 0;
      for (size_t i = from; i < to; ++i) {
        if (nearest_[i] > 0) nearest_[i] = std::min(nearest_[i], squared_distance(data_.row(i), centre));
        sum += weight_of(weights_, i) * nearest_[i];
      }
      blocks_[from / kGrain] = sum;
    });
  }

  size_t draw(Rng& rng) const {
    double left = rng.uniform() * total();
    size_t block = 0;
    while (block + 1 < blocks_.size() && left >= blocks_[block]) left -= blocks_[block++];
    size_t last = block * kGrain;
    for (size_t i = block * kGrain; i < std::min(data_.rows, (block + 1) * kGrain); ++i) {
      if (nearest_[i] <= 0) continue;
      last = i;
      left -= weight_of(weights_, i) * nearest_[i];
      if (left < 0) break;
    }
    return last;
  }

 private:
  const Matrix& data_;
  std::span<const double> weights_;
  std::vector<double> nearest_, blocks_;
};

// The state of Hartigan and Wong's moves: centroids follow every move at once.
class Mover {
 public:
  Mover(const Matrix& data, std::span<const double> weights, KMeans& fit)
      : data_(data), weights_(weights), fit_(fit), mass_(fit.centroids.rows, 0.0) {
    for (size_t i = 0; i < data.rows; ++i) mass_[fit.labels[i]] += weight_of(weights, i);
  }

  bool pass() {
    bool moved = false;
    for (size_t i = 0; i < data_.rows; ++i) moved = try_move(i) || moved;
    return moved;
  }

 private:
  bool try_move(size_t i) {
    const uint32_t from = fit_.labels[i];
    const double w = weight_of(weights_, i);
    if (mass_[from] <= w * (1 + 1e-12)) return false;
    const auto row = data_.row(i);
    const double saved = mass_[from] * w / (mass_[from] - w) * squared_distance(row, fit_.centroids.row(from));
    double least = saved * (1 - 1e-10);
    uint32_t to = from;
    for (uint32_t c = 0; c < fit_.centroids.rows; ++c) {
      if (c == from) continue;
      const double cost = mass_[c] * w / (mass_[c] + w) * squared_distance(row, fit_.centroids.row(c));
      if (cost < least) {
        least = cost;
        to = c;
      }
    }
    if (to == from) return false;
    shift(from, row, -w);
    shift(to, row, w);
    fit_.labels[i] = to;
    return true;
  }

  void shift(uint32_t cluster, std::span<const double> row, double w) {
    mass_[cluster] += w;
    const auto centre = fit_.centroids.row(cluster);
    for (size_t j = 0; j < row.size(); ++j) centre[j] += w / mass_[cluster] * (row[j] - centre[j]);
  }

  const Matrix& data_;
  std::span<const double> weights_;
  KMeans& fit_;
  std::vector<double> mass_;
};

}  // namespace

Matrix seed_centroids(const Matrix& data, size_t k, Rng& rng, std::span<const double> weights, size_t trials) {
  if (trials == 0) trials = 2 + static_cast<size_t>(std::log(static_cast<double>(k)));
  Potential potential(data, weights);
  std::vector<size_t> chosen;
  std::vector<size_t> candidates(trials);
  size_t next = weights.empty() ? rng.below(data.rows) : rng.pick(weights);
  for (;;) {
    chosen.push_back(next);
    potential.add_centre(data.row(next));
    if (chosen.size() == k || potential.total() <= 0) break;
    for (size_t& candidate : candidates) candidate = potential.draw(rng);
    if (trials == 1) {
      next = candidates[0];
      continue;
    }
    const auto totals = potential.totals_with(candidates);
    next = candidates[static_cast<size_t>(std::ranges::min_element(totals) - totals.begin())];
  }
  return rows_of(data, chosen);
}

void refine_by_moves(const Matrix& data, std::span<const double> weights, KMeans& fit) {
  Mover mover(data, weights, fit);
  bool moved = false;
  for (size_t pass = 0; pass < kMovePasses && mover.pass(); ++pass) moved = true;
  // No move helps: every row is also nearest to its own centroid, so Lloyd only cleans up the rounding.
  if (moved) fit = run_kmeans(data, fit.centroids, weights);
}

void refine_by_swaps(const Matrix& data, std::span<const double> weights, KMeans& fit, Rng& rng, size_t trials) {
  const size_t k = fit.centroids.rows;
  if (k < 2) return;
  for (size_t trial = 0; trial < trials; ++trial) {
    Matrix start = fit.centroids;
    const size_t row = rng.below(data.rows);
    std::ranges::copy(data.row(row), start.row(rng.below(k)).begin());
    KMeans swapped = run_kmeans(data, start, weights, kSwapRounds);
    if (swapped.sse > fit.sse * 1.1) continue;
    swapped = run_kmeans(data, swapped.centroids, weights);
    refine_by_moves(data, weights, swapped);
    if (swapped.sse < fit.sse * (1 - 1e-12)) fit = std::move(swapped);
  }
}

KMeans best_kmeans(const Matrix& data, size_t k, size_t restarts, Rng& rng, std::span<const double> weights) {
  constexpr size_t kSmallWork = 2'000'000;  // n k d under which moves and swaps cost little
  const bool small = data.rows * k * data.columns <= kSmallWork;
  KMeans best;
  for (size_t restart = 0; restart < std::max<size_t>(1, restarts); ++restart) {
    KMeans fit = run_kmeans(data, seed_centroids(data, k, rng, weights), weights);
    if (small) refine_by_moves(data, weights, fit);
    if (restart == 0 || fit.sse < best.sse) best = std::move(fit);
  }
  if (small) refine_by_swaps(data, weights, best, rng, 2 * k + 10 * restarts);
  return best;
}

}  // namespace tessera::cluster

// Where k-means starts, and how it leaves a poor optimum: greedy k-means++ (Arthur and Vassilvitskii 2007, several
// trials a centre as scikit-learn does), swaps of a whole centroid (Fränti 2018) and single-row moves (Hartigan and
// Wong 1979).
#pragma once

#include <cstdint>
#include <span>

#include "cluster/kmeans.hpp"
#include "cluster/matrix.hpp"
#include "core/random.hpp"

namespace tessera::cluster {

// k rows of the data as centroids, fewer where there are fewer distinct rows. `trials` candidates a centre, the best is
// kept; 0 = 2 + log k. O(n k d trials).
Matrix seed_centroids(const Matrix& data, size_t k, Rng& rng, std::span<const double> weights = {}, size_t trials = 0);

// Moves single rows between clusters while that lowers the sum of squares (size-corrected, so it passes optima where
// Lloyd stops), until no move helps. O(n k d) a pass.
void refine_by_moves(const Matrix& data, std::span<const double> weights, KMeans& fit);

// Takes centroids away where they are least missed, puts them where they help most, keeps what lowers the sum of
// squares.
void refine_by_swaps(const Matrix& data, std::span<const double> weights, KMeans& fit, Rng& rng, size_t trials);

// The best of `restarts` seedings, each run to convergence; small tables are then refined by swaps and moves.
KMeans best_kmeans(const Matrix& data, size_t k, size_t restarts, Rng& rng, std::span<const double> weights = {});

}  // namespace tessera::cluster

// Exact k-means (Lloyd 1982), accelerated: label for label what plain Lloyd gives from the same start.
//
// Rules that make "the same" well defined, ties, duplicates and empty clusters included:
// - a row goes to the centroid with the least squared_distance() in double; ties go to the lower index;
// - a centroid is the weighted mean of its rows, from exact fixed-point sums (see kmeans.cpp), so that neither the
// order
//   of additions nor the number of threads matters;
// - a cluster left without rows keeps its centroid where it was;
// - it ends when a round changes no label, or after max_rounds, then with one assignment more, so that the labels
// handed
//   back are always those of the centroids handed back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/matrix.hpp"

namespace tessera::cluster {

struct KMeans {
  Matrix centroids;
  std::vector<uint32_t> labels;
  double sse = 0;     // sum of weight * squared distance of each row to its centroid
  size_t rounds = 0;  // assignment passes, the first included
  bool converged = false;
  uint64_t distances = 0;  // distances computed between rows and centroids, how much was skipped
};

// REQUIRES: finite data below 1e100 in size, start.rows >= 1 and the same columns; weights empty or one positive a row.
// Memory: n (4 d + 16) bytes beside the data, and the tables of neighbours, at most k * 256 * d floats.
KMeans run_kmeans(const Matrix& data, const Matrix& start, std::span<const double> weights = {},
                  size_t max_rounds = 300);

// Only the assignment: the nearest centroid of every row by the rule above.
std::vector<uint32_t> assign_rows(const Matrix& data, const Matrix& centroids);

}  // namespace tessera::cluster

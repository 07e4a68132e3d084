// How good is a partition: the internal indices (silhouette, Davies-Bouldin, Calinski-Harabasz, Dunn), and agreement of
// two partitions (adjusted Rand index, Jaccard of each cluster, macro F1). Definitions as in scikit-learn 1.2 and R's
// fpc/clusterCrit: Dunn is the least single-link separation over the largest diameter.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/matrix.hpp"

namespace tessera::cluster {

// Figures that do not exist (one cluster; every row its own) are NaN.
struct Quality {
  double sse = 0;                // sum of weighted squared distances to the centroids
  double silhouette = 0;         // mean over rows, -1..1, higher is better
  double davies_bouldin = 0;     // lower is better
  double calinski_harabasz = 0;  // higher is better
  double dunn = 0;               // higher is better; reported, never selected by: one pair of outliers decides it
  double stability = 0;          // mean Jaccard under resampling, 0..1; NaN where not measured
  size_t silhouette_rows = 0;    // rows silhouette and Dunn were computed on: all, or a fixed sample of a large table
};

// Rows above which silhouette and Dunn (O(n^2)) are computed on a fixed evenly spread sample of this many rows.
inline constexpr size_t kExactRows = 20'000;

// Labels are 0..k-1. Weights count in sse, Calinski-Harabasz and Davies-Bouldin; silhouette and Dunn are by rows.
Quality quality_of(const Matrix& data, std::span<const uint32_t> labels, std::span<const double> weights = {});

// The silhouette of every row; a row alone in its cluster has 0 (Rousseeuw 1987). O(n^2 d).
std::vector<double> silhouettes(const Matrix& data, std::span<const uint32_t> labels);
// Mean silhouette of several partitions of the same rows; distances are computed once. O(n^2 (d + partitions)).
std::vector<double> mean_silhouettes(const Matrix& data, std::span<const std::vector<uint32_t>> partitions);
double davies_bouldin(const Matrix& data, std::span<const uint32_t> labels, std::span<const double> weights = {});
double calinski_harabasz(const Matrix& data, std::span<const uint32_t> labels, std::span<const double> weights = {});
double dunn(const Matrix& data, std::span<const uint32_t> labels);  // O(n^2 d)

// Hubert and Arabie 1985: 1 = the same partition, about 0 = chance. Labels may be any numbers.
double adjusted_rand_index(std::span<const uint32_t> a, std::span<const uint32_t> b);
// For every cluster of `a` (0..k-1) the best Jaccard overlap with a cluster of `b`; 0 for an empty cluster.
std::vector<double> best_jaccard(std::span<const uint32_t> a, std::span<const uint32_t> b);

struct F1 {
  double precision = 0, recall = 0, f1 = 0;
};
// One a class of `truth` (0..k-1): how well `predicted` finds it. A class never predicted has precision 0.
std::vector<F1> f1_by_class(std::span<const uint32_t> truth, std::span<const uint32_t> predicted);
double macro_f1(std::span<const uint32_t> truth, std::span<const uint32_t> predicted);

}  // namespace tessera::cluster

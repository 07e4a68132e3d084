// Choosing the cut: how many clusters are there, if any?
//
// Every cut of the Ward tree, refined by k-means, is asked two questions of each of its clusters:
//   does it come back? the mean Jaccard overlap with its like when half of the rows are clustered anew (Hennig 2007);
//   does it stand apart? no crowd runs through the border with a neighbour (gap.hpp).
// A cluster that does both holds; a cut in which more than four in five hold is one of natural groups. Among those the
// one with the most worth is chosen: (clusters that hold less those that do not) * silhouette^2, ties by
// Davies-Bouldin, then Calinski-Harabasz. (Clusters under the least size count for nothing, they are merged away
// later.) So a finer cut must pay: twice the clusters may cost at most 29 % of the silhouette. The finest true level of
// a hierarchy wins (silhouette alone prefers the coarsest: 2 on `unbalance`, whose truth is 8), small steps inside a
// group, such as a feature that is nought for some, do not; and data without gaps has no such cut: no natural groups is
// the answer.
//
// Neither question alone is enough: many halves of one long crowd come back every time, and in many dimensions any
// small scraps seem to stand apart.
#pragma once

#include <string>
#include <vector>

#include "cluster/clustering.hpp"

namespace tessera::cluster {

inline constexpr double kHolds = 0.75;         // Jaccard from which a cluster is said to come back (Hennig's "valid")
inline constexpr size_t kChoiceRows = 10'000;  // larger tables are judged on an even sample of so many rows

struct CutChoice {
  size_t k = 1;
  bool natural = false;
  Matrix start;                       // centroids of the chosen cut on the rows judged
  std::vector<double> stability;      // of its clusters, in the order of `start`
  std::vector<Candidate> candidates;  // by k
  std::string why;                    // one sentence
};

// REQUIRES: as cluster() checks. O(rows judged * max_k^2 * columns), at most kChoiceRows.
CutChoice choose_cut(const Matrix& data, std::span<const double> weights, const ClusterOptions& options);

// The cuts looked at between 2 and most: every one to 24, then one in about sixteen.
std::vector<size_t> cut_sizes(size_t most);

}  // namespace tessera::cluster

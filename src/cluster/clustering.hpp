// What clustering is asked and what it answers: options, the cuts that were looked at, the chosen one with its tree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/hierarchy.hpp"
#include "cluster/matrix.hpp"
#include "cluster/quality.hpp"

namespace tessera::cluster {

struct ClusterOptions {
  size_t k = 0;  // how many clusters; 0 = choose
  // Choosing. Fewer natural groups than min_k do not count. Where none count, the data is a continuum: it is divided at
  // its finest stable cut into at least continuum_k (0 = as min_k) clusters; 1 = not divided: k is 1, "no natural
  // groups".
  size_t min_k = 1, continuum_k = 0;
  size_t max_k = 64;    // choosing: the finest cut looked at
  double min_size = 0;  // least weight of a cluster (rows, if unweighted): smaller ones join their nearest sibling
  uint64_t seed = 1;
  size_t restarts = 4;  // starts of k-means beside the tree's own, the best sum of squares wins
};

// One cut that was looked at.
struct Candidate {
  size_t k = 0;
  Quality quality;      // on the rows of the choice: all, or a fixed sample of a large table
  double weakest = 0;   // the least stable cluster's Jaccard under resampling
  size_t distinct = 0;  // clusters left when those with no gap between them are united; k = all are apart
  size_t hold = 0;      // clusters of the least size that stand apart and come back under resampling
  double smallest = 0;  // weight of the smallest cluster
};

struct SmallCluster {
  double weight = 0;  // of the cluster that was too small
  uint32_t into = 0;  // the cluster (final number) it joined
};

struct Clustering {
  size_t k = 0;
  std::vector<uint32_t> labels;  // one a row, 0..k-1
  Matrix centroids;              // k rows, in the input's scale
  std::vector<double> weights;   // of each cluster: rows, or the sum of their weights
  Quality quality;
  bool natural = true;                // false: not all clusters stand apart from the others (asked for, or a continuum)
  std::vector<Candidate> candidates;  // by k; empty unless chosen automatically
  std::vector<SmallCluster> absorbed;     // clusters under min_size that were merged away
  std::vector<double> cluster_stability;  // of each cluster, mean Jaccard under resampling; empty unless measured
  std::string chosen_by;                  // one sentence: which k and why
  Tree tree;                              // its cut at k is `labels`
  std::vector<uint32_t> leaf_of_row;      // the tree's leaf of every row
  std::vector<double> leaf_weights;       // of each leaf

  // The label of every row at any cut of the tree: nested; at k equal to `labels`. Cut sizes are held to
  // [1, tree.leaves]. Coarser and finer cuts are numbered by weight, largest first.
  std::vector<uint32_t> labels_at(size_t cut) const;
};

}  // namespace tessera::cluster

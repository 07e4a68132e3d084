// The front door of clustering: numbers in, labels and threshold rules out; knows no customer.
//
//   the whole way  cluster.hpp        cluster (below), for `tessera cluster` and for discovery
//                  clustering.hpp     ClusterOptions, Clustering: what is asked and answered
//                  cluster_table.hpp  cluster_table: of any numeric table (table.hpp reads it)
//   k-means        matrix.hpp         Matrix: rows and columns
//                  seeding.hpp        best_kmeans: where it starts, and how it leaves a poor optimum
//                  kmeans.hpp         run_kmeans: exact
//                  distances.hpp      DistanceTable; lanes.hpp: eight floats at a time
//                  row_sums.hpp       Sums: exact, in any order
//   the tree       cells.hpp          build_cells: many small cells
//                  hierarchy.hpp      build_tree, cut_tree
//   which cut      cut_selection.hpp  choose_cut: natural groups, if any
//                  gap.hpp            unite_without_gap: is there one between two clusters?
//                  quality.hpp        quality_of, silhouettes, adjusted_rand_index
//                  continuum.hpp      divide_continuum: where there are no natural groups
//   rules          rules.hpp          find_rules: a conjunction for each cluster
//                  goal_tree.hpp      GoalTree: grown on what customers did next
//
// Two stages. A fine exact k-means divides the rows into many small cells (a small table: every row is its own cell);
// Ward merges the cells into a tree; the tree is cut into k groups and k-means runs to convergence from the cut's
// centroids. The tree handed back is then rebuilt around the refined clusters, so that they are exactly its cut at k:
// finer cuts divide the clusters, coarser cuts unite them, and every cut is nested in the next.
//
// Results depend on data, weights, options and seed alone: not on the number of threads, nor on the order of the rows
// other than through the random draws. Clusters are numbered by weight, largest first (ties: lower first row).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/clustering.hpp"
#include "core/result.hpp"

namespace tessera::cluster {

// Errors: it was stopped (core/stop.hpp); no rows; a value that is not finite or beyond 1e100 (its row and column
// counted from 1); a weight that is not above 0; more clusters asked for than rows (usage). Fewer distinct rows than k
// is no error: k is lowered to them, and chosen_by says so. Cost: 1 M x 20, auto, about 10 s on 2 cores; 4,400 x 20
// under 2 s.
Result<Clustering> cluster(const Matrix& data, const ClusterOptions& options, std::span<const double> weights = {});

// Of groups that were made otherwise: numbered by their rows, largest first (`order`: the old number of each), with
// their means as centroids, quality but for stability, and a tree of Ward with the groups as leaves. Labels are 0..k-1,
// each there at least once.
Clustering clustering_of(const Matrix& data, std::vector<uint32_t> labels, size_t k, std::vector<size_t>& order);

}  // namespace tessera::cluster

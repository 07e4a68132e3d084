// Hierarchical clustering: a tree of merges by nearest-neighbour chain (Murtagh 1983), O(n^2) time for every linkage
// here. Ward works on weighted centroids in O(n d) memory, so it can start from the cells of a fine k-means; the others
// keep the matrix of distances (n (n - 1) / 2 doubles) and are for reference and small tables.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/matrix.hpp"

namespace tessera::cluster {

enum class Linkage { Ward, Average, Complete, Single };

// Node ids as in scipy and R: leaves are 0..leaves-1, merge m makes node leaves + m.
struct Merge {
  uint32_t left = 0, right = 0;  // left < right
  double height = 0;             // in units of distance; Ward: sqrt(2 * growth of the sum of squares), as R's ward.D2
  double weight = 0;             // sum of the weights of the leaves below
  bool operator==(const Merge&) const = default;
};

// The merges in order of application: a cut into k groups is what is left after the first leaves - k of them.
struct Tree {
  size_t leaves = 0;
  std::vector<Merge> merges;  // leaves - 1 of them
};

// Merges are sorted by height (ties: by the lower first leaf). REQUIRES: rows >= 1; weights empty or one positive
// weight a row (Ward only).
Tree build_tree(const Matrix& points, Linkage linkage, std::span<const double> weights = {});

// The group of every leaf at the cut into k groups; groups are numbered by their first leaf. k is held to [1, leaves].
std::vector<uint32_t> cut_tree(const Tree& tree, size_t k);

}  // namespace tessera::cluster

#include "cluster/hierarchy.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "cluster/distances.hpp"
#include "core/result.hpp"

namespace tessera::cluster {

namespace {

struct RawMerge {
  uint32_t a, b;  // slots: a lives on, b is gone
  double height;
};

// The nearest-neighbour chain: from any active slot step to its nearest until two are each other's nearest; merge them
// and go on from where the chain was. Right for linkages in which a merge brings nobody closer than both parts were, as
// all here are. `nearest(slot, previous)` prefers `previous` in a tie, so that the chain ends.
template <typename Nearest, typename Join>
std::vector<RawMerge> chain_merges(size_t n, std::vector<uint32_t>& active, const Nearest& nearest, const Join& join) {
  std::vector<RawMerge> merges;
  std::vector<uint32_t> chain;
  merges.reserve(n - 1);
  while (merges.size() + 1 < n) {
    if (chain.empty()) chain.push_back(active.front());
    for (;;) {
      const uint32_t last = chain.back(), previous = chain.size() > 1 ? chain[chain.size() - 2] : last;
      const auto [next, height] = nearest(last, previous);
      if (chain.size() > 1 && next == previous) {
        chain.resize(chain.size() - 2);
        const uint32_t kept = std::min(last, next), gone = std::max(last, next);
        merges.push_back({kept, gone, height});
        join(kept, gone);
        active.erase(std::ranges::lower_bound(active, gone));
        break;
      }
      chain.push_back(next);
    }
  }
  return merges;
}

std::vector<RawMerge> ward_merges(const Matrix& points, std::vector<double> weights) {
  const size_t n = points.rows;
  Matrix centres = points;
  std::vector<uint32_t> active(n);
  std::iota(active.begin(), active.end(), 0u);
  const auto cost = [&](uint32_t a, uint32_t b) {
    return 2 * weights[a] * weights[b] / (weights[a] + weights[b]) * squared_distance(centres.row(a), centres.row(b));
  };
  const auto nearest = [&](uint32_t from, uint32_t previous) {
    uint32_t best = previous;
    double least = previous == from ? std::numeric_limits<double>::infinity() : cost(from, previous);
    for (const uint32_t other : active) {
      if (other == from) continue;
      const double here = cost(from, other);
      if (here < least) {
        least = here;
        best = other;
      }
    }
    return std::pair{best, std::sqrt(least)};
  };
  const auto join = [&](uint32_t a, uint32_t b) {
    const double total = weights[a] + weights[b];
    for (size_t j = 0; j < points.columns; ++j)
      centres.at(a, j) = (weights[a] * centres.at(a, j) + weights[b] * centres.at(b, j)) / total;
    weights[a] = total;
  };
  return chain_merges(n, active, nearest, join);
}

std::vector<RawMerge> matrix_merges(const Matrix& points, Linkage linkage) {
  const size_t n = points.rows;
  std::vector<double> distances(n * n), sizes(n, 1.0);
  const DistanceTable table(points);
  std::vector<double> row(table.padded());
  for (size_t i = 0; i < n; ++i) {
    table.distances(points.row(i), row);
    std::copy_n(row.begin(), n, distances.begin() + static_cast<ptrdiff_t>(i * n));
  }
  std::vector<uint32_t> active(n);
  std::iota(active.begin(), active.end(), 0u);
  const auto nearest = [&](uint32_t from, uint32_t previous) {
    const double* row = distances.data() + from * n;
    uint32_t best = previous;
    double least = previous == from ? std::numeric_limits<double>::infinity() : row[previous];
    for (const uint32_t other : active)
      if (other != from && row[other] < least) {
        least = row[other];
        best = other;
      }
    return std::pair{best, least};
  };
  const auto join = [&](uint32_t a, uint32_t b) {
    for (const uint32_t c : active) {
      if (c == a || c == b) continue;
      const double to_a = distances[a * n + c], to_b = distances[b * n + c];
      double united = std::min(to_a, to_b);
      if (linkage == Linkage::Complete) united = std::max(to_a, to_b);
      if (linkage == Linkage::Average) united = (sizes[a] * to_a + sizes[b] * to_b) / (sizes[a] + sizes[b]);
      distances[a * n + c] = distances[c * n + a] = united;
    }
    sizes[a] += sizes[b];
  };
  return chain_merges(n, active, nearest, join);
}

// Who is united with whom; the root of a set is its lowest slot.
class Sets {
 public:
  explicit Sets(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0u); }
  uint32_t root(uint32_t x) {
    while (parent_[x] != x) x = parent_[x] = parent_[parent_[x]];
    return x;
  }
  void unite(uint32_t a, uint32_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

Tree sorted_tree(size_t n, std::vector<RawMerge> raw, const std::vector<double>& weights) {
  std::ranges::stable_sort(
      raw, [](const RawMerge& x, const RawMerge& y) { return x.height != y.height ? x.height < y.height : x.a < y.a; });
  Tree tree{.leaves = n, .merges = {}};
  Sets sets(n);
  std::vector<uint32_t> node(n);
  std::iota(node.begin(), node.end(), 0u);
  std::vector<double> weight = weights;
  for (const RawMerge& merge : raw) {
    const uint32_t a = sets.root(merge.a), b = sets.root(merge.b), low = std::min(a, b);
    const double total = weight[a] + weight[b];
    tree.merges.push_back({std::min(node[a], node[b]), std::max(node[a], node[b]), merge.height, total});
    sets.unite(a, b);
    node[low] = static_cast<uint32_t>(n + tree.merges.size() - 1);
    weight[low] = total;
  }
  return tree;
}

}  // namespace

Tree build_tree(const Matrix& points, Linkage linkage, std::span<const double> weights) {
  const size_t n = points.rows;
  VERIFY(n >= 1 && (weights.empty() || weights.size() == n));
  std::vector<double> mass(n, 1.0);
  if (!weights.empty()) mass.assign(weights.begin(), weights.end());
  auto raw = linkage == Linkage::Ward ? ward_merges(points, mass) : matrix_merges(points, linkage);
  return sorted_tree(n, std::move(raw), mass);
}

std::vector<uint32_t> cut_tree(const Tree& tree, size_t k) {
  k = std::clamp<size_t>(k, 1, tree.leaves);
  std::vector<uint32_t> group(2 * tree.leaves, UINT32_MAX);
  // From the top down: a node under a merge that is undone starts a group of its own, any other takes its parent's.
  const size_t applied = tree.leaves - k;
  std::vector<uint32_t> root(2 * tree.leaves);
  std::iota(root.begin(), root.end(), 0u);
  for (size_t m = applied; m-- > 0;) {
    const auto node = static_cast<uint32_t>(tree.leaves + m);
    root[tree.merges[m].left] = root[tree.merges[m].right] = root[node];
  }
  std::vector<uint32_t> labels(tree.leaves);
  uint32_t next = 0;
  for (size_t leaf = 0; leaf < tree.leaves; ++leaf) {
    uint32_t& number = group[root[leaf]];
    if (number == UINT32_MAX) number = next++;
    labels[leaf] = number;
  }
  return labels;
}

}  // namespace tessera::cluster

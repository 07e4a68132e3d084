// A tree of customers grown on what they did next: each split is the one that tells the outcome of its two sides apart
// most, and is made only where they differ by more than chance. Its leaves are rules that exclude each other.
//
// The nodes are grown best first (by how much of the squared error a split takes away), from round thresholds. A split
// is made where both sides have the least size and Welch's test of the two means, times the number of splits that were
// looked at in the node (Bonferroni), is under `chance`. A column of which more than one in 500 of a node's rows are
// unknown is not looked at: what is unknown satisfies no condition.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/rules.hpp"

namespace tessera::cluster {

struct GoalTreeOptions {
  double min_size = 100;
  double repeats = 1;  // rows a customer has: they are taken for one in tests of chance
  double chance = 0.05;
  size_t most_conditions = 4;  // of a leaf; cuts on one column are one condition
  size_t most_leaves = 30;
};

class GoalTree {
 public:
  // columns: one value a row; `rows` of them are looked at. outcome: one a row, known for those. Cost: O(rows *
  // columns) a node. Same answer on any number of threads.
  static GoalTree grown(std::span<const RuleColumn> columns, std::span<const double> outcome,
                        std::span<const uint32_t> rows, const GoalTreeOptions& options);

  // Splits whose sides have fewer of these rows (of other columns in the same order) than `least` are taken back.
  void prune(std::span<const RuleColumn> columns, std::span<const uint32_t> rows, double least);

  // Of each leaf; one empty conjunction where nothing was split.
  std::vector<Conjunction> rules() const;
  // The leaf in which each of the rows ends, by its place in rules(). Where a value is unknown: on the larger side.
  std::vector<uint32_t> leaves_of(std::span<const RuleColumn> columns, std::span<const uint32_t> rows) const;

 private:
  struct Node {
    Conjunction rule;
    Condition left_if;             // of its left side; the right side is all others whose value is known
    uint32_t left = 0, right = 0;  // 0: a leaf
    bool left_is_larger = true;
  };
  class Growing;
  std::vector<uint32_t> leaf_nodes() const;
  std::vector<uint32_t> ends_of(std::span<const RuleColumn> columns, std::span<const uint32_t> rows) const;

  std::vector<Node> nodes_;
};

}  // namespace tessera::cluster

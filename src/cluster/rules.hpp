// Rules from clusters: for every cluster one conjunction of at most a few readable conditions with round thresholds.
//
// The idea: the rules are the leaves of one tree of threshold cuts with exactly one leaf a cluster (as IMM, Moshkovitz
// et al. 2020), so they exclude each other and cover everyone, however well they fit. A node's cut divides the clusters
// present into two sets; the cut chosen leaves the fewest customers on the wrong side, each weighing 1 / size of its
// cluster, for every cluster counts alike in macro F1. The best few cuts of the upper nodes are followed (a beam), then
// all nodes are improved in turn with the rest of the tree held still, by macro F1 itself (tree alternating
// optimisation, Carreira-Perpinan and Tavallali 2018).
//
// A value that is unknown satisfies no condition, so a cut is only made where the customers at hand (but one in 500)
// have a known value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace tessera::cluster {

// A column that conditions may speak of. Values are what the evaluator would compare, as doubles; NaN is unknown. A
// category's values are its codes 0, 1, ...
struct RuleColumn {
  enum class Kind : uint8_t { Number, Whole, Days, Share, Category };
  Kind kind = Kind::Number;
  std::span<const double> values;  // one a customer
  double preference = 1;           // factor on mistakes when cuts compete: above 1 = only if clearly better
};

// low <= x < high; for a category the codes allowed (listed), or all but them (excluded).
struct Condition {
  uint32_t column = 0;
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  std::vector<uint32_t> codes;
  bool excluded = false;
  bool operator==(const Condition&) const = default;
};
using Conjunction = std::vector<Condition>;

struct RuleOptions {
  size_t max_conditions = 4;
  size_t thresholds = 24;  // candidates a column
  size_t beam = 5;
};

struct Rules {
  std::vector<Conjunction> of_cluster;  // empty where no leaf could be given
  double macro_f1 = 0;                  // on the rows given
};

// Round numbers near the quantiles of the values, ascending: what a person would have written.
std::vector<double> round_thresholds(const RuleColumn& column, std::span<const uint32_t> rows, size_t count);
// The number of two significant digits nearest to x of those people use: 1, 1.2, 1.5, 2, 2.5, 3, 4 ... times ten.
double round_number(double x);

// Labels are 0..k-1, one a customer; only the rows named are looked at. A row's label may be >= k: it belongs to no
// cluster but should be caught by none either. Cost: O(rows * columns * k) a node. REQUIRES: k >= 1.
Rules find_rules(std::span<const RuleColumn> columns, std::span<const uint32_t> labels, size_t k,
                 std::span<const uint32_t> rows, const RuleOptions& options);

bool holds(const Condition& condition, std::span<const RuleColumn> columns, size_t row);
bool holds(const Conjunction& rule, std::span<const RuleColumn> columns, size_t row);

}  // namespace tessera::cluster

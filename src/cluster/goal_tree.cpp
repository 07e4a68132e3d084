#include "cluster/goal_tree.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/parallel.hpp"

namespace tessera::cluster {

namespace {

constexpr size_t kThresholds = 24;      // of a column in a node
constexpr double kMostUnknown = 0.002;  // of a node's rows
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Of an outcome over rows.
struct Sums {
  double n = 0, sum = 0, squares = 0;
  void add(double x) {
    n += 1;
    sum += x;
    squares += x * x;
  }
  Sums operator+(const Sums& other) const { return {n + other.n, sum + other.sum, squares + other.squares}; }
  Sums operator-(const Sums& other) const { return {n - other.n, sum - other.sum, squares - other.squares}; }
  double mean() const { return sum / n; }
  double error() const { return std::max(0.0, squares - sum * sum / n); }
};

// That two means differ so much by chance alone: Welch, by the normal distribution, as sides are large.
double chance_of(const Sums& a, const Sums& b, double repeats) {
  const double spread = repeats * (a.error() / (a.n - 1) / a.n + b.error() / (b.n - 1) / b.n),
               apart = std::fabs(a.mean() - b.mean());
  if (!(spread > 0)) return apart > 0 ? 0 : 1;
  return std::erfc(apart / std::sqrt(2 * spread));
}

struct Split {
  Condition left_if;
  double gain = 0, chance = 1;
  bool left_is_larger = true;
};

// The two sides' rules: cuts on one column merge into one condition.
Conjunction with(Conjunction rule, const Condition& condition) {
  const auto found = std::ranges::find(rule, condition.column, &Condition::column);
  if (found == rule.end()) {
    rule.push_back(condition);
  } else if (!condition.codes.empty() || !found->codes.empty()) {
    if (condition.excluded)  // the other side of an excluded code excludes one more
      found->codes.insert(found->codes.end(), condition.codes.begin(), condition.codes.end());
    else
      *found = condition;
  } else {
    found->low = std::max(found->low, condition.low);
    found->high = std::min(found->high, condition.high);
  }
  return rule;
}

Condition other_side(const Condition& left_if) {
  Condition out = left_if;
  if (!left_if.codes.empty())
    out.excluded = !left_if.excluded;
  else
    out.low = left_if.high, out.high = kInfinity;
  return out;
}

}  // namespace

class GoalTree::Growing {
 public:
  Growing(std::span<const RuleColumn> columns, std::span<const double> outcome, const GoalTreeOptions& options)
      : columns_(columns), outcome_(outcome), options_(options) {}

  void all(std::vector<Node>& nodes, std::span<const uint32_t> rows) {
    nodes.emplace_back();
    open_.push_back({0, {rows.begin(), rows.end()}, best_split({}, rows)});
    for (size_t leaves = 1; leaves < options_.most_leaves; ++leaves) {
      const auto best = std::ranges::max_element(open_, {}, [](const Open& o) { return o.split ? o.split->gain : -1; });
      if (best == open_.end() || !best->split) return;
      const Open parent = std::move(*best);
      open_.erase(best);
      std::vector<uint32_t> left, right;
      for (const uint32_t row : parent.rows) {
        const bool is_known = !std::isnan(columns_[parent.split->left_if.column].values[row]);
        const bool is_left = is_known ? holds(parent.split->left_if, columns_, row) : parent.split->left_is_larger;
        (is_left ? left : right).push_back(row);
      }
      const auto first = static_cast<uint32_t>(nodes.size());
      const Conjunction rule = nodes[parent.node].rule;
      nodes.push_back({.rule = with(rule, parent.split->left_if), .left_if = {}});
      nodes.push_back({.rule = with(rule, other_side(parent.split->left_if)), .left_if = {}});
      Node& node = nodes[parent.node];
      node.left_if = parent.split->left_if;
      node.left = first, node.right = first + 1;
      node.left_is_larger = parent.split->left_is_larger;
      for (const auto& [at, side] : {std::pair{first, &left}, {first + 1, &right}}) {
        auto split = best_split(nodes[at].rule, *side);
        open_.push_back({at, std::move(*side), std::move(split)});
      }
    }
  }

 private:
  struct Open {
    uint32_t node;
    std::vector<uint32_t> rows;
    std::optional<Split> split;
  };

  bool may_use(const Conjunction& rule, size_t column) const {
    const auto found = std::ranges::find(rule, column, &Condition::column);
    if (found == rule.end()) return rule.size() < options_.most_conditions;
    return found->codes.empty() || found->excluded;  // of one code nothing can be cut away
  }

  std::optional<Split> best_split(const Conjunction& rule, std::span<const uint32_t> rows) const {
    if (static_cast<double>(rows.size()) < 2 * options_.min_size) return std::nullopt;
    std::vector<std::optional<Split>> of_column(columns_.size());
    std::vector<size_t> looked_at(columns_.size(), 0);
    parallel_for(columns_.size(), 1, [&](size_t from, size_t to) {
      for (size_t j = from; j < to; ++j)
        if (may_use(rule, j)) of_column[j] = best_of_column(static_cast<uint32_t>(j), rows, looked_at[j]);
    });
    std::optional<Split> best;
    for (size_t j = 0; j < columns_.size(); ++j)
      if (of_column[j] && (!best || of_column[j]->gain / columns_[j].preference >
                                        best->gain / columns_[best->left_if.column].preference))
        best = of_column[j];
    const auto all = static_cast<double>(std::accumulate(looked_at.begin(), looked_at.end(), size_t{0}));
    return best && best->chance * all < options_.chance ? best : std::nullopt;
  }

  std::optional<Split> best_of_column(uint32_t column, std::span<const uint32_t> rows, size_t& looked_at) const {
    const RuleColumn& of = columns_[column];
    const bool is_category = of.kind == RuleColumn::Kind::Category;
    const auto cuts = is_category ? std::vector<double>{} : round_thresholds(of, rows, kThresholds);
    std::vector<Sums> bins(cuts.size() + 1);
    Sums all;
    for (const uint32_t row : rows) {
      const double x = of.values[row];
      if (std::isnan(x)) continue;
      const auto bin =
          is_category ? static_cast<size_t>(x) : static_cast<size_t>(std::ranges::upper_bound(cuts, x) - cuts.begin());
      if (bin >= bins.size()) bins.resize(bin + 1);
      bins[bin].add(outcome_[row]);
      all.add(outcome_[row]);
    }
    if (static_cast<double>(rows.size()) - all.n > kMostUnknown * static_cast<double>(rows.size())) return std::nullopt;
    std::optional<Split> best;
    Sums left;
    for (size_t b = 0; b + (is_category ? 0 : 1) < bins.size(); ++b) {
      left = is_category ? bins[b] : left + bins[b];
      const Sums right = all - left;
      if (left.n < options_.min_size || right.n < options_.min_size) continue;
      ++looked_at;
      const double gain = all.error() - left.error() - right.error();
      if (best && gain <= best->gain) continue;
      best = {.left_if = {.column = column}, .gain = gain, .chance = chance_of(left, right, options_.repeats)};
      best->left_is_larger = left.n >= right.n;
      if (is_category)
        best->left_if.codes = {static_cast<uint32_t>(b)};
      else
        best->left_if.high = cuts[b];
    }
    return best;
  }

  std::span<const RuleColumn> columns_;
  std::span<const double> outcome_;
  const GoalTreeOptions& options_;
  std::vector<Open> open_;
};

GoalTree GoalTree::grown(std::span<const RuleColumn> columns, std::span<const double> outcome,
                         std::span<const uint32_t> rows, const GoalTreeOptions& options) {
  GoalTree out;
  Growing(columns, outcome, options).all(out.nodes_, rows);
  return out;
}

// The node in which each row ends.
std::vector<uint32_t> GoalTree::ends_of(std::span<const RuleColumn> columns, std::span<const uint32_t> rows) const {
  std::vector<uint32_t> out;
  for (const uint32_t row : rows) {
    uint32_t at = 0;
    while (nodes_[at].left != 0) {
      const bool is_known = !std::isnan(columns[nodes_[at].left_if.column].values[row]);
      const bool is_left = is_known ? holds(nodes_[at].left_if, columns, row) : nodes_[at].left_is_larger;
      at = is_left ? nodes_[at].left : nodes_[at].right;
    }
    out.push_back(at);
  }
  return out;
}

void GoalTree::prune(std::span<const RuleColumn> columns, std::span<const uint32_t> rows, double least) {
  std::vector<double> size(nodes_.size(), 0);
  for (const uint32_t end : ends_of(columns, rows)) size[end] += 1;
  // Children come after their parents, so from behind every size is known when it is asked for.
  for (size_t at = nodes_.size(); at-- > 0;) {
    Node& node = nodes_[at];
    if (node.left == 0) continue;
    size[at] = size[node.left] + size[node.right];
    if (size[node.left] < least || size[node.right] < least) node.left = node.right = 0;
  }
}

std::vector<uint32_t> GoalTree::leaf_nodes() const {
  std::vector<uint32_t> out, open{0};
  while (!open.empty()) {
    const Node& node = nodes_[open.back()];
    const uint32_t at = open.back();
    open.pop_back();
    if (node.left == 0)
      out.push_back(at);
    else
      open.push_back(node.right), open.push_back(node.left);
  }
  return out;
}

std::vector<Conjunction> GoalTree::rules() const {
  std::vector<Conjunction> out;
  for (const uint32_t at : leaf_nodes()) out.push_back(nodes_[at].rule);
  return out;
}

std::vector<uint32_t> GoalTree::leaves_of(std::span<const RuleColumn> columns, std::span<const uint32_t> rows) const {
  std::vector<uint32_t> place(nodes_.size(), 0);
  const auto leaves = leaf_nodes();
  for (uint32_t i = 0; i < leaves.size(); ++i) place[leaves[i]] = i;
  auto out = ends_of(columns, rows);
  for (uint32_t& at : out) at = place[at];
  return out;
}

}  // namespace tessera::cluster

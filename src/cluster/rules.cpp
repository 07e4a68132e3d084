#include "cluster/rules.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "cluster/quality.hpp"
#include "core/stop.hpp"

namespace tessera::cluster {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr uint8_t kUnknown = 255;
constexpr size_t kFewUnknown = 500;  // one unknown value in so many rows is borne: its customer will be in no rule

// One cut: rows whose bin of the column is >= bin go right. For a category: rows of exactly that code go right.
struct Cut {
  uint32_t column = 0;
  uint8_t bin = 0;
};

struct Node {
  Cut cut;
  int left = -1, right = -1;  // -1: a leaf
  uint32_t cluster = 0;       // of a leaf
};
using Tree = std::vector<Node>;  // root first

// Columns as bins: bin b holds values in [threshold[b - 1], threshold[b]); a category's bin is its code.
struct Binned {
  std::vector<std::vector<double>> thresholds;
  std::vector<std::vector<uint8_t>> bins;  // of each row in `rows`, by position
  std::vector<uint8_t> count;              // bins of the column
  std::vector<bool> category;
  std::vector<double> preference;
};

Binned bin_columns(std::span<const RuleColumn> columns, std::span<const uint32_t> rows, size_t thresholds) {
  Binned out;
  for (const RuleColumn& column : columns) {
    const bool category = column.kind == RuleColumn::Kind::Category;
    auto cuts = category ? std::vector<double>{} : round_thresholds(column, rows, thresholds);
    std::vector<uint8_t> bins(rows.size(), kUnknown);
    uint8_t count = 1;
    for (size_t i = 0; i < rows.size(); ++i) {
      const double x = column.values[rows[i]];
      if (std::isnan(x)) continue;
      if (category) {
        bins[i] = static_cast<uint8_t>(std::min(x, 250.0));
      } else {
        bins[i] = static_cast<uint8_t>(std::upper_bound(cuts.begin(), cuts.end(), x) - cuts.begin());
      }
      count = std::max<uint8_t>(count, bins[i] + 1);
    }
    out.thresholds.push_back(std::move(cuts));
    out.bins.push_back(std::move(bins));
    out.count.push_back(count);
    out.category.push_back(category);
    out.preference.push_back(column.preference);
  }
  return out;
}

// How many conditions a path of cuts needs: cuts on one column merge into one condition.
struct Path {
  std::vector<std::pair<Cut, bool>> steps;  // true = went right

  size_t conditions() const {
    size_t count = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      bool first = true;
      for (size_t j = 0; j < i; ++j) first &= steps[j].first.column != steps[i].first.column;
      count += first;
    }
    return count;
  }
  bool uses(uint32_t column) const {
    return std::any_of(steps.begin(), steps.end(), [&](const auto& s) { return s.first.column == column; });
  }
};

class Search {
 public:
  Search(const Binned& binned, std::vector<uint32_t> label, size_t k, const RuleOptions& options)
      : binned_(binned), label_(std::move(label)), k_(k), options_(options), size_(k, 0) {
    for (const uint32_t c : label_)
      if (c < k_) size_[c] += 1;
  }

  std::optional<Tree> build() {
    std::vector<uint32_t> rows(label_.size());
    for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
    std::vector<uint32_t> clusters;
    for (uint32_t c = 0; c < k_; ++c)
      if (size_[c] > 0) clusters.push_back(c);
    if (clusters.empty()) return std::nullopt;
    auto grown = grow(rows, clusters, {}, 0);
    if (!grown) return std::nullopt;
    return std::move(grown->tree);
  }

  void improve(Tree& tree) {
    double best = score(tree);
    for (int pass = 0; pass < 6; ++pass) {
      const double before = best;
      for (int node = static_cast<int>(tree.size()) - 1; node >= 0; --node)
        if (tree[node].left >= 0 && !is_stopped()) best = improve_node(tree, node, best);
      if (best - before < 1e-4) break;
    }
  }

  double score(const Tree& tree) const {
    std::vector<double> hit(k_, 0), predicted(k_, 0);
    for (uint32_t i = 0; i < label_.size(); ++i) {
      const uint32_t c = leaf_of(tree, 0, i);
      predicted[c] += 1;
      hit[c] += label_[i] == c;
    }
    return macro(hit, predicted);
  }

  Conjunction conjunction_of(const Path& path) const {
    Conjunction rule;
    for (const auto& [cut, right] : path.steps) {
      auto found = std::find_if(rule.begin(), rule.end(), [&](const Condition& c) { return c.column == cut.column; });
      if (found == rule.end()) {
        rule.push_back({.column = cut.column});
        found = rule.end() - 1;
        if (binned_.category[cut.column]) found->excluded = true;
      }
      if (binned_.category[cut.column]) {
        if (right) {
          found->codes = {cut.bin};
          found->excluded = false;
        } else if (found->excluded) {
          found->codes.push_back(cut.bin);
        }
      } else {
        const double threshold = binned_.thresholds[cut.column][cut.bin - 1];
        if (right)
          found->low = std::max(found->low, threshold);
        else
          found->high = std::min(found->high, threshold);
      }
    }
    for (Condition& condition : rule) std::sort(condition.codes.begin(), condition.codes.end());
    return rule;
  }

  void collect(const Tree& tree, int node, Path& path, std::vector<Conjunction>& out) const {
    if (tree[node].left < 0) {
      out[tree[node].cluster] = conjunction_of(path);
      return;
    }
    for (const bool right : {false, true}) {
      path.steps.push_back({tree[node].cut, right});
      collect(tree, right ? tree[node].right : tree[node].left, path, out);
      path.steps.pop_back();
    }
  }

 private:
  struct Grown {
    Tree tree;
    double mistakes = 0;
  };
  struct Choice {
    Cut cut;
    double score = 0, mistakes = 0;
    std::vector<uint32_t> left, right;  // clusters
  };

  bool goes_right(Cut cut, uint32_t row) const {
    const uint8_t bin = binned_.bins[cut.column][row];
    if (bin == kUnknown) return false;
    return binned_.category[cut.column] ? bin == cut.bin : bin >= cut.bin;
  }

  uint32_t leaf_of(const Tree& tree, int node, uint32_t row) const {
    while (tree[node].left >= 0) node = goes_right(tree[node].cut, row) ? tree[node].right : tree[node].left;
    return tree[node].cluster;
  }

  double macro(const std::vector<double>& hit, const std::vector<double>& predicted) const {
    double sum = 0;
    size_t present = 0;
    for (size_t c = 0; c < k_; ++c) {
      if (size_[c] == 0) continue;
      ++present;
      sum += 2 * hit[c] / std::max(1.0, predicted[c] + size_[c]);
    }
    return present ? sum / static_cast<double>(present) : 0;
  }

  // Weight of rows of each cluster by bin; nothing where some row's value is unknown.
  bool histogram(uint32_t column, std::span<const uint32_t> rows, std::vector<double>& counts) const {
    counts.assign(binned_.count[column] * k_, 0);
    const auto& bins = binned_.bins[column];
    size_t unknown = 0;
    for (const uint32_t row : rows) {
      if (bins[row] == kUnknown) {
        if (++unknown * kFewUnknown > rows.size()) return false;
        continue;
      }
      if (label_[row] < k_) counts[bins[row] * k_ + label_[row]] += 1;
    }
    return true;
  }

  // Divides the clusters by a cut; nothing where all are on one side.
  void judge(Cut cut, std::span<const uint32_t> clusters, const std::vector<double>& right,
             const std::vector<double>& total, std::vector<Choice>& out) const {
    Choice choice{.cut = cut};
    double weight_left = 0;
    for (const uint32_t c : clusters) {
      const double r = right[c], l = total[c] - r;
      (r > l ? choice.right : choice.left).push_back(c);
      choice.mistakes += std::min(l, r) / size_[c];
      weight_left += r > l ? 0 : 1;
    }
    if (choice.left.empty() || choice.right.empty()) return;
    const double p = weight_left / static_cast<double>(clusters.size());
    const double entropy = -(p * std::log(p) + (1 - p) * std::log(1 - p));
    choice.score = (choice.mistakes + 0.02) * binned_.preference[cut.column] / entropy;
    out.push_back(std::move(choice));
  }

  std::vector<Choice> choices(std::span<const uint32_t> rows, std::span<const uint32_t> clusters,
                              const Path& path) const {
    std::vector<Choice> out;
    const bool full = path.conditions() >= options_.max_conditions;
    std::vector<double> counts, right(k_), total(k_, 0);
    for (const uint32_t row : rows)
      if (label_[row] < k_) total[label_[row]] += 1;
    for (uint32_t column = 0; column < binned_.bins.size(); ++column) {
      if ((full && !path.uses(column)) || !histogram(column, rows, counts)) continue;
      std::vector<Choice> of_column;
      std::fill(right.begin(), right.end(), 0);
      for (size_t bin = binned_.count[column]; bin-- > (binned_.category[column] ? 0u : 1u);) {
        for (size_t c = 0; c < k_; ++c) right[c] = counts[bin * k_ + c] + (binned_.category[column] ? 0 : right[c]);
        judge({column, static_cast<uint8_t>(bin)}, clusters, right, total, of_column);
      }
      // Few of one column, so that the beam sees different columns.
      std::sort(of_column.begin(), of_column.end(), [](const Choice& a, const Choice& b) { return a.score < b.score; });
      for (size_t i = 0; i < std::min<size_t>(2, of_column.size()); ++i) out.push_back(std::move(of_column[i]));
    }
    std::stable_sort(out.begin(), out.end(), [](const Choice& a, const Choice& b) { return a.score < b.score; });
    return out;
  }

  std::optional<Grown> grow(std::span<const uint32_t> rows, std::span<const uint32_t> clusters, const Path& path,
                            size_t depth) const {
    if (clusters.size() == 1) return Grown{.tree = {Node{.cluster = clusters[0]}}};
    const auto cuts = choices(rows, clusters, path);
    const size_t width = depth == 0 ? options_.beam : depth == 1 ? std::max<size_t>(1, options_.beam - 2) : 1;
    std::optional<Grown> best;
    size_t tried = 0;
    for (const Choice& choice : cuts) {
      // Deeper down the first that works is taken; a few more are tried only where conditions ran out.
      if (tried >= width && (best || tried >= width + 4)) break;
      ++tried;
      std::vector<uint32_t> sides[2];
      for (const uint32_t row : rows) sides[goes_right(choice.cut, row)].push_back(row);
      Grown grown{.tree = {Node{.cut = choice.cut}}, .mistakes = choice.mistakes};
      bool whole = true;
      for (const bool right : {false, true}) {
        Path below = path;
        below.steps.push_back({choice.cut, right});
        auto part = grow(sides[right], right ? choice.right : choice.left, below, depth + 1);
        if (!part) {
          whole = false;
          break;
        }
        const int offset = static_cast<int>(grown.tree.size());
        (right ? grown.tree[0].right : grown.tree[0].left) = offset;
        for (Node node : part->tree) {
          if (node.left >= 0) node.left += offset, node.right += offset;
          grown.tree.push_back(node);
        }
        grown.mistakes += part->mistakes;
      }
      if (whole && (!best || grown.mistakes < best->mistakes)) best = std::move(grown);
    }
    return best;
  }

  bool fits(const Tree& tree, int node, Path& path) const {
    if (tree[node].left < 0) return path.conditions() <= options_.max_conditions;
    for (const bool right : {false, true}) {
      path.steps.push_back({tree[node].cut, right});
      const bool ok = fits(tree, right ? tree[node].right : tree[node].left, path);
      path.steps.pop_back();
      if (!ok) return false;
    }
    return true;
  }

  // The best cut of one node with everything else as it is.
  double improve_node(Tree& tree, int node, double best) {
    std::vector<double> hit(k_, 0), predicted(k_, 0);
    struct Here {
      uint32_t row, left, right;  // leaves' clusters
    };
    std::vector<Here> here;
    for (uint32_t i = 0; i < label_.size(); ++i) {
      int at = 0;
      while (at != node && tree[at].left >= 0) at = goes_right(tree[at].cut, i) ? tree[at].right : tree[at].left;
      if (at == node) {
        here.push_back({i, leaf_of(tree, tree[node].left, i), leaf_of(tree, tree[node].right, i)});
      } else {
        predicted[tree[at].cluster] += 1;
        hit[tree[at].cluster] += label_[i] == tree[at].cluster;
      }
    }
    struct Trial {
      Cut cut;
      double score;
    };
    std::vector<Trial> trials;
    for (uint32_t column = 0; column < binned_.bins.size(); ++column) {
      const size_t bins = binned_.count[column];
      // Change of hits and predictions when the rows of a bin go right instead of left.
      std::vector<double> gain_hit(bins * k_, 0), gain_predicted(bins * k_, 0);
      std::vector<double> h = hit, p = predicted;
      bool known = true;
      size_t unknown = 0;
      for (const Here& row : here) {
        const uint8_t bin = binned_.bins[column][row.row];
        if (bin == kUnknown) {
          known = ++unknown * kFewUnknown <= here.size();
          if (!known) break;
          continue;
        }
        const uint32_t truth = label_[row.row];
        p[row.left] += 1;
        h[row.left] += truth == row.left;
        gain_predicted[bin * k_ + row.right] += 1;
        gain_predicted[bin * k_ + row.left] -= 1;
        gain_hit[bin * k_ + row.right] += truth == row.right;
        gain_hit[bin * k_ + row.left] -= truth == row.left;
      }
      if (!known) continue;
      const auto h0 = h, p0 = p;
      for (size_t bin = bins; bin-- > (binned_.category[column] ? 0u : 1u);) {
        if (binned_.category[column]) h = h0, p = p0;
        for (size_t c = 0; c < k_; ++c) h[c] += gain_hit[bin * k_ + c], p[c] += gain_predicted[bin * k_ + c];
        const double score = macro(h, p) - 0.002 * (binned_.preference[column] - 1);
        if (score > best + 1e-6) trials.push_back({{column, static_cast<uint8_t>(bin)}, score});
      }
    }
    std::stable_sort(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) { return a.score > b.score; });
    for (const Trial& trial : trials) {
      const Cut old = tree[node].cut;
      tree[node].cut = trial.cut;
      Path path;
      if (fits(tree, 0, path) && known_below(tree)) return score(tree);
      tree[node].cut = old;
    }
    return best;
  }

  // Every cut only where all values but very few are known: a change above may have sent unknown values down.
  bool known_below(const Tree& tree) const {
    std::vector<size_t> rows(tree.size(), 0), unknown(tree.size(), 0);
    for (uint32_t i = 0; i < label_.size(); ++i) {
      int at = 0;
      while (tree[at].left >= 0) {
        ++rows[at];
        unknown[at] += binned_.bins[tree[at].cut.column][i] == kUnknown;
        at = goes_right(tree[at].cut, i) ? tree[at].right : tree[at].left;
      }
    }
    for (size_t node = 0; node < tree.size(); ++node)
      if (unknown[node] * kFewUnknown > rows[node]) return false;
    return true;
  }

  const Binned& binned_;
  std::vector<uint32_t> label_;
  size_t k_;
  RuleOptions options_;
  std::vector<double> size_;
};

// Where no tree with one leaf a cluster exists within the limit, clusters are described one by one: conditions are
// added while they raise F1. Such rules may overlap; the caller sees it in its figures.
Conjunction describe_one(const Binned& binned, const std::vector<uint32_t>& label, uint32_t cluster,
                         const RuleOptions& options) {
  std::vector<uint32_t> rows(label.size());
  double size = 0;
  for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = i, size += label[i] == cluster;
  Conjunction rule;
  double best = 2 * size / (static_cast<double>(rows.size()) + size);
  while (rule.size() < options.max_conditions) {
    Condition added;
    double found = best;
    for (uint32_t column = 0; column < binned.bins.size(); ++column) {
      const size_t bins = binned.count[column];
      std::vector<double> in(bins + 1, 0), all(bins + 1, 0);
      for (const uint32_t row : rows) {
        const uint8_t bin = binned.bins[column][row];
        if (bin == kUnknown) continue;
        all[bin] += 1;
        in[bin] += label[row] == cluster;
      }
      for (size_t from = 0; from < bins; ++from) {
        double hit = 0, predicted = 0;
        for (size_t to = from; to < (binned.category[column] ? from + 1 : bins); ++to) {
          hit += in[to];
          predicted += all[to];
          const double f1 = 2 * hit / (predicted + size);
          if (f1 <= found + 1e-3) continue;
          found = f1;
          added = {.column = column};
          if (binned.category[column]) added.codes = {static_cast<uint32_t>(from)};
          if (!binned.category[column] && from > 0) added.low = binned.thresholds[column][from - 1];
          if (!binned.category[column] && to + 1 < bins) added.high = binned.thresholds[column][to];
        }
      }
    }
    if (found <= best) break;
    best = found;
    const auto kept = [&](uint32_t row) {
      const uint8_t bin = binned.bins[added.column][row];
      if (bin == kUnknown) return false;
      if (binned.category[added.column]) return bin == added.codes[0];
      const auto& cuts = binned.thresholds[added.column];
      return (bin == 0 ? -kInfinity : cuts[bin - 1]) >= added.low &&
             (bin < cuts.size() ? cuts[bin] : kInfinity) <= added.high;
    };
    std::erase_if(rows, [&](uint32_t row) { return !kept(row); });
    const auto same =
        std::find_if(rule.begin(), rule.end(), [&](const Condition& c) { return c.column == added.column; });
    if (same == rule.end())
      rule.push_back(added);
    else
      *same = added;
  }
  return rule;
}

}  // namespace

double round_number(double x) {
  if (x == 0 || !std::isfinite(x)) return 0;
  static constexpr double kNice[] = {1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10};
  const double size = std::fabs(x), power = std::pow(10.0, std::floor(std::log10(size)));
  double nearest = kNice[0];
  for (const double nice : kNice)
    if (std::fabs(nice - size / power) < std::fabs(nearest - size / power)) nearest = nice;
  // Through decimal text, so that 0.3 is the double nearest to 0.3.
  return std::copysign(std::strtod(fmt::format("{:.6g}", nearest * power).c_str(), nullptr), x);
}

std::vector<double> round_thresholds(const RuleColumn& column, std::span<const uint32_t> rows, size_t count) {
  std::vector<double> known;
  for (const uint32_t row : rows)
    if (!std::isnan(column.values[row])) known.push_back(column.values[row]);
  if (known.empty()) return {};
  std::sort(known.begin(), known.end());
  static constexpr double kDays[] = {1,   2,   3,   5,   7,   10,  14,  21,  30,  45,  60,  75, 90,
                                     105, 120, 135, 150, 165, 180, 210, 240, 270, 300, 330, 365};
  std::vector<double> cuts;
  for (size_t i = 1; i < count * 2; ++i) {
    const double x = known[std::min(known.size() - 1, known.size() * i / (count * 2))];
    double cut = x;
    switch (column.kind) {
      case RuleColumn::Kind::Whole:
        cut = x <= 12 ? std::ceil(x) : round_number(x);
        break;
      case RuleColumn::Kind::Share:
        cut = std::round(x * 20) / 20;
        break;
      case RuleColumn::Kind::Days:
        cut = x >= 365 ? std::round(x / 30) * 30
                       : *std::min_element(std::begin(kDays), std::end(kDays),
                                           [&](double a, double b) { return std::fabs(a - x) < std::fabs(b - x); });
        break;
      default:
        cut = round_number(x);
    }
    cuts.push_back(cut);
    if (column.kind == RuleColumn::Kind::Whole && x < 12) cuts.push_back(cut + 1);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  // A cut must have customers on both sides.
  std::erase_if(cuts, [&](double cut) { return cut <= known.front() || cut > known.back(); });
  return cuts;
}

bool holds(const Condition& condition, std::span<const RuleColumn> columns, size_t row) {
  const double x = columns[condition.column].values[row];
  if (std::isnan(x)) return false;
  if (columns[condition.column].kind != RuleColumn::Kind::Category) return x >= condition.low && x < condition.high;
  const bool listed =
      std::find(condition.codes.begin(), condition.codes.end(), static_cast<uint32_t>(x)) != condition.codes.end();
  return listed != condition.excluded;
}

bool holds(const Conjunction& rule, std::span<const RuleColumn> columns, size_t row) {
  return std::all_of(rule.begin(), rule.end(), [&](const Condition& c) { return holds(c, columns, row); });
}

Rules find_rules(std::span<const RuleColumn> columns, std::span<const uint32_t> labels, size_t k,
                 std::span<const uint32_t> rows, const RuleOptions& options) {
  const Binned binned = bin_columns(columns, rows, options.thresholds);
  std::vector<uint32_t> label(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) label[i] = labels[rows[i]];
  Search search(binned, label, k, options);
  Rules out{.of_cluster = std::vector<Conjunction>(k)};
  if (auto tree = search.build()) {
    search.improve(*tree);
    out.macro_f1 = search.score(*tree);
    Path path;
    search.collect(*tree, 0, path, out.of_cluster);
    return out;
  }
  for (uint32_t c = 0; c < k; ++c) out.of_cluster[c] = describe_one(binned, label, c, options);
  std::vector<double> size(k, 0), hit(k, 0), predicted(k, 0);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (label[i] < k) size[label[i]] += 1;
    for (uint32_t c = 0; c < k; ++c)
      if (holds(out.of_cluster[c], columns, rows[i])) predicted[c] += 1, hit[c] += label[i] == c;
  }
  for (uint32_t c = 0; c < k; ++c)
    out.macro_f1 += 2 * hit[c] / std::max(1.0, size[c] + predicted[c]) / static_cast<double>(k);
  return out;
}

}  // namespace tessera::cluster

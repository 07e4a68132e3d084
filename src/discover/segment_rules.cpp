#include "discover/segment_rules.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "features/rule_text.hpp"
#include "language/lex.hpp"
#include "language/parse.hpp"

namespace tessera::discover {

namespace {

constexpr size_t kMostTrained = 20'000;  // rows a tree is grown on; more change the third digit
constexpr double kSpill = 0.01;          // of a rule's members that may be set-apart customers

cluster::RuleColumn::Kind kind_of(const features::FeatureColumn& column) {
  switch (column.feature.shape) {
    case features::Shape::Count:
      return cluster::RuleColumn::Kind::Whole;
    case features::Shape::Days:
      return cluster::RuleColumn::Kind::Days;
    case features::Shape::Share:
      return cluster::RuleColumn::Kind::Share;
    case features::Shape::Category:
      return cluster::RuleColumn::Kind::Category;
    default:
      return cluster::RuleColumn::Kind::Number;
  }
}

// What everyone understands at once is preferred where it does as well.
double preference_of(features::Family family) {
  switch (family) {
    case features::Family::Recency:
    case features::Family::Frequency:
    case features::Family::Money:
      return 1;
    case features::Family::Trait:
    case features::Family::Gap:
    case features::Family::Trend:
      return 1.25;
    default:
      return 1.05;
  }
}

class Writer {
 public:
  Writer(const features::FeatureTable& features, const features::Population& population, const std::vector<int>& label,
         size_t k)
      : features_(features), population_(population), label_(label), k_(k) {
    for (const features::FeatureColumn& column : features.columns) {
      all_.push_back(
          {.kind = kind_of(column), .values = column.values, .preference = preference_of(column.feature.family)});
      if (column.feature.in_rules) {
        usable_.push_back(all_.back());
        index_.push_back(static_cast<uint32_t>(all_.size() - 1));
      }
    }
  }

  std::vector<cluster::Conjunction> find(const std::vector<uint32_t>& rows, size_t conditions) const {
    std::vector<uint32_t> labels(label_.size(), static_cast<uint32_t>(k_));
    for (size_t c = 0; c < label_.size(); ++c)
      if (label_[c] >= 0) labels[c] = static_cast<uint32_t>(label_[c]);
    cluster::Rules rules = cluster::find_rules(usable_, labels, k_, rows, {.max_conditions = conditions});
    for (cluster::Conjunction& rule : rules.of_cluster)
      for (cluster::Condition& condition : rule) condition.column = index_[condition.column];
    for (cluster::Conjunction& rule : rules.of_cluster) guard(rule);
    return std::move(rules.of_cluster);
  }

  std::vector<uint32_t> members(const cluster::Conjunction& rule) const {
    std::vector<uint32_t> out;
    for (const uint32_t c : population_.counted)
      if (cluster::holds(rule, all_, c)) out.push_back(c);
    return out;
  }

  // Keeps set-apart customers out: by the complement of their condition, where they would make up more than a trace and
  // there is room.
  void guard(cluster::Conjunction& rule) const {
    // A count below a bound is meant as "some, but few": nobody without a main event has any habits.
    for (cluster::Condition& condition : rule)
      if (features_.columns[condition.column].feature.family == features::Family::Frequency &&
          std::isinf(condition.low))
        condition.low = 1;
    for (const features::ApartGroup& group : population_.apart) {
      const double size = static_cast<double>(members(rule).size());
      const auto spilled = std::count_if(group.customers.begin(), group.customers.end(),
                                         [&](uint32_t c) { return cluster::holds(rule, all_, c); });
      if (static_cast<double>(spilled) <= kSpill * size) continue;
      const cluster::Condition& apart = group.condition;
      auto found =
          std::find_if(rule.begin(), rule.end(), [&](const cluster::Condition& c) { return c.column == apart.column; });
      if (found == rule.end()) {
        if (rule.size() >= kMostConditions) continue;
        rule.push_back({.column = apart.column});
        found = rule.end() - 1;
      }
      if (std::isinf(apart.low))
        found->low = std::max(found->low, apart.high);
      else
        found->high = std::min(found->high, apart.low);
    }
  }

 private:
  const features::FeatureTable& features_;
  const features::Population& population_;
  const std::vector<int>& label_;
  size_t k_;
  std::vector<cluster::RuleColumn> all_, usable_;
  std::vector<uint32_t> index_;  // of usable columns in the table
};

bool uses(std::string_view text, std::string_view word) {
  const auto part_of_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool before = at > 0 && part_of_word(text[at - 1]),
               after = at + word.size() < text.size() && part_of_word(text[at + word.size()]);
    if (!before && !after) return true;
  }
  return false;
}

}  // namespace

cluster::RuleColumn rule_column_of(const features::FeatureColumn& column) {
  return {.kind = kind_of(column), .values = column.values, .preference = preference_of(column.feature.family)};
}

Rulebook write_rules(const features::FeatureTable& features, const features::Population& population,
                     const std::vector<int>& label, size_t k, const std::vector<bool>& held_out) {
  Rulebook out;
  for (const uint32_t c : population.grouped)
    if (!held_out[c]) out.trained_on.push_back(c);
  std::vector<uint32_t> rows;
  const size_t step = (out.trained_on.size() + kMostTrained - 1) / kMostTrained;
  for (size_t i = 0; i < out.trained_on.size(); i += std::max<size_t>(1, step)) rows.push_back(out.trained_on[i]);
  std::vector<bool> trained(label.size());
  for (size_t c = 0; c < label.size(); ++c) trained[c] = label[c] >= 0 && !held_out[c];
  const Writer writer(features, population, label, k);
  double best = -1;
  for (const size_t conditions : {kMostConditions, kMostConditions - 1}) {
    if (conditions < kMostConditions && population.apart.empty()) break;
    auto rules = writer.find(rows, conditions);
    std::vector<std::vector<uint32_t>> members;
    for (const cluster::Conjunction& rule : rules) members.push_back(writer.members(rule));
    const double f1 = judge_rules(members, label, k, trained).macro_f1;
    if (f1 > best) best = f1, out.of_cluster = std::move(rules);
  }
  return out;
}

std::vector<cluster::Conjunction> guarded(const features::FeatureTable& features,
                                          const features::Population& population,
                                          std::vector<cluster::Conjunction> rules) {
  const std::vector<int> nobody;
  const Writer writer(features, population, nobody, rules.size());
  for (cluster::Conjunction& rule : rules) writer.guard(rule);
  return rules;
}

RuleQuality judge_rules(const std::vector<std::vector<uint32_t>>& members, const std::vector<int>& label, size_t k,
                        const std::vector<bool>& judge) {
  std::vector<double> size(k, 0), hit(k, 0), predicted(k, 0);
  for (size_t c = 0; c < label.size(); ++c)
    if (judge[c] && label[c] >= 0 && label[c] < static_cast<int>(k)) size[static_cast<size_t>(label[c])] += 1;
  for (size_t s = 0; s < k; ++s)
    for (const uint32_t c : members[s]) {
      if (!judge[c]) continue;
      predicted[s] += 1;
      hit[s] += label[c] == static_cast<int>(s);
    }
  RuleQuality out;
  const auto interval = [](double of, double n) {
    return n > 0 ? stats::wilson(of, n, stats::z_of(0.05)) : stats::Interval{0, 1};
  };
  for (size_t s = 0; s < k; ++s) {
    out.precision_interval.push_back(interval(hit[s], predicted[s]));
    out.recall_interval.push_back(interval(hit[s], size[s]));
    out.precision.push_back(predicted[s] > 0 ? hit[s] / predicted[s] : 0);
    out.recall.push_back(size[s] > 0 ? hit[s] / size[s] : 0);
    out.f1.push_back(2 * hit[s] / std::max(1.0, size[s] + predicted[s]));
    out.macro_f1 += out.f1.back() / static_cast<double>(k);
  }
  return out;
}

namespace {

// The user's definitions, and behind them those of ours that have no like there: groups that are set apart speak of
// main events, whatever the features are.
std::string beside_own(std::string_view own_text, std::string_view ours) {
  const auto own = language::parse_definitions(own_text);
  std::string out = std::string(own_text) + "\n";
  for (const std::string_view line : split(ours, '\n')) {
    const size_t name = line.find(' ') + 1;
    const std::string_view defined = line.substr(std::min(name, line.size()), line.find(" =") - name);
    const bool is_there =
        std::ranges::any_of(own.definitions, [&](const language::Definition& each) { return each.name == defined; });
    if (name > 0 && !is_there) out += fmt::format("{}\n", line);
  }
  return out;
}

}  // namespace

std::string file_of_rules(const features::EventRoles& parts, const features::FeatureTable& features,
                          const std::vector<NamedRule>& rules, std::string_view head, std::string_view own_text) {
  std::string conditions;
  for (const NamedRule& rule : rules) conditions += rule.rule + "\n";
  std::vector<features::Feature> used;
  for (const features::FeatureColumn& column : features.columns)
    if (uses(conditions, column.feature.name)) used.push_back(column.feature);
  std::string out(head);
  out += '\n';
  out += own_text.empty() ? features::text_of_definitions(parts, used)
                          : beside_own(own_text, features::text_of_definitions(parts, used));
  for (const NamedRule& rule : rules) {
    out += '\n';
    for (size_t from = 0; from < rule.note.size();) {
      const size_t to = std::min(rule.note.find('\n', from), rule.note.size());
      out += "# " + rule.note.substr(from, to - from) + "\n";
      from = to + 1;
    }
    out += fmt::format("segment {} id \"{}\" =\n  {}\n", language::in_quotes(rule.name), rule.id, rule.rule);
  }
  return out;
}

}  // namespace tessera::discover

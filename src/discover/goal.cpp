#include "discover/goal.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/hash.hpp"
#include "discover/discover.hpp"
#include "discover/extent.hpp"
#include "discover/goal_tree.hpp"
#include "discover/rulebook.hpp"
#include "stats/foretelling.hpp"

namespace tessera::discover {

namespace {

constexpr size_t kFolds = 10, kTenths = 10;
constexpr double kSaysNothing = 0.001;  // foretold: under it, a feature says nothing about the goal
constexpr ptrdiff_t kNamed = 5;         // features that say most
constexpr double kFewest = 10;          // customers on a side, where a number of groups is asked for

// Middle ranks, 0 to 1.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](uint32_t i) { return values[i]; });
  std::vector<double> out(values.size());
  for (size_t from = 0, to; from < order.size(); from = to) {
    for (to = from + 1; to < order.size() && values[order[to]] == values[order[from]];) ++to;
    for (size_t k = from; k < to; ++k)
      out[order[k]] = static_cast<double>(from + to) / 2 / static_cast<double>(order.size());
  }
  return out;
}

// Tenths of the known values (fewer where they are tied), levels of a category; unknown ones are a group of their own.
std::vector<uint32_t> tenths_of(const FeatureColumn& column, std::span<const uint32_t> rows) {
  std::vector<double> known;
  for (const uint32_t c : rows)
    if (!std::isnan(column.values[c])) known.push_back(column.values[c]);
  std::ranges::sort(known);
  std::vector<double> cuts;
  for (size_t t = 1; t < kTenths && !known.empty(); ++t) cuts.push_back(known[t * known.size() / kTenths]);
  const bool is_category = column.feature.shape == Shape::Category;
  std::vector<uint32_t> out;
  for (const uint32_t c : rows) {
    const double x = column.values[c];
    const auto tenth = static_cast<uint32_t>(std::ranges::upper_bound(cuts, x) - cuts.begin());
    out.push_back(std::isnan(x) ? 0 : 1 + (is_category ? static_cast<uint32_t>(x) : tenth));
  }
  return out;
}

// Codes of categories as of `now`: of another moment's levels the code there, unknown where there is none.
void share_codes(const FeatureTable& now, FeatureTable& then) {
  for (size_t j = 0; j < then.columns.size(); ++j) {
    const auto& levels = now.columns[j].levels;
    FeatureColumn& column = then.columns[j];
    if (column.feature.shape != Shape::Category) continue;
    for (double& x : column.values) {
      if (std::isnan(x)) continue;
      const auto found = std::ranges::lower_bound(levels, column.levels[static_cast<size_t>(x)]);
      const bool is_there = found != levels.end() && *found == column.levels[static_cast<size_t>(x)];
      x = is_there ? static_cast<double>(found - levels.begin()) : std::nan("");
    }
    column.levels = levels;
  }
}

}  // namespace

Result<Goal> Goal::of(const Setting& now, const Parts& parts, std::string_view text, Duration horizon, uint64_t seed) {
  const bool is_ours = is_named_goal(text);
  std::vector<Outcome> outcomes = TRY(measure_outcomes(now, parts, horizon, is_ours ? "" : text));
  Goal out;
  for (Outcome& each : outcomes)
    if (each.name == (is_ours ? text : "goal")) out.outcome_ = std::move(each);
  out.cut_ = now.as_of - horizon;
  out.past_ = profiles::past_of(now.history, out.cut_);
  std::vector<bool> has_main(out.past_.history.customers());
  for (const std::string& event : parts.of(Part::Main))
    if (const auto* stream = out.past_.history.stream(event))
      for (uint32_t c = 0; c < has_main.size(); ++c)
        if (stream->first[c + 1] > stream->first[c]) has_main[c] = true;
  for (uint32_t c = 0; c < has_main.size(); ++c)
    if (has_main[c]) out.judged_.push_back(c);
  const Extent extent = extent_of(out.past_.history, parts.of(Part::Main));
  if (extent.is_empty() || (out.cut_ - extent.first) * 2 < horizon || out.judged_.size() < kFewestCustomers)
    return fail(fmt::format("the record is too short for a goal: its {} must reach back one and a half times {}",
                            parts.words.mains, text_of(horizon)),
                "--goal", "give a shorter --horizon, or no goal");
  for (const uint32_t c : out.judged_) {
    out.values_.push_back(out.outcome_.values[out.past_.customer[c]]);
    out.fold_.push_back(static_cast<uint8_t>(hash64(out.past_.history.customer[c], seed + 23) % kFolds));
  }
  if (std::ranges::all_of(out.values_, [&](double x) { return x == out.values_[0]; }))
    return fail("everybody's outcome is the same, so nothing says more or less about it", "--goal",
                "give another goal, or a longer --horizon");
  if (!out.outcome_.yes_or_no) out.values_ = ranks_of(out.values_);
  return out;
}

Result<std::vector<double>> Goal::told_by(const Setting& now, std::string_view definitions,
                                          std::vector<Feature> features) const {
  const FeatureTable then = TRY(measure({past_.history, now.schema, cut_, now.zone}, definitions, std::move(features)));
  const std::vector<uint32_t> everyone(judged_.size(), 0);
  const auto of_mean = stats::predictions(everyone, 1, values_, fold_, kFolds);
  double varied = 0;
  for (size_t i = 0; i < values_.size(); ++i) varied += std::pow(values_[i] - of_mean[i], 2);
  std::vector<double> out;
  for (const FeatureColumn& column : then.columns) {
    const auto group = tenths_of(column, judged_);
    const auto said = stats::predictions(group, *std::ranges::max_element(group) + 1, values_, fold_, kFolds);
    double missed = 0;
    for (size_t i = 0; i < values_.size(); ++i) missed += std::pow(values_[i] - said[i], 2);
    out.push_back(1 - missed / varied);
  }
  return out;
}

Result<std::optional<std::string>> Goal::weigh(const Setting& now, std::string_view definitions,
                                               const FeatureTable& features, Transformed& table) const {
  std::vector<Feature> asked;
  for (const FeatureColumn& column : features.columns)
    if (column.feature.clusters) asked.push_back(column.feature);
  const auto told = TRY(told_by(now, definitions, asked));
  const double best = told.empty() ? 0 : *std::ranges::max_element(told);
  if (!(best > kSaysNothing)) return std::nullopt;
  for (size_t j = 0; j < table.columns.size(); ++j) {
    const auto f = std::ranges::find(asked, table.columns[j].feature, &Feature::name) - asked.begin();
    const double share = told[static_cast<size_t>(f)] > kSaysNothing ? told[static_cast<size_t>(f)] / best : 0;
    table.columns[j].weight *= std::sqrt(share);
    for (size_t i = 0; i < table.table.rows; ++i) table.table.at(i, j) *= std::sqrt(share);
  }
  std::vector<std::pair<double, std::string>> says;
  for (size_t f = 0; f < asked.size(); ++f) says.emplace_back(told[f], asked[f].phrase);
  std::ranges::sort(says, std::ranges::greater());
  const auto dropped = std::ranges::find_if(says, [](const auto& each) { return each.first <= kSaysNothing; });
  std::string most;
  for (auto at = says.begin(); at != dropped && at - says.begin() < kNamed; ++at)
    most += fmt::format("{}{} ({:.0f} %)", most.empty() ? "" : ", ", at->second, 100 * at->first);
  return fmt::format(
      "The goal is {}: a feature counts by how much of it alone it foretold, most by {}; {} of {} say nothing about it "
      "and are dropped.",
      phrase(), most, says.end() - dropped, says.size());
}

Result<std::optional<Goal::Groups>> Goal::divide(const Setting& now, std::string_view definitions,
                                                 const FeatureTable& features, const Population& population,
                                                 const Transformed& table, double min_size,
                                                 std::optional<size_t> leaves) const {
  std::vector<Feature> asked;
  for (const FeatureColumn& column : features.columns) asked.push_back(column.feature);
  FeatureTable then = TRY(measure({past_.history, now.schema, cut_, now.zone}, definitions, std::move(asked)));
  share_codes(features, then);
  std::vector<RuleColumn> all_then, then_columns, now_columns;
  std::vector<uint32_t> index;
  for (size_t j = 0; j < features.columns.size(); ++j) {
    all_then.push_back(rule_column_of(then.columns[j]));
    const auto weighed = std::ranges::find(table.columns, features.columns[j].feature.name, &ColumnTreatment::feature);
    if (!features.columns[j].feature.in_rules || weighed == table.columns.end() || !(weighed->weight > 0)) continue;
    then_columns.push_back(all_then.back());
    now_columns.push_back(rule_column_of(features.columns[j]));
    index.push_back(static_cast<uint32_t>(j));
  }
  std::vector<uint32_t> rows;
  std::vector<double> outcome(past_.history.customers(), std::nan(""));
  for (size_t i = 0; i < judged_.size(); ++i) {
    outcome[judged_[i]] = values_[i];
    if (std::ranges::none_of(population.apart,
                             [&](const ApartGroup& group) { return holds(group.condition, all_then, judged_[i]); }))
      rows.push_back(judged_[i]);
  }
  GoalTreeOptions how{.min_size = min_size, .most_conditions = kMostConditions};
  if (leaves)
    how = {.min_size = kFewest, .chance = HUGE_VAL, .most_conditions = kMostConditions, .most_leaves = *leaves};
  GoalTree tree = GoalTree::grown(then_columns, outcome, rows, how);
  tree.prune(now_columns, population.grouped, leaves ? 1 : min_size);
  Groups out{.rules = tree.rules(), .labels = tree.leaves_of(now_columns, population.grouped)};
  if (out.rules.size() < 2) return std::nullopt;
  for (Conjunction& rule : out.rules)
    for (Condition& condition : rule) condition.column = index[condition.column];
  return out;
}

}  // namespace tessera::discover

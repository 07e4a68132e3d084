#include "discover/goal.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cluster/goal_tree.hpp"
#include "core/hash.hpp"
#include "core/stop.hpp"
#include "discover/discovery.hpp"
#include "discover/segment_rules.hpp"
#include "features/extent.hpp"
#include "stats/predictive_power.hpp"

namespace tessera::discover {

namespace {

constexpr size_t kFolds = 10, kTenths = 10;
constexpr size_t kStretches = 4;        // a year of quarters
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
std::vector<uint32_t> tenths_of(const features::FeatureColumn& column) {
  std::vector<double> known;
  for (const double x : column.values)
    if (!std::isnan(x)) known.push_back(x);
  std::ranges::sort(known);
  std::vector<double> cuts;
  for (size_t t = 1; t < kTenths && !known.empty(); ++t) cuts.push_back(known[t * known.size() / kTenths]);
  const bool is_category = column.feature.shape == features::Shape::Category;
  std::vector<uint32_t> out;
  for (const double x : column.values) {
    const auto tenth = static_cast<uint32_t>(std::ranges::upper_bound(cuts, x) - cuts.begin());
    out.push_back(std::isnan(x) ? 0 : 1 + (is_category ? static_cast<uint32_t>(x) : tenth));
  }
  return out;
}

// Codes as of `now`: of another moment's levels the code there, unknown where there is none.
void share_codes(const features::FeatureColumn& now, features::FeatureColumn& then) {
  if (then.feature.shape != features::Shape::Category) return;
  for (double& x : then.values) {
    if (std::isnan(x)) continue;
    const std::string& level = then.levels[static_cast<size_t>(x)];
    const auto found = std::ranges::lower_bound(now.levels, level);
    x = found != now.levels.end() && *found == level ? static_cast<double>(found - now.levels.begin()) : std::nan("");
  }
  then.levels = now.levels;
}

// The values of some rows behind those that are there; levels that are new go behind the others.
void append(const features::FeatureColumn& from, std::span<const uint32_t> rows, features::FeatureColumn& to) {
  std::vector<double> code;
  for (const std::string& level : from.levels) {
    const auto found = std::ranges::find(to.levels, level);
    code.push_back(static_cast<double>(found - to.levels.begin()));
    if (found == to.levels.end()) to.levels.push_back(level);
  }
  for (const uint32_t row : rows) {
    const double x = from.values[row];
    to.values.push_back(code.empty() || std::isnan(x) ? x : code[static_cast<size_t>(x)]);
  }
}

}  // namespace

Result<Goal> Goal::of(const features::Setting& now, const features::EventRoles& parts, std::string_view text,
                      Duration horizon, uint64_t seed) {
  Goal out;
  out.horizon_ = horizon;
  for (size_t n = 1; n <= kStretches; ++n)
    if (!TRY(out.look_back(now, parts, text, now.as_of - horizon * static_cast<int64_t>(n), seed))) break;
  if (out.stretches_.empty())
    return fail(fmt::format("the record is too short for a goal: its {} must reach back one and a half times {}",
                            parts.words.mains, text_of(horizon)),
                "--goal", "give a shorter --horizon, or no goal");
  if (std::ranges::all_of(out.values_, [&](double x) { return x == out.values_[0]; }))
    return fail("everybody's outcome is the same, so nothing says more or less about it", "--goal",
                "give another goal, or a longer --horizon");
  if (!out.yes_or_no_) out.values_ = ranks_of(out.values_);
  return out;
}

Result<bool> Goal::look_back(const features::Setting& now, const features::EventRoles& parts, std::string_view text,
                             Instant from, uint64_t seed) {
  const profiles::Past past = profiles::past_of(now.history, from);
  const auto& mains = parts.of(features::EventRole::Main);
  Stretch stretch{.from = from, .judged = {}};
  for (uint32_t c = 0; c < past.history.customers(); ++c)
    if (std::ranges::any_of(mains, [&](const std::string& event) {
          const auto* stream = past.history.stream(event);
          return stream && stream->first[c + 1] > stream->first[c];
        }))
      stretch.judged.push_back(c);
  const features::Extent extent = features::extent_of(past.history, mains);
  if (extent.is_empty() || (from - extent.first) * 2 < horizon_ || stretch.judged.size() < kFewestCustomers)
    return false;
  features::Setting then = now;
  then.as_of = from + horizon_;
  const bool is_ours = is_named_goal(text);
  for (features::Outcome& each : TRY(features::measure_outcomes(then, parts, horizon_, is_ours ? "" : text))) {
    if (each.name != (is_ours ? text : "goal")) continue;
    phrase_ = each.phrase;
    yes_or_no_ = each.yes_or_no;
    for (const uint32_t c : stretch.judged) values_.push_back(each.values[past.customer[c]]);
  }
  for (const uint32_t c : stretch.judged)
    fold_.push_back(static_cast<uint8_t>(hash64(past.history.customer[c], seed + 23) % kFolds));
  stretches_.push_back(std::move(stretch));
  return true;
}

Result<features::FeatureTable> Goal::measured(const features::Setting& now, const std::vector<Asked>& asked) const {
  features::FeatureTable out;
  for (const Stretch& stretch : stretches_) {
    const profiles::Past past = profiles::past_of(now.history, stretch.from);
    size_t j = 0;
    for (const Asked& each : asked) {
      const features::FeatureTable then =
          TRY(features::measure({past.history, now.schema, stretch.from, now.zone}, each.definitions, each.features));
      TRY(go_on());
      for (const features::FeatureColumn& column : then.columns) {
        if (j == out.columns.size()) out.columns.push_back({.feature = column.feature, .values = {}, .levels = {}});
        append(column, stretch.judged, out.columns[j++]);
      }
    }
  }
  return out;
}

double Goal::foretold(std::span<const uint32_t> group, std::span<const uint32_t> rows) const {
  std::vector<uint32_t> of;
  std::vector<double> values;
  std::vector<uint8_t> fold;
  for (const uint32_t row : rows) of.push_back(group[row]), values.push_back(values_[row]), fold.push_back(fold_[row]);
  if (rows.empty()) return 0;
  const auto of_mean = stats::predictions(std::vector<uint32_t>(of.size(), 0), 1, values, fold, kFolds);
  const auto said = stats::predictions(of, *std::ranges::max_element(of) + 1, values, fold, kFolds);
  double varied = 0, missed = 0;
  for (size_t i = 0; i < values.size(); ++i)
    varied += std::pow(values[i] - of_mean[i], 2), missed += std::pow(values[i] - said[i], 2);
  return varied > 0 ? 1 - missed / varied : 0;
}

std::vector<double> Goal::told_by(const features::FeatureTable& then) const {
  std::vector<uint32_t> everyone(values_.size());
  std::iota(everyone.begin(), everyone.end(), 0);
  std::vector<double> out;
  for (const features::FeatureColumn& column : then.columns) out.push_back(foretold(tenths_of(column), everyone));
  return out;
}

Result<std::vector<double>> Goal::told_by(const features::Setting& now, std::string_view definitions,
                                          std::vector<features::Feature> features) const {
  return told_by(TRY(measured(now, {{definitions, std::move(features)}})));
}

Result<std::optional<std::string>> Goal::weigh(const Today& today, features::Transformed& table) {
  Asked clustering{.definitions = today.definitions, .features = {}}, apart;
  for (const features::FeatureColumn& column : today.features.columns)
    if (column.feature.clusters) clustering.features.push_back(column.feature);
  for (const features::ApartGroup& group : today.population.apart)
    apart.features.push_back(today.features.columns[group.condition.column].feature);
  const std::string apart_text = features::text_of_definitions(today.parts, apart.features);
  apart.definitions = apart_text;
  then_ = TRY(measured(today.now, {clustering, apart}));
  is_apart_.assign(values_.size(), false);
  for (size_t g = apart.features.size(); g-- > 0; then_.columns.pop_back()) {
    const cluster::RuleColumn column = rule_column_of(then_.columns.back());
    cluster::Condition condition = today.population.apart[g].condition;
    condition.column = 0;
    for (uint32_t i = 0; i < is_apart_.size(); ++i)
      is_apart_[i] = is_apart_[i] || cluster::holds(condition, std::span(&column, 1), i);
  }
  const auto told = told_by(then_);
  const double best = told.empty() ? 0 : *std::ranges::max_element(told);
  if (!(best > kSaysNothing)) return std::nullopt;
  std::vector<std::pair<double, std::string>> says;
  for (size_t f = 0; f < told.size(); ++f) says.emplace_back(told[f], then_.columns[f].feature.phrase);
  for (size_t j = 0; j < table.columns.size(); ++j) {
    const double said = told[then_.index(table.columns[j].feature)];
    const double share = said > kSaysNothing ? said / best : 0;
    table.columns[j].weight *= std::sqrt(share);
    for (size_t i = 0; i < table.table.rows; ++i) table.table.at(i, j) *= std::sqrt(share);
  }
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

Result<double> Goal::told_by_groups(const features::Setting& now, std::string_view definitions) const {
  const Stretch& newest = stretches_[0];
  const profiles::Past past = profiles::past_of(now.history, newest.from);
  const features::Members then =
      TRY(features::members_of({past.history, now.schema, newest.from, now.zone}, definitions));
  std::vector<uint32_t> of_customer(past.history.customers(), static_cast<uint32_t>(then.members.size()));
  for (auto g = static_cast<uint32_t>(then.members.size()); g-- > 0;)
    for (const uint32_t c : then.members[g]) of_customer[c] = g;
  std::vector<uint32_t> group(values_.size(), 0), rows;
  for (uint32_t i = 0; i < newest.judged.size(); ++i) {
    group[i] = of_customer[newest.judged[i]];
    if (!is_apart_[i]) rows.push_back(i);
  }
  return foretold(group, rows);
}

std::optional<Goal::Groups> Goal::divide(const Today& today, const features::Transformed& table, double min_size,
                                         std::optional<size_t> leaves) const {
  std::vector<uint32_t> index;
  std::vector<cluster::RuleColumn> then_columns, now_columns;
  features::FeatureTable then;
  for (const features::FeatureColumn& column : then_.columns) {
    const auto weighed = std::ranges::find(table.columns, column.feature.name, &features::ColumnTreatment::feature);
    if (!column.feature.in_rules || weighed == table.columns.end() || !(weighed->weight > 0)) continue;
    index.push_back(static_cast<uint32_t>(today.features.index(column.feature.name)));
    then.columns.push_back(column);
    share_codes(today.features.columns[index.back()], then.columns.back());
    now_columns.push_back(rule_column_of(today.features.columns[index.back()]));
  }
  for (const features::FeatureColumn& column : then.columns) then_columns.push_back(rule_column_of(column));
  std::vector<uint32_t> all, newest, older;
  for (uint32_t i = 0; i < values_.size(); ++i) {
    if (is_apart_[i]) continue;
    all.push_back(i);
    const bool is_judge = stretches_.size() > 1 ? i < stretches_[0].judged.size() : fold_[i] % 2 == 0;
    (is_judge ? newest : older).push_back(i);
  }
  const auto grown_on = [&](std::span<const uint32_t> rows, std::span<const uint32_t> pruned_on,
                            std::span<const cluster::RuleColumn> columns) {
    // Rows a customer: the newest stretch has nearly all of them.
    const double times =
        std::max(1.0, static_cast<double>(rows.size()) / static_cast<double>(std::max<size_t>(1, newest.size())));
    cluster::GoalTreeOptions how{.min_size = min_size * times, .repeats = times, .most_conditions = kMostConditions};
    if (leaves)
      how = {.min_size = kFewest, .chance = HUGE_VAL, .most_conditions = kMostConditions, .most_leaves = *leaves};
    cluster::GoalTree tree = cluster::GoalTree::grown(then_columns, values_, rows, how);
    tree.prune(columns, pruned_on, leaves ? 1 : min_size);
    return tree;
  };
  const cluster::GoalTree tree = grown_on(all, today.population.grouped, now_columns);
  Groups out{.rules = tree.rules(), .labels = tree.leaves_of(now_columns, today.population.grouped)};
  if (out.rules.size() < 2) return std::nullopt;
  std::vector<uint32_t> everyone(values_.size());
  std::iota(everyone.begin(), everyone.end(), 0);
  out.told = foretold(grown_on(older, newest, then_columns).leaves_of(then_columns, everyone), newest);
  for (cluster::Conjunction& rule : out.rules)
    for (cluster::Condition& condition : rule) condition.column = index[condition.column];
  return out;
}

Result<Goal::Choice> Goal::choose(const Today& today, std::string_view structure, const features::Transformed& table,
                                  double min_size, std::optional<size_t> leaves) const {
  auto groups = divide(today, table, min_size, leaves);
  TRY(go_on());
  if (!groups)
    return Choice{
        .said = fmt::format("No two groups differ in {} by more than chance: the structure alone divides.", phrase()),
        .clustering = {},
        .rules = {}};
  const double of_structure = TRY(told_by_groups(today.now, structure));
  const std::string told =
      fmt::format("{:.1f} % against {:.1f} % of what varies", 100 * std::max(groups->told, of_structure),
                  100 * std::min(groups->told, of_structure));
  if (groups->told <= of_structure)
    return Choice{
        .said = fmt::format("These groups foretold {} better than those of a tree grown on it ({}).", phrase(), told),
        .clustering = {},
        .rules = {}};
  Choice out{.said = fmt::format(
                 "{} groups: the leaves of a tree in which each split tells {} apart{}. They foretold it better than "
                 "the groups of the structure ({}).",
                 groups->rules.size(), phrase(),
                 leaves ? fmt::format(", as near to the {} asked for as the data allows", *leaves)
                        : " by more than chance (Welch, 5 %, times the number of splits looked at)",
                 told),
             .clustering = {},
             .rules = {}};
  std::vector<size_t> order;
  out.clustering = cluster::clustering_of(table.table, std::move(groups->labels), groups->rules.size(), order);
  for (const size_t s : order) out.rules.push_back(groups->rules[s]);
  out.rules = guarded(today.features, today.population, std::move(out.rules));
  return out;
}

}  // namespace tessera::discover

#include "discover/goal.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/hash.hpp"
#include "discover/discover.hpp"
#include "discover/extent.hpp"
#include "stats/foretelling.hpp"

namespace tessera::discover {

namespace {

constexpr size_t kFolds = 10, kTenths = 10;
constexpr double kSaysNothing = 0.001;  // foretold: under it, a feature says nothing about the goal
constexpr ptrdiff_t kNamed = 5;         // features that say most
constexpr double kFewest = 10;          // members before the last days; of fewer nothing can be said

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
  if (extent.is_empty() || out.cut_ - extent.first < horizon || out.judged_.size() < kFewestCustomers)
    return fail(fmt::format("the record is too short for a goal: its {} must reach back twice {}", parts.words.mains,
                            text_of(horizon)),
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
      "and do not count.",
      phrase(), most, says.end() - dropped, says.size());
}

Result<std::vector<std::vector<double>>> Goal::chances(const Setting& now, std::string_view definitions) const {
  const Members then = TRY(members_of({past_.history, now.schema, cut_, now.zone}, definitions));
  std::vector<double> value_of(past_.history.customers(), std::nan(""));
  for (size_t i = 0; i < judged_.size(); ++i) value_of[judged_[i]] = values_[i];
  struct Group {
    double n = 0, mean = 0, squares = 0;
    double error() const { return squares / (n - 1) / n; }  // squared, of the mean
  };
  std::vector<Group> groups;
  for (const auto& members : then.members) {
    Group of;
    for (const uint32_t c : members) {
      if (std::isnan(value_of[c])) continue;
      const double step = value_of[c] - of.mean;
      of.mean += step / ++of.n;
      of.squares += step * (value_of[c] - of.mean);
    }
    groups.push_back(of);
  }
  std::vector out(groups.size(), std::vector<double>(groups.size(), 1));
  for (size_t a = 0; a < groups.size(); ++a)
    for (size_t b = 0; b < groups.size(); ++b) {
      if (a == b || groups[a].n < kFewest || groups[b].n < kFewest) continue;
      const double error = std::sqrt(groups[a].error() + groups[b].error()),
                   apart = std::fabs(groups[a].mean - groups[b].mean);
      out[a][b] = error > 0 ? std::erfc(apart / error / std::sqrt(2.0)) : apart > 0 ? 0 : 1;
    }
  return out;
}

}  // namespace tessera::discover

#include "persona/claims.hpp"

#include <algorithm>
#include <cmath>

#include "core/parallel.hpp"
#include "stats/discoveries.hpp"

namespace tessera::persona {

namespace {

using stats::Interval;
using stats::mean_of;
using stats::median_interval;
using stats::median_of;
using stats::wilson;

constexpr double kMistakes = 0.05;      // of claims that are tested, the share that may be false
constexpr size_t kFewestTold = 20;      // of a group, with a known value
constexpr size_t kFewestEveryone = 50;  // of everyone
constexpr size_t kFewestTested = 8;     // of a group, among those held out
constexpr double kWorthSaying = 0.2;    // standard deviations

bool by_median(features::Shape shape) {
  return shape == features::Shape::Count || shape == features::Shape::Money || shape == features::Shape::Days ||
         shape == features::Shape::Number;
}

std::vector<double> known_of(const features::FeatureColumn& column, std::span<const uint32_t> customers) {
  std::vector<double> out;
  out.reserve(customers.size());
  for (const uint32_t c : customers)
    if (!std::isnan(column.values[c])) out.push_back(column.values[c]);
  return out;
}

double deviation_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double x : values) sum += (x - mean) * (x - mean);
  return values.size() < 2 ? 0 : std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::string range_text(features::Shape shape, Interval interval) {
  const auto end = [&](double x) {
    std::string text = std::isfinite(x) ? features::shown(shape, x) : x < 0 ? "none" : "any";
    // "66 to 75", not "66 % to 75 %": the unit stands before.
    for (const std::string_view unit : {" %", " days", " day"})
      if (text.ends_with(unit)) text.erase(text.size() - unit.size());
    return text;
  };
  return fmt::format("({} to {})", end(interval.low), end(interval.high));
}

std::string sentence_of(const features::Feature& feature, const features::IndustryTerms& words, const Claim& claim) {
  const std::string value = features::shown(feature.shape, claim.value),
                    everyone = features::shown(feature.shape, claim.everyone);
  const std::string range = range_text(feature.shape, claim.interval);
  if (feature.shape == features::Shape::Category)
    return fmt::format("{} {} have {} \"{}\", against {} of everyone",
                       features::shown(features::Shape::Share, claim.value),
                       range_text(features::Shape::Share, claim.interval), feature.phrase, claim.level,
                       features::shown(features::Shape::Share, claim.everyone));
  if (feature.shape == features::Shape::Share)
    return fmt::format("{} {} {}, against {} of everyone", value, range, feature.phrase, everyone);
  if (feature.shape == features::Shape::Days) {
    std::string what = feature.phrase;
    if (what.starts_with("days ")) what = what.substr(5);
    return fmt::format("{} {} {}, against {} for everyone (median)", value, range, what, everyone);
  }
  if (feature.shape == features::Shape::Money)
    return fmt::format("{} {} {}, against {} for everyone (median)", value, range, feature.phrase, everyone);
  if (feature.shape == features::Shape::Number)
    return fmt::format("{} {} {}, against {} for everyone (median)", feature.phrase, value, range, everyone);
  (void)words;
  return fmt::format("{} {} {}, against {} for everyone ({})", value, range, feature.phrase, everyone,
                     by_median(feature.shape) ? "median" : "mean");
}

// What everyone's values of one column say, computed once for all groups.
struct Everyone {
  std::vector<double> sorted;
  double mean = 0, median = 0, deviation = 0;
};

Everyone everyone_of(const features::FeatureColumn& column, std::span<const uint32_t> everyone) {
  Everyone out{.sorted = known_of(column, everyone)};
  std::sort(out.sorted.begin(), out.sorted.end());
  out.mean = mean_of(out.sorted);
  out.median = median_of(out.sorted);
  out.deviation = deviation_of(out.sorted);
  return out;
}

// One comparison of a group with everyone: of a number, or of one level of a category.
struct Look {
  size_t group = 0;
  std::optional<uint32_t> level;
  double p = 1;  // of a claim that must be confirmed
  bool kept = false;
};

class Column {
 public:
  Column(const features::FeatureColumn& column, const ClaimBasis& basis, bool made)
      : column_(column), basis_(basis), made_(made), all_(everyone_of(column, basis.everyone)) {
    if (!made_) prepare_tests();
  }

  // Which claims about the group are worth a thought: of what made the groups those that stand out, of the rest those
  // that stand out among customers who are not held out.
  void look_at(size_t g, std::span<const uint32_t> members) {
    if (known_of(column_, members).size() < kFewestTold || all_.sorted.size() < kFewestEveryone) return;
    if (column_.feature.shape != features::Shape::Category) {
      if (all_.deviation > 0) look_at(g, members, {});
      return;
    }
    for (uint32_t level = 0; level < column_.levels.size(); ++level) look_at(g, members, level);
  }
  std::vector<Look>& looks() { return looks_; }
  size_t comparisons() const { return comparisons_; }

  // The claim, if its interval at this level lies to one side of everyone's figure.
  std::optional<Claim> claim(const Look& look, std::span<const uint32_t> members, const features::IndustryTerms& words,
                             double z) const {
    Claim claim = measured(known_of(column_, members), look.level, z);
    if (claim.interval.contains(claim.everyone) || !worth_saying(claim)) return {};
    claim.by_construction = made_;
    claim.q = made_ ? std::numeric_limits<double>::quiet_NaN() : look.p;
    claim.lift = claim.everyone != 0 ? claim.value / claim.everyone : std::numeric_limits<double>::quiet_NaN();
    claim.sentence = sentence_of(column_.feature, words, claim);
    return claim;
  }

 private:
  static bool worth_saying(const Claim& claim) {
    return std::fabs(claim.effect) >= kWorthSaying && (claim.level.empty() || claim.higher());
  }

  void look_at(size_t g, std::span<const uint32_t> members, std::optional<uint32_t> level) {
    if (made_) {
      looks_.push_back({.group = g, .level = level, .kept = true});
      return;
    }
    ++comparisons_;
    std::vector<uint32_t> shown;
    for (const uint32_t c : members)
      if (!basis_.held_out[c]) shown.push_back(c);
    const auto values = known_of(column_, shown);
    if (values.empty()) return;
    const Claim found = measured(values, level, 1);
    if (worth_saying(found)) looks_.push_back({.group = g, .level = level, .p = p_of(members, level, found.higher())});
  }

  Claim measured(const std::vector<double>& mine, std::optional<uint32_t> level, double z) const {
    const double n = static_cast<double>(mine.size());
    Claim claim{.trait = column_.feature.name, .family = column_.feature.family, .tag = column_.feature.tag};
    if (level) {
      const double is = *level, have = static_cast<double>(std::count(mine.begin(), mine.end(), is));
      const auto [from, to] = std::equal_range(all_.sorted.begin(), all_.sorted.end(), is);
      claim.level = column_.levels[*level];
      claim.value = have / n;
      claim.everyone = static_cast<double>(to - from) / static_cast<double>(all_.sorted.size());
      claim.interval = wilson(have, n, z);
      claim.effect = (claim.value - claim.everyone) / std::sqrt(std::max(1e-9, claim.everyone * (1 - claim.everyone)));
    } else if (by_median(column_.feature.shape)) {
      claim.value = median_of(mine);
      claim.everyone = all_.median;
      claim.interval = median_interval(mine, z);
      // By ranks, for tails are heavy: where the group's median stands among everyone, on the scale of deviations.
      const auto [from, to] = std::equal_range(all_.sorted.begin(), all_.sorted.end(), claim.value);
      const double rank = (static_cast<double>(from - all_.sorted.begin()) + static_cast<double>(to - from) / 2) /
                          static_cast<double>(all_.sorted.size());
      claim.effect = 3.4 * (rank - 0.5);
    } else {
      claim.value = mean_of(mine);
      claim.everyone = all_.mean;
      claim.interval = mean_range(mine, z);
      claim.effect = (claim.value - claim.everyone) / all_.deviation;
    }
    return claim;
  }

  // Shares lie between 0 and 1, and have an interval where all are 0 or all 1: as many as may differ, by as much as can
  // be.
  Interval mean_range(const std::vector<double>& mine, double z) const {
    const Interval interval = stats::skewed_mean_interval(stats::moments_of(mine), z);
    if (column_.feature.shape != features::Shape::Share) return interval;
    const double n = static_cast<double>(mine.size());
    if (!interval.finite()) return wilson(mine[0] * n, n, z);
    return {std::max(0.0, interval.low), std::min(1.0, interval.high)};
  }

  void prepare_tests() {
    std::vector<uint32_t> who;
    for (const uint32_t c : basis_.everyone)
      if (basis_.held_out[c] && !std::isnan(column_.values[c])) who.push_back(c), tested_.push_back(column_.values[c]);
    place_.assign(column_.values.size(), kNobody);
    for (uint32_t i = 0; i < who.size(); ++i) place_[who[i]] = i;
    ranks_ = stats::ranks_of(tested_);
    moments_ = stats::moments_of(tested_);
  }

  // Of the difference between the group and the others among customers held out; 1 where it points the other way.
  double p_of(std::span<const uint32_t> members, std::optional<uint32_t> level, bool higher) const {
    std::vector<uint32_t> mine;
    for (const uint32_t c : members)
      if (place_[c] != kNobody) mine.push_back(place_[c]);
    const double n = static_cast<double>(mine.size()), all = static_cast<double>(tested_.size());
    if (mine.size() < kFewestTested || n >= all) return 1;
    if (level) {
      double have = 0;
      for (const uint32_t i : mine) have += tested_[i] == *level;
      const double everyone = static_cast<double>(std::count(tested_.begin(), tested_.end(), double(*level)));
      return (have / n > everyone / all) == higher ? stats::fisher_p({have, n}, {everyone - have, all - n}) : 1;
    }
    double sum = 0;
    if (by_median(column_.feature.shape)) {
      for (const uint32_t i : mine) sum += ranks_.rank[i];
      return (sum / n > (all + 1) / 2) == higher ? stats::rank_p(sum, n, ranks_) : 1;
    }
    for (const uint32_t i : mine) sum += tested_[i];
    return (sum / n > moments_.mean) == higher ? stats::drawn_mean_p(sum / n, n, moments_) : 1;
  }

  static constexpr uint32_t kNobody = ~uint32_t{0};
  const features::FeatureColumn& column_;
  const ClaimBasis& basis_;
  bool made_;
  Everyone all_;
  std::vector<Look> looks_;
  size_t comparisons_ = 0;
  std::vector<double> tested_;   // values of customers held out
  std::vector<uint32_t> place_;  // of a customer in tested_
  stats::Ranks ranks_;
  stats::Moments moments_;
};

// Helpers of other figures, and words for mixes that are told in figures.
bool is_told(const features::Feature& feature) {
  const bool mix_word = feature.shape == features::Shape::Category && feature.family != features::Family::Trait &&
                        feature.family != features::Family::Own;
  return feature.name != "visits" && feature.name != "months_known" && !mix_word;
}

// Keeps the discoveries among the looks that must be confirmed, with their adjusted p-values. The z for their
// intervals: as much wider as so few of so many comparisons were picked.
double confirm(std::vector<std::optional<Column>>& columns, MoreTests* more) {
  std::vector<Look*> tested;
  std::vector<double> p;
  double comparisons = 0, kept = 0;
  for (auto& column : columns) {
    if (!column) continue;
    comparisons += static_cast<double>(column->comparisons());
    for (Look& look : column->looks())
      if (!look.kept) tested.push_back(&look), p.push_back(look.p);
  }
  if (more) p.insert(p.end(), more->p.begin(), more->p.end());
  const auto adjusted = stats::benjamini_hochberg(p);
  if (more) more->q.assign(adjusted.begin() + static_cast<long>(tested.size()), adjusted.end());
  for (size_t i = 0; i < tested.size(); ++i) {
    tested[i]->p = adjusted[i];
    tested[i]->kept = adjusted[i] <= kMistakes;
    kept += tested[i]->kept;
  }
  return kept > 0 ? stats::z_of(kMistakes * kept / comparisons) : 0;
}

}  // namespace

std::vector<std::vector<Claim>> claims_about(const features::FeatureTable& features,
                                             const features::IndustryTerms& words,
                                             std::span<const std::vector<uint32_t>> groups, const ClaimBasis& basis,
                                             MoreTests* more) {
  std::vector<std::optional<Column>> columns(features.columns.size());
  parallel_for(columns.size(), 1, [&](size_t from, size_t to) {
    for (size_t j = from; j < to; ++j) {
      if (!is_told(features.columns[j].feature)) continue;
      columns[j].emplace(features.columns[j], basis, basis.made[j]);
      for (size_t g = 0; g < groups.size(); ++g) columns[j]->look_at(g, groups[g]);
    }
  });
  const double z_made = stats::z_of(kMistakes), z_confirmed = confirm(columns, more);
  std::vector<std::vector<std::pair<size_t, Claim>>> found(columns.size());
  parallel_for(columns.size(), 1, [&](size_t from, size_t to) {
    for (size_t j = from; j < to; ++j) {
      if (!columns[j]) continue;
      for (const Look& look : columns[j]->looks())
        if (look.kept)
          if (auto claim = columns[j]->claim(look, groups[look.group], words, basis.made[j] ? z_made : z_confirmed))
            found[j].push_back({look.group, std::move(*claim)});
    }
  });
  std::vector<std::vector<Claim>> out(groups.size());
  for (auto& of_column : found)
    for (auto& [g, claim] : of_column) out[g].push_back(std::move(claim));
  for (auto& of_group : out)
    std::stable_sort(of_group.begin(), of_group.end(),
                     [](const Claim& a, const Claim& b) { return std::fabs(a.effect) > std::fabs(b.effect); });
  return out;
}

}  // namespace tessera::persona

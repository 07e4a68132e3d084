#include "discover/backtest.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "discover/pipeline.hpp"
#include "features/extent.hpp"
#include "features/measure.hpp"
#include "features/population.hpp"
#include "predict/boosting.hpp"
#include "profiles/past.hpp"

namespace tessera::discover {

namespace {

using profiles::History;
using profiles::Past;

constexpr size_t kFolds = 10, kModelFolds = 5;  // growing trees takes longer than means
constexpr uint32_t kNobody = UINT32_MAX;

// A way of putting customers into groups, one number for each that is judged.
struct Slicing {
  std::string name;
  std::vector<uint32_t> group;
  size_t groups = 0;
};

// Numbers of any size as 0..groups-1.
Slicing sliced(std::string name, const std::vector<uint64_t>& keys) {
  std::map<uint64_t, uint32_t> index;
  Slicing out{.name = std::move(name)};
  for (const uint64_t key : keys)
    out.group.push_back(index.try_emplace(key, static_cast<uint32_t>(index.size())).first->second);
  out.groups = index.size();
  return out;
}

// The second discovery is the second half of the work.
class SecondHalf final : public Progress {
 public:
  explicit SecondHalf(Progress& whole) : whole_(whole) {}
  void step(const std::string& what, uint64_t done, uint64_t total) override {
    whole_.step("on hidden days: " + what, done + total, 2 * total);
  }
  void finish() override { whole_.finish(); }

 private:
  Progress& whole_;
};

class LookBack {
 public:
  LookBack(const History& history, const language::Schema& schema, const Options& options, Instant as_of)
      : history_(history), schema_(schema), options_(options), as_of_(as_of), cut_(as_of - options.horizon) {}

  Result<Backtest> all(Progress& progress) {
    out_.hidden = options_.horizon;
    out_.from = cut_;
    out_.until = as_of_;
    past_ = profiles::past_of(history_, cut_);
    out_.why_not = reason_not_to();
    if (!out_.why_not.empty()) return std::move(out_);
    Options then = options_;
    then.as_of = cut_;
    then.hides = then.needs = false;
    then.before = nullptr;
    if (then.segments && *then.segments > past_.history.customers() / 2) then.segments.reset();
    SecondHalf second(progress);
    found_ = TRY(find_segments(past_.history, schema_, then, second));
    if (found_.treatment.empty()) {
      out_.why_not = "nothing that is known tells the customers apart, so it foretells nothing";
      return std::move(out_);
    }
    choose_judged();
    if (judged_.size() < kFewestCustomers) {
      out_.why_not = too_few();
      return std::move(out_);
    }
    TRY(measure_hidden());
    TRY(judge());
    say();
    return std::move(out_);
  }

 private:
  std::string too_few() const {
    const auto parts = features::recognise(history_);
    const features::IndustryTerms& words = parts ? parts->words : features::generic_words();
    return fmt::format("fewer than {} {} had {} before the last {}", kFewestCustomers, words.customers, words.mains,
                       text_of(options_.horizon));
  }

  // Half of what is known must lie before what is hidden: otherwise the segments had nothing to be found in.
  std::string reason_not_to() const {
    if (!features::recognise(history_)) return "no dates, so nothing can be hidden";
    if (past_.history.customers() < kFewestCustomers) return too_few();
    const auto parts = features::recognise(past_.history);
    if (!parts) return too_few();
    const features::Extent extent = features::extent_of(past_.history, parts->of(features::EventRole::Main));
    // With a goal the hidden discovery learns it on as many days more, from half as many at least.
    const bool learns = !options_.goal.empty();
    if (extent.is_empty() || (cut_ - extent.first) * 2 < options_.horizon * (learns ? 3 : 2))
      return fmt::format("the record is too short: to hide {} {}it must reach back {} as far",
                         text_of(options_.horizon), learns ? "with a goal " : "",
                         learns ? "two and a half times" : "twice");
    return {};
  }

  const features::FeatureColumn* column(features::Family family) const {
    const auto found = std::ranges::find(found_.features.columns, family,
                                         [](const features::FeatureColumn& each) { return each.feature.family; });
    return found == found_.features.columns.end() ? nullptr : &*found;
  }

  // Those whom the discovery counted and RFM can rank: with a main event.
  void choose_judged() {
    const features::FeatureColumn* recency = column(features::Family::Recency);
    for (uint32_t c = 0; c < past_.history.customers(); ++c)
      if (found_.label[c] >= 0 && recency && !std::isnan(recency->values[c])) judged_.push_back(c);
    out_.customers = judged_.size();
    for (const uint32_t c : judged_)
      fold_.push_back(static_cast<uint8_t>(hash64(past_.history.customer[c], options_.seed + 17) % kFolds));
    for (const uint8_t fold : fold_) model_fold_.push_back(fold % kModelFolds);
  }

  Result<void> measure_hidden() {
    const bool is_ours = options_.goal.empty() || is_named_goal(options_.goal);
    for (features::Outcome& each :
         TRY(features::measure_outcomes({history_, schema_, as_of_, options_.zone ? *options_.zone : Zone::utc()},
                                        found_.parts, options_.horizon, is_ours ? "" : options_.goal)))
      add_outcome(std::move(each));
    return {};
  }

  void add_outcome(features::Outcome outcome) {
    std::vector<double> values;
    for (const uint32_t c : judged_) values.push_back(outcome.values[past_.customer[c]]);
    for (const double x : values) outcome.mean += x / static_cast<double>(values.size());
    const bool is_constant = std::ranges::all_of(values, [&](double x) { return x == values[0]; });
    // Where there is nothing but the main event, any event says the same.
    const bool is_known =
        std::ranges::any_of(out_.outcomes, [&](const features::Outcome& o) { return o.values == values; });
    if (is_constant || is_known) return;
    outcome.values = std::move(values);
    out_.outcomes.push_back(std::move(outcome));
  }

  Slicing segments() const {
    std::vector<uint32_t> of(past_.history.customers(), kNobody);
    uint32_t index = 0;
    for (const auto* list : {&found_.segments, &found_.set_apart})
      for (const Segment& segment : *list) {
        for (const uint32_t c : segment.members)
          if (of[c] == kNobody) of[c] = index;
        ++index;
      }
    std::vector<uint64_t> keys;
    for (const uint32_t c : judged_) keys.push_back(of[c]);
    return sliced("micro-segments", keys);
  }

  // Fifths of recency, frequency and money: as 125 cells, or by the sum of the three scores.
  std::vector<Slicing> rfm() const {
    std::vector<std::vector<uint8_t>> scores;
    for (const features::Family family :
         {features::Family::Recency, features::Family::Frequency, features::Family::Money}) {
      const features::FeatureColumn* of = column(family);
      if (!of) continue;
      std::vector<double> values;
      for (const uint32_t c : judged_) {
        const double x = std::isnan(of->values[c]) ? 0 : of->values[c];
        values.push_back(family == features::Family::Recency ? -x : x);
      }
      scores.push_back(stats::quintiles(values));
    }
    std::vector<uint64_t> cells(judged_.size()), sums(judged_.size());
    for (size_t i = 0; i < judged_.size(); ++i)
      for (const auto& score : scores) cells[i] = 5 * cells[i] + score[i], sums[i] += score[i];
    return {sliced("quintile RFM", cells), sliced("quintile RFM, by the sum of its scores", sums)};
  }

  std::optional<Slicing> demographics() const {
    std::vector<uint64_t> keys(judged_.size());
    bool are_any = false;
    for (const features::FeatureColumn& of : found_.features.columns) {
      if (of.feature.family != features::Family::Trait) continue;
      are_any = true;
      std::vector<double> values;
      for (const uint32_t c : judged_) values.push_back(of.values[c]);
      std::vector<uint8_t> fifth;
      if (of.feature.shape != features::Shape::Category) {
        std::vector<double> known = values;
        for (double& x : known)
          if (std::isnan(x)) x = -HUGE_VAL;
        fifth = stats::quintiles(known);
      }
      for (size_t i = 0; i < keys.size(); ++i) {
        const uint64_t level = std::isnan(values[i]) ? 0
                               : fifth.empty()       ? 1 + static_cast<uint64_t>(values[i])
                                                     : uint64_t{1} + fifth[i];
        keys[i] = mix64(keys[i] ^ level);
      }
    }
    if (!are_any) return std::nullopt;
    return sliced("demographics alone", keys);
  }

  // Everything that is measured of a customer, row by row.
  std::vector<float> measured() const {
    std::vector<float> out;
    for (const uint32_t c : judged_)
      for (const features::FeatureColumn& of : found_.features.columns) out.push_back(static_cast<float>(of.values[c]));
    return out;
  }

  Result<void> judge() {
    std::vector<Slicing> slicings{segments()};
    for (Slicing& each : rfm()) slicings.push_back(std::move(each));
    if (auto of_traits = demographics()) slicings.push_back(std::move(*of_traits));
    for (const Slicing& each : slicings) out_.contenders.push_back({.name = each.name, .groups = each.groups});
    out_.contenders.push_back({.name = "gradient-boosted model, the ceiling", .groups = 0});
    const std::vector<float> features = measured();
    const std::vector<uint32_t> everyone(judged_.size(), 0);
    for (const features::Outcome& outcome : out_.outcomes) {
      std::vector<std::vector<double>> ways;
      for (const Slicing& each : slicings)
        ways.push_back(stats::predictions(each.group, each.groups, outcome.values, fold_, kFolds));
      ways.push_back(
          TRY(predict::boosted_predictions(features, found_.features.columns.size(), outcome.values, fold_, kFolds,
                                           {.yes_or_no = outcome.yes_or_no, .seed = options_.seed})));
      const auto of_mean = stats::predictions(everyone, 1, outcome.values, fold_, kFolds);
      const auto compared = stats::compare(outcome.values, ways, of_mean, outcome.yes_or_no, options_.seed);
      for (size_t w = 0; w < ways.size(); ++w) {
        out_.contenders[w].foretold.push_back(compared.each[w]);
        out_.contenders[w].r2_less_segments.push_back(compared.r2_less_first[w]);
      }
    }
    return {};
  }

  static std::string percent(const stats::Figure& figure) {
    return fmt::format("{:.0f} % ({:.0f} to {:.0f})", 100 * figure.value, 100 * figure.low, 100 * figure.high);
  }

  // The better of the two forms of RFM.
  size_t best_rfm(size_t outcome) const {
    const auto r2 = [&](size_t w) { return out_.contenders[w].foretold[outcome].r2.value; };
    return r2(1) >= r2(2) ? 1 : 2;
  }

  void say() {
    std::vector<std::string> figures, worse, better;
    for (size_t o = 0; o < out_.outcomes.size(); ++o) {
      const Contender& rfm = out_.contenders[best_rfm(o)];
      // To foretell nothing is not better than to foretell less than nothing.
      const bool beats = rfm.r2_less_segments[o].high < 0 && out_.contenders[0].foretold[o].r2.low > 0;
      (beats ? better : worse).push_back(out_.outcomes[o].phrase);
      figures.push_back(fmt::format("of {} {}, {} {}", out_.outcomes[o].phrase,
                                    percent(out_.contenders[0].foretold[o].r2), rfm.name, percent(rfm.foretold[o].r2)));
    }
    if (better.empty())
      out_.said.push_back("These segments do not foretell better than quintile RFM.");
    else if (!worse.empty())
      out_.said.push_back(
          fmt::format("These segments do not foretell {} better than quintile RFM; they do foretell {}.",
                      fmt::join(worse, " or "), fmt::join(better, " and ")));
    else
      out_.said.push_back("These segments foretell what customers do next better than quintile RFM.");
    out_.said.push_back(
        fmt::format("With the last {} hidden, and {} {} judged on them, the segments foretell so much "
                    "of what varies: {}.",
                    text_of(out_.hidden), grouped(static_cast<double>(out_.customers)), found_.parts.words.customers,
                    fmt::join(figures, "; ")));
  }

  const History& history_;
  const language::Schema& schema_;
  const Options& options_;
  Instant as_of_, cut_;
  Past past_;
  Discovery found_;
  std::vector<uint32_t> judged_;            // customers of the past
  std::vector<uint8_t> fold_, model_fold_;  // of each judged
  Backtest out_;
};

}  // namespace

Result<Backtest> look_back(const History& history, const language::Schema& schema, const Options& options,
                           Instant as_of, Progress& progress) {
  return LookBack(history, schema, options, as_of).all(progress);
}

}  // namespace tessera::discover

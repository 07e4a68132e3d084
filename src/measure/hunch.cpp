#include "measure/hunch.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/stop.hpp"
#include "core/text.hpp"
#include "features/extent.hpp"
#include "features/measure.hpp"
#include "features/population.hpp"
#include "language/needs.hpp"
#include "language/print.hpp"
#include "measure/hunch_words.hpp"
#include "profiles/past.hpp"
#include "segment/evaluate.hpp"
#include "segment/segment.hpp"
#include "stats/matching.hpp"
#include "stats/power.hpp"

namespace tessera::measure {

namespace {

using profiles::History;
using profiles::Stream;
using stats::Interval;

constexpr size_t kSteps = 5;
constexpr double kLevel = 0.05;
constexpr double kKnownThen = 0.9;       // of the facts up to the cut-off; fewer: the record came later, go by dates
constexpr double kTurnsBothWays = 0.05;  // of all turns, those of the settled side that are worth a note
constexpr double kSpeaksForMost = 0.5;   // of those who meet the IF, the matched

enum class Answer : uint8_t { No, Yes, Unknown };
using Answers = std::vector<Answer>;

bool is_of_people(const Stream& stream) {
  return !profiles::is_kept_whole(stream.system);
}

// The condition of every customer. As a let, not as a segment: who is left out is decided once, by the population.
Result<Answers> answers_of(const History& history, language::Program program, Instant as_of, Instant known_at) {
  program.definitions.back().kind = language::DefinitionKind::Let;
  const segment::Plan plan = TRY(segment::compile(program));
  const segment::Bound bound = TRY(segment::Bound::bind(plan, history));
  const auto output = static_cast<uint32_t>(plan.outputs.size() - 1);
  const auto found = segment::evaluate_all(bound, as_of, known_at, {.members = false, .values = {output}});
  const segment::ValueColumn& column = found.values[output];
  Answers out(history.customers());
  for (size_t c = 0; c < out.size(); ++c)
    out[c] = !column.known(c) ? Answer::Unknown : column.truth(c) ? Answer::Yes : Answer::No;
  TRY(go_on());
  return out;
}

HunchGroup group_of(size_t customers, size_t with) {
  HunchGroup out{.customers = customers, .with = with, .rate = 0, .interval = {0, 1}};
  if (customers == 0) return out;
  out.rate = static_cast<double>(with) / static_cast<double>(customers);
  out.interval = stats::wilson(static_cast<double>(with), static_cast<double>(customers), stats::z_of(kLevel));
  return out;
}

// What is skew (money, counts, days) is compared by its logarithm; below 0 mirrored.
double even(double x) {
  return std::copysign(std::log1p(std::abs(x)), x);
}

// Those who are compared, as columns of equal length.
struct Compared {
  std::vector<uint32_t> customers;
  std::vector<uint8_t> met, outcome;
};

class Asking {
  // Long because it is one question asked in steps, each over the figures of those before.
 public:
  Asking(const History& history, const language::Schema& schema, const HunchQuestion& question, Progress& progress)
      : history_(history), schema_(schema), question_(question), progress_(progress) {}

  Result<Hunch> all() {
    TRY(read());
    TRY(set_the_clock());
    TRY(step("measuring customers", 1));
    TRY(measure_all());
    TRY(step("asking both conditions", 2));
    TRY(ask_both());
    TRY(step("leaving out what was settled before", 3));
    TRY(leave_out_settled());
    count();
    TRY(step("matching", 4));
    judge();
    experiment();
    out_.answer = answer_of(out_);
    if (out_.verdict == Verdict::NobodyMeetsIt)
      out_.next = try_command("segments count").option("--as-of", text_of(out_.cut)).option("-e", out_.condition);
    progress_.finish();
    return std::move(out_);
  }

 private:
  Result<void> step(const char* what, uint64_t done) { return next_step(progress_, what, done, kSteps); }
  Result<language::Program> read(const std::string& text, const char* place, std::string& printed) {
    language::Asked asked = TRY(language::ask(text, schema_, question_.known, place));
    if (!asked.warnings.empty()) out_.warnings.push_back(asked.warnings);
    printed = language::print(asked.program.definitions.back().body);
    return std::move(asked.program);
  }
  Result<void> read() {
    condition_ = TRY(read(question_.condition, "IF", out_.condition));
    outcome_ = TRY(read(question_.outcome, "OUTCOME", out_.outcome));
    if (history_.customers() == 0)
      return fail("the record holds no customers, so there is nobody to ask about", {},
                  try_command("import").blank("FILE"));
    parts_ = TRY(features::recognise(history_));
    out_.customers = parts_.words.customers;
    return {};
  }

  Result<void> set_the_clock() {
    VERIFY(question_.horizon > Duration{0});
    const features::Extent extent = features::extent_of(history_);
    if (extent.is_empty())
      return fail("the record holds no events with a time", {}, try_command("import").blank("FILE"));
    out_.horizon = question_.horizon;
    out_.as_of = question_.as_of.value_or(extent.newest + Duration{1});
    out_.cut = out_.as_of - out_.horizon;
    if (out_.cut < extent.first) {
      const int64_t days = (out_.as_of - extent.first).ms / kDay.ms;
      return fail(fmt::format("a horizon of {} before {} begins before the record, whose first event is of {}",
                              text_of(out_.horizon), text_of(out_.as_of), text_of(extent.first)),
                  "--horizon",
                  days >= 2 ? try_again().option("--horizon", fmt::format("{} days", days / 2))
                            : Remedy("import more of the past, or look from later"));
    }
    if (extent.newest <= out_.cut)
      return fail(fmt::format("nothing happened in the {} before {}: the newest event is of {}", text_of(out_.horizon),
                              text_of(out_.as_of), text_of(extent.newest)),
                  "--as-of", try_again().option("--as-of", text_of(extent.newest + Duration{1})));
    if (const Duration missing = out_.as_of - extent.newest; missing.ms * 10 > out_.horizon.ms)
      out_.notes.push_back(
          fmt::format("The newest event is of {}: the last {} days of the horizon are empty, and an "
                      "outcome that needs events could not come true there.",
                      text_of(extent.newest), missing.ms / kDay.ms));
    if (const Duration before = out_.cut - extent.first; before < out_.horizon)
      out_.notes.push_back(
          fmt::format("The record begins only {} days before the cut-off: no recency or tenure reaches "
                      "further back.",
                      before.ms / kDay.ms));
    decide_what_was_known();
    return {};
  }

  // A record that was kept at the time knows what it knew. One that was imported later would have known nothing at all
  // then: of it the dates are what there is.
  void decide_what_was_known() {
    const profiles::Seq visible = history_.visible_until(out_.cut);
    uint64_t dated = 0, seen = 0, undated = 0;
    for (const Stream& stream : history_.streams)
      for (size_t row = 0; row < stream.rows() && is_of_people(stream); ++row) {
        if (stream.time[row] > out_.cut) continue;
        if (stream.time[row] == kEver) ++undated;
        ++dated;
        seen += stream.seq[row] < visible;
      }
    out_.as_known_then = static_cast<double>(seen) >= kKnownThen * static_cast<double>(dated);
    known_at_ = out_.as_known_then ? std::min(out_.cut, question_.known_at) : question_.known_at;
    if (!out_.as_known_then)
      out_.notes.push_back(
          "Most of what the record holds up to the cut-off was learnt after it (an import of the past), so it is taken "
          "by its dates; what somebody corrected since cannot be told.");
    if (undated > 0 && !out_.as_known_then && !language::looks_of(condition_).traits.empty())
      out_.notes.push_back(
          "Some traits came without a date and count as known at the cut-off; one that was set after it lets the "
          "horizon leak into the IF.");
  }

  Result<void> measure_all() {
    std::vector<features::Feature> features;
    for (const features::Feature& feature : features::default_features(history_, parts_, false))
      if (std::ranges::count(kMatchedOn, feature.family) > 0 &&
          std::ranges::find(features, feature.family, &features::Feature::family) == features.end())
        features.push_back(feature);
    const features::Setting setting{history_, schema_, out_.cut, Zone::utc(), known_at_};
    table_ = TRY(features::measure(setting, features::text_of_definitions(parts_, features), features));
    const features::Population population =
        divide(history_, parts_, table_, out_.as_of,
               question_.keep_unwanted ? features::Unwanted::Kept : features::Unwanted::LeftOut);
    for (const features::LeftOut& group : population.left_out) out_.left_out += group.customers.size();
    const std::vector<bool> known = known_customers();
    for (const uint32_t c : population.counted)
      if (known[c]) looked_at_.push_back(c);
    counted_ = population.counted;
    out_.looked_at = looked_at_.size();
    return {};
  }

  // With a dated fact up to the cut-off.
  std::vector<bool> known_customers() const {
    std::vector<bool> out(history_.customers(), false);
    const profiles::Seq visible = history_.visible_until(known_at_);
    for (const Stream& stream : history_.streams) {
      if (!is_of_people(stream)) continue;
      for (size_t c = 0; c < out.size(); ++c)
        for (uint32_t row = stream.first[c]; row < stream.first[c + 1] && !out[c]; ++row) {
          if (stream.time[row] > out_.cut) break;
          out[c] = stream.time[row] > kEver && stream.seq[row] < visible;
        }
    }
    return out;
  }

  Result<void> ask_both() {
    met_then_ = TRY(answers_of(history_, condition_, out_.cut, known_at_));
    had_ = TRY(answers_of(history_, outcome_, out_.as_of, question_.known_at));
    const Answers met_now = TRY(answers_of(history_, condition_, out_.as_of, question_.known_at));
    size_t newly = 0;
    for (const uint32_t c : counted_) newly += met_now[c] == Answer::Yes && met_then_[c] != Answer::Yes;
    per_week_ = static_cast<double>(newly) * static_cast<double>(kWeek.ms) / static_cast<double>(out_.horizon.ms);
    size_t untold = 0;
    for (const uint32_t c : looked_at_)
      out_.unknown += met_then_[c] == Answer::Unknown, untold += had_[c] == Answer::Unknown;
    if (untold > 0)
      out_.notes.push_back(
          fmt::format("For {} {} the outcome asks for a value that is unknown; they count as without it.",
                      grouped(static_cast<double>(untold)), out_.customers));
    return {};
  }

  // The side of the outcome from which more customers turn in the horizon is the one it is about.
  Result<void> leave_out_settled() {
    const profiles::Past past = profiles::past_of(history_, out_.cut);
    const Answers then = TRY(answers_of(past.history, outcome_, out_.as_of, question_.known_at));
    Answers already(history_.customers(), Answer::No);
    for (size_t i = 0; i < then.size(); ++i) already[past.customer[i]] = then[i];
    size_t on[2] = {}, turned[2] = {};
    for (const uint32_t c : looked_at_) {
      const bool was = already[c] == Answer::Yes, is = had_[c] == Answer::Yes;
      ++on[was];
      turned[was] += was != is;
    }
    const bool from = turned[0] == turned[1] ? on[1] > on[0] : turned[1] > turned[0];
    for (const uint32_t c : looked_at_) {
      if ((already[c] == Answer::Yes) != from) {
        ++out_.settled;
        continue;
      }
      compared_.customers.push_back(c);
      compared_.met.push_back(met_then_[c] == Answer::Yes);
      compared_.outcome.push_back(had_[c] == Answer::Yes);
    }
    if (out_.settled > 0)
      out_.notes.push_back(fmt::format(
          "{} {} are left out because their outcome was settled at the cut-off: what they had done by then makes it "
          "{}. "
          "An outcome whose windows lie in the horizon, as in \"in the last {}\", leaves out nobody.",
          grouped(static_cast<double>(out_.settled)), out_.customers, from ? "false" : "true", text_of(out_.horizon)));
    if (static_cast<double>(turned[!from]) > kTurnsBothWays * static_cast<double>(turned[from]))
      out_.notes.push_back(
          fmt::format("Of those left out, {} turned the other way in the horizon after all: this outcome mixes what "
                      "happened before "
                      "and after the cut-off.",
                      grouped(static_cast<double>(turned[!from]))));
    return {};
  }

  void count() {
    size_t customers[2] = {}, with[2] = {};
    for (size_t i = 0; i < compared_.met.size(); ++i)
      ++customers[compared_.met[i]], with[compared_.met[i]] += compared_.outcome[i];
    out_.met = group_of(customers[1], with[1]);
    out_.others = group_of(customers[0], with[0]);
    out_.difference = out_.met.rate - out_.others.rate;
    out_.interval = difference_interval(out_.met, out_.others);
    if (out_.unknown > 0)
      out_.notes.push_back(
          fmt::format("For {} {} the IF asks for a value that is unknown; as in a segment, they count as not meeting "
                      "it.",
                      grouped(static_cast<double>(out_.unknown)), out_.customers));
  }

  void judge() {
    const size_t all = out_.met.customers + out_.others.customers, with = out_.met.with + out_.others.with;
    if (out_.looked_at < kFewestForHunch || all == 0)
      out_.verdict = Verdict::TooFew;
    else if (out_.met.customers == 0)
      out_.verdict = Verdict::NobodyMeetsIt;
    else if (out_.others.customers == 0)
      out_.verdict = Verdict::EverybodyMeetsIt;
    else if (with == 0 || with == all)
      out_.verdict = Verdict::OutcomeConstant;
    else
      match();
  }

  void match() {
    std::vector<std::vector<double>> columns;
    for (const features::FeatureColumn& column : table_.columns) {
      auto& to = columns.emplace_back();
      for (const uint32_t c : compared_.customers) to.push_back(even(column.values[c]));
    }
    const stats::Covariates covariates(columns.begin(), columns.end());
    const stats::Matching matching = stats::match(covariates, compared_.met);
    HunchMatch& match = out_.match.emplace();
    size_t with[2] = {};
    for (size_t i = 0; i < compared_.met.size(); ++i)
      if (matching.weight[i] > 0) with[compared_.met[i]] += compared_.outcome[i];
    match.met = group_of(matching.met_matched, with[1]);
    match.without_match = matching.met - matching.met_matched;
    match.others = matching.others_matched;
    match.strata = matching.strata;
    balance(matching);
    if (matching.met_matched == 0 || matching.worst_after() > stats::kComparable) {
      out_.verdict = Verdict::NoOverlap;
      return;
    }
    const auto enough = [](size_t with_it, size_t of) {
      return with_it >= kFewestOutcomes && of >= with_it + kFewestOutcomes;
    };
    if (matching.met_matched < kFewestCompared || matching.effective_others < kFewestCompared ||
        !enough(with[1], matching.met_matched) || !enough(with[0], matching.others_matched)) {
      out_.verdict = Verdict::TooFew;
      return;
    }
    compare(matching, covariates);
  }

  void compare(const stats::Matching& matching, const stats::Covariates& covariates) {
    HunchMatch& match = *out_.match;
    const stats::Difference found = stats::compare(matching, covariates, compared_.met, compared_.outcome);
    const double half = stats::z_of(kLevel) * found.error;
    match.compared = true;
    match.difference = found.difference;
    match.by_strata = found.by_strata;
    match.others_rate = std::clamp(match.met.rate - found.difference, 0.0, 1.0);
    match.interval = {std::max(-1.0, found.difference - half), std::min(1.0, found.difference + half)};
    out_.verdict = match.interval.contains(0) ? Verdict::NotToldApart : Verdict::Differs;
    for (const HunchBalance& row : match.balance)
      if (std::abs(row.after) > stats::kInBalance)
        out_.notes.push_back(fmt::format("The matched groups still differ in {} ({:+.2f} standard deviations).",
                                         row.feature.phrase, row.after));
    if (static_cast<double>(match.met.customers) < kSpeaksForMost * static_cast<double>(out_.met.customers))
      out_.notes.push_back(
          "Most of those who meet the IF are like nobody else: the comparison speaks for the few that "
          "are.");
  }

  void balance(const stats::Matching& matching) {
    for (size_t j = 0; j < table_.columns.size(); ++j) {
      HunchBalance row{.feature = table_.columns[j].feature};
      row.before = matching.balance[j].before;
      row.after = matching.balance[j].after;
      double sum[4] = {}, weight[4] = {};
      for (size_t i = 0; i < compared_.customers.size(); ++i) {
        const double x = table_.columns[j].values[compared_.customers[i]], w = matching.weight[i];
        const size_t side = compared_.met[i];
        if (std::isnan(x)) continue;
        sum[side] += x, ++weight[side];
        sum[2 + side] += w * x, weight[2 + side] += w;
      }
      const auto mean = [&](size_t k) { return weight[k] > 0 ? sum[k] / weight[k] : std::nan(""); };
      row.others = mean(0), row.met = mean(1), row.matched = mean(2), row.matched_met = mean(3);
      out_.match->balance.push_back(std::move(row));
    }
  }

  // For the difference seen; where it cannot be told from 0, for the smallest that this record could have told.
  void experiment() {
    const bool matched = out_.match && out_.match->compared;
    if (out_.verdict == Verdict::NobodyMeetsIt || out_.verdict == Verdict::EverybodyMeetsIt ||
        out_.verdict == Verdict::OutcomeConstant || out_.met.customers == 0 || out_.others.customers == 0)
      return;
    const double from = matched ? out_.match->others_rate : out_.others.rate;
    const double seen = matched ? out_.match->difference : out_.difference;
    const Interval& interval = matched ? out_.match->interval : out_.interval;
    HunchExperiment plan{.from = from};
    double by = seen;
    plan.size_of = matched ? "the difference seen among like customers" : "the raw difference";
    if (interval.contains(0)) {
      by = std::copysign((interval.high - interval.low) / 2, seen);
      if (from + by < 0 || from + by > 1) by = -by;
      plan.size_of = "the smallest difference that this record could have told from none";
    }
    plan.to = std::clamp(from + by, 0.0, 1.0);
    const auto people = stats::people_per_arm(plan.from, plan.to);
    if (!people) return;
    plan.per_arm = *people;
    plan.half = stats::people_per_arm(plan.from, (plan.from + plan.to) / 2);
    plan.per_week = per_week_;
    if (per_week_ > 0) {
      plan.weeks_to_fill = 2 * static_cast<double>(plan.per_arm) / per_week_;
      plan.weeks = *plan.weeks_to_fill + static_cast<double>(out_.horizon.ms) / static_cast<double>(kWeek.ms);
    }
    if (plan.weeks_to_fill && *plan.weeks_to_fill > kHalfAYear)
      plan.found_in_half_a_year =
          stats::difference_found(plan.from, std::floor(per_week_ * kHalfAYear / 2), plan.to > plan.from);
    out_.experiment = std::move(plan);
  }

  static constexpr features::Family kMatchedOn[] = {features::Family::Recency, features::Family::Frequency,
                                                    features::Family::Money, features::Family::Tenure};

  const History& history_;
  const language::Schema& schema_;
  const HunchQuestion& question_;
  Progress& progress_;
  language::Program condition_, outcome_;
  features::EventRoles parts_;
  Instant known_at_ = kNever;  // of the IF and of what is matched
  features::FeatureTable table_;
  std::vector<uint32_t> counted_, looked_at_;
  Answers met_then_, had_;
  Compared compared_;
  double per_week_ = 0;
  Hunch out_;
};

}  // namespace

std::string_view name_of(Verdict verdict) {
  static constexpr std::string_view kNames[] = {"differs",         "not_told_apart",     "too_few",
                                                "nobody_meets_it", "everybody_meets_it", "outcome_constant",
                                                "no_overlap"};
  return kNames[static_cast<size_t>(verdict)];
}

Interval difference_interval(const HunchGroup& a, const HunchGroup& b) {
  const double difference = a.rate - b.rate;
  return {difference - std::hypot(a.rate - a.interval.low, b.interval.high - b.rate),
          difference + std::hypot(a.interval.high - a.rate, b.rate - b.interval.low)};
}

Result<Hunch> hunch(const History& history, const language::Schema& schema, const HunchQuestion& question,
                    Progress& progress) {
  return Asking(history, schema, question, progress).all();
}

}  // namespace tessera::measure

// tessera hunch 'IF' then 'OUTCOME': one observation about customers, and what would settle it.
#include "measure/hunch.hpp"

#include <cmath>

#include "cli/asking.hpp"
#include "core/remedy_json.hpp"
#include "core/text.hpp"
#include "features/extent.hpp"
#include "measure/hunch_words.hpp"
#include "workspace/amounts.hpp"

namespace tessera::cli {

namespace {

using measure::Hunch;
using measure::HunchBalance;
using measure::HunchGroup;
using measure::HunchMatch;
using measure::percent;
using measure::points;
using stats::Interval;

constexpr Option kOptions[] = {
    {"IF", "IF", "A condition as of the beginning of the horizon", Takes::One, true},
    {"THEN", "then", "The word then", Takes::One, true},
    {"OUTCOME", "OUTCOME", "A condition as of its end", Takes::One, true},
    {"--horizon", "DURATION", "From the one to the other (default: 90 days)"},
    {"-f,--file", "FILE", "Definitions to use beside the applied ones", Takes::Many, false, Means::Input},
    {"--keep-unwanted", "", "Do not leave out bots, staff and test users", Takes::Flag},
    kTheZone,
};

Remedy example() {
  return try_command("hunch")
      .argument("did order where coupon is known")
      .argument("then")
      .argument("at least 1 order in the last 90 days");
}

std::string number(size_t count) {
  return grouped(static_cast<double>(count));
}

std::string group_row(std::string_view name, const HunchGroup& group) {
  if (group.customers == 0) return fmt::format("  {:<26} {:>10}\n", name, 0);
  return fmt::format("  {:<26} {:>10} {:>10} with it   {}\n", name, number(group.customers), number(group.with),
                     percent(group.rate, group.interval));
}

std::string difference_row(std::string_view name, double difference, const Interval& interval) {
  return fmt::format("  {:<56} {}\n", name, points(difference, interval));
}

std::string mean_text(const HunchBalance& row, double mean) {
  return std::isnan(mean) ? "-" : features::shown(row.feature.shape, mean);
}

std::string apart_text(double apart) {
  return std::isinf(apart) ? (apart > 0 ? "all" : "-all") : fmt::format("{:+.2f}", apart);
}

std::string match_text(const Hunch& hunch) {
  const HunchMatch& match = *hunch.match;
  std::string text = fmt::format(
      "Matched with {} like them: {} found others, {} found nobody; {} others in {} strata.\n", hunch.customers,
      number(match.met.customers), number(match.without_match), number(match.others), number(match.strata));
  if (match.compared) {
    text += group_row("meet the condition", match.met);
    text += fmt::format("  {:<57} {}\n", "others like them, weighted", percent(match.others_rate));
    text += difference_row("difference", match.difference, match.interval);
  }
  text += fmt::format("\n  {:<34} {:>12} {:>12} {:>12} {:>12}   {:>6} {:>6}\n", "at the cut-off, mean", "meet it",
                      "do not", "of matched", "their likes", "before", "after");
  for (const HunchBalance& row : match.balance)
    text += fmt::format("  {:<34} {:>12} {:>12} {:>12} {:>12}   {:>6} {:>6}\n", row.feature.phrase,
                        mean_text(row, row.met), mean_text(row, row.others), mean_text(row, row.matched_met),
                        mean_text(row, row.matched), apart_text(row.before), apart_text(row.after));
  return text + "  (before, after: standard deviations apart, of logarithms; within 0.1 is balance)\n";
}

std::string text_of(const Hunch& hunch, std::string_view store) {
  std::string text = fmt::format(
      "If       {}\n         as of {}\nthen     {}\n         as of {}, {} later\n\n{} {} known at the cut-off.\n",
      hunch.condition, text_of(hunch.cut), hunch.outcome, text_of(hunch.as_of), text_of(hunch.horizon),
      number(hunch.looked_at), hunch.customers);
  text += group_row("meet the condition", hunch.met);
  text += group_row("do not", hunch.others);
  if (hunch.met.customers > 0 && hunch.others.customers > 0)
    text += difference_row("difference as it is", hunch.difference, hunch.interval);
  if (hunch.match) text += "\n" + match_text(hunch);
  text += "\n" + hunch.answer + "\n";
  if (!hunch.next.empty()) text += "  " + hunch.next.text(store) + "\n";
  if (hunch.experiment) text += "\n" + measure::text_of(*hunch.experiment, hunch) + "\n";
  if (!hunch.notes.empty()) text += "\n";
  if (hunch.left_out > 0)
    text += fmt::format("{}- {} more are left out: bots, staff, tests, or they refused profiling.\n",
                        hunch.notes.empty() ? "\n" : "", number(hunch.left_out));
  for (const std::string& note : hunch.notes) text += "- " + note + "\n";
  return text;
}

Json json_of(const Interval& interval) {
  return Json::array().add(interval.low).add(interval.high);
}

Json json_of(const HunchGroup& group) {
  Json out = Json::object()
                 .set("customers", static_cast<uint64_t>(group.customers))
                 .set("with_outcome", static_cast<uint64_t>(group.with));
  return out.set("rate", group.customers ? Json(group.rate) : Json()).set("interval", json_of(group.interval));
}

Json json_of(const HunchMatch& match) {
  Json balance = Json::array();
  for (const HunchBalance& row : match.balance)
    balance.add(Json::object()
                    .set("feature", row.feature.name)
                    .set("definition", row.feature.definition)
                    .set("phrase", row.feature.phrase)
                    .set("meet", row.met)
                    .set("others", row.others)
                    .set("matched_meet", row.matched_met)
                    .set("matched_others", row.matched)
                    .set("before", row.before)
                    .set("after", row.after));
  const auto told = [&](Json value) { return match.compared ? value : Json(); };
  return Json::object()
      .set("meet", json_of(match.met))
      .set("without_match", static_cast<uint64_t>(match.without_match))
      .set("others", static_cast<uint64_t>(match.others))
      .set("strata", static_cast<uint64_t>(match.strata))
      .set("others_rate", told(match.others_rate))
      .set("difference", told(match.difference))
      .set("interval", told(json_of(match.interval)))
      .set("difference_by_strata_alone", told(match.by_strata))
      .set("balance", std::move(balance));
}

Json json_of(const measure::HunchExperiment& plan) {
  const auto maybe = [](const auto& value) { return value ? Json(*value) : Json(); };
  return Json::object()
      .set("from", plan.from)
      .set("to", plan.to)
      .set("size_of", plan.size_of)
      .set("level", 0.05)
      .set("power", 0.8)
      .set("per_arm", plan.per_arm)
      .set("per_arm_for_half", maybe(plan.half))
      .set("newly_met_per_week", plan.per_week)
      .set("weeks_to_fill", maybe(plan.weeks_to_fill))
      .set("weeks_in_all", maybe(plan.weeks))
      .set("found_in_half_a_year", maybe(plan.found_in_half_a_year));
}

Json to_json(const Hunch& hunch) {
  Json notes = Json::array();
  for (const std::string& note : hunch.notes) notes.add(note);
  Json out = Json::object()
                 .set("if", hunch.condition)
                 .set("then", hunch.outcome)
                 .set("cut_off", text_of(hunch.cut))
                 .set("as_of", text_of(hunch.as_of))
                 .set("horizon", text_of(hunch.horizon))
                 .set("as_known_then", hunch.as_known_then)
                 .set("customers", static_cast<uint64_t>(hunch.looked_at))
                 .set("left_out", static_cast<uint64_t>(hunch.left_out))
                 .set("if_unknown", static_cast<uint64_t>(hunch.unknown))
                 .set("outcome_settled", static_cast<uint64_t>(hunch.settled))
                 .set("told", std::string(name_of(hunch.verdict)))
                 .set("answer", hunch.answer)
                 .set("meet", json_of(hunch.met))
                 .set("others", json_of(hunch.others));
  put_remedy(out, hunch.next);
  const bool both = hunch.met.customers > 0 && hunch.others.customers > 0;
  return out.set("difference", both ? Json(hunch.difference) : Json())
      .set("interval", both ? json_of(hunch.interval) : Json())
      .set("matched", hunch.match ? json_of(*hunch.match) : Json())
      .set("experiment", hunch.experiment ? json_of(*hunch.experiment) : Json())
      .set("notes", std::move(notes));
}

Result<int> run_hunch(const Context& context, const Arguments& given) {
  if (given.text("THEN") != "then")
    return usage(fmt::format("'{}' stands where the word then belongs", given.text("THEN").value_or("")), example());
  if (context.format == Format::Csv)
    return usage("a hunch is said as text or json", try_again().option("--format", "json"));
  measure::HunchQuestion question{.condition = *given.text("IF"), .outcome = *given.text("OUTCOME")};
  if (const auto horizon = TRY(given.duration("horizon"))) question.horizon = *horizon;
  if (question.horizon < kHour)
    return usage("--horizon must be an hour at least", try_again().option("--horizon", "90 days"));
  question.known_at = context.known_at.value_or(kNever);
  question.keep_unwanted = given.has("keep-unwanted");
  auto workspace = TRY(open_to_ask(context, given));
  // Where nobody says, just after the newest event.
  if (!workspace.moment.is_usual) question.as_of = workspace.as_of();
  TRY(lay_files_beside(context, workspace, given));
  question.known = workspace.known();
  context.progress.step("reading the record", 0, 0);
  const std::string texts[] = {question.condition, question.outcome};
  const auto history = TRY(workspace::load_to_report(workspace.connection(), question.known_at, question.known, texts));
  if (features::extent_of(history).newest > context.clock.now()) question.as_of = workspace.as_of();
  const Hunch found =
      TRY(measure::hunch(history, workspace::schema_to_report(workspace.schema), question, context.progress));
  context.progress.finish();
  for (const std::string& warning : found.warnings) context.note(warning);
  const auto is = question.as_of ? workspace.moment.is : workspace::Moment::Is::Newest;
  const Json json = to_json(found).set("as_of_is", workspace::name_of(is));
  context.print(context.format == Format::Json ? json.dump(2) : text_of(found, context.given_store));
  return 0;
}

}  // namespace

std::span<const Command> hunch_rows() {
  static const Command kRows[] = {{"hunch",
                                   "Whether customers who meet a condition do something more often than their like",
                                   kOptions,
                                   run_hunch,
                                   Remote::There,
                                   Needs::Read,
                                   {},
                                   Looks::FromAnInstant}};
  return kRows;
}

}  // namespace tessera::cli

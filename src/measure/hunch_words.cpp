#include "measure/hunch_words.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace tessera::measure {

namespace {

std::string number(size_t count) {
  return grouped(static_cast<double>(count));
}

// What is small needs a digit more.
int decimals(double share, double small) {
  return std::abs(share) < small && share != 0 ? 2 : 1;
}

std::string signed_text(double share, int digits) {
  const std::string text = fmt::format("{:+.{}f}", 100 * share, digits);
  return text.find_first_of("123456789") == std::string::npos ? "0" : text;
}

std::string of_matched(const Hunch& hunch) {
  const HunchMatch& match = *hunch.match;
  return fmt::format("{} of the {} who meet the condition have the outcome, against {} of {} like them: {}",
                     percent(match.met.rate), number(match.met.customers), percent(match.others_rate), hunch.customers,
                     points(match.difference, match.interval));
}

// "days since the last order, orders and spend net of returns".
std::string list_of(const HunchMatch& match) {
  std::string out;
  for (size_t i = 0; i < match.balance.size(); ++i)
    out += fmt::format("{}{}",
                       i == 0                          ? ""
                       : i + 1 == match.balance.size() ? " and "
                                                       : ", ",
                       match.balance[i].feature.phrase);
  return out;
}

std::string differs(const Hunch& hunch) {
  const HunchMatch& match = *hunch.match;
  return fmt::format(
      "{}. So the outcome is {} among those who meet the condition than among {} alike in {} at the "
      "cut-off.",
      of_matched(hunch), match.difference > 0 ? "commoner" : "rarer", hunch.customers, list_of(match));
}

std::string not_told_apart(const Hunch& hunch) {
  return fmt::format("{}. The interval holds 0: the record does not tell the two apart.", of_matched(hunch));
}

std::string too_few(const Hunch& hunch) {
  if (hunch.looked_at < kFewestForHunch)
    return fmt::format("Too few to tell: {} {} were known at the cut-off, and under {} nothing is compared.",
                       number(hunch.looked_at), hunch.customers, kFewestForHunch);
  if (hunch.match)
    return fmt::format(
        "Too few to tell: {} who meet the condition found {} others like them, and a comparison needs {} of each, with "
        "{} who have the outcome and {} who have not in either group.",
        number(hunch.match->met.customers), number(hunch.match->others), kFewestCompared, kFewestOutcomes,
        kFewestOutcomes);
  return fmt::format("Too few to tell: {} meet the condition and {} do not.", number(hunch.met.customers),
                     number(hunch.others.customers));
}

std::string nobody(const Hunch& hunch) {
  return fmt::format("Nobody of the {} {} met the condition on {}, so there is nobody to compare. Try it alone.",
                     number(hunch.others.customers), hunch.customers, text_of(hunch.cut));
}

std::string everybody(const Hunch& hunch) {
  return fmt::format(
      "All of the {} {} met the condition on {}, so there is nobody to compare them with; a narrower condition has "
      "others beside it.",
      number(hunch.met.customers), hunch.customers, text_of(hunch.cut));
}

std::string constant(const Hunch& hunch) {
  const bool all = hunch.met.with > 0;
  return fmt::format(
      "{} of the {} {} {} the outcome, whether they meet the condition or not, so there is no difference to look at. "
      "Does the outcome speak of the {} after the cut-off?",
      all ? "All" : "None", number(hunch.met.customers + hunch.others.customers), hunch.customers, all ? "have" : "has",
      text_of(hunch.horizon));
}

std::string no_overlap(const Hunch& hunch) {
  std::string apart;
  if (hunch.match)
    for (const HunchBalance& row : hunch.match->balance)
      if (std::abs(row.before) > 1) apart += fmt::format("{}{}", apart.empty() ? "" : ", ", row.feature.phrase);
  return fmt::format(
      "No comparison: those who meet the condition are like nobody else{}. Nobody can say from this record what {} "
      "like "
      "them do who do not meet it; the raw difference above is one of two different kinds of {}.",
      apart.empty() ? "" : fmt::format(" (they differ in {})", apart), hunch.customers, hunch.customers);
}

}  // namespace

std::string percent(double rate) {
  return fmt::format("{:.{}f} %", 100 * rate, decimals(rate, 0.01));
}

std::string percent(double rate, const stats::Interval& interval) {
  const int digits = decimals(rate, 0.01);
  return fmt::format("{} ({:.{}f} to {:.{}f})", percent(rate), 100 * interval.low, digits, 100 * interval.high, digits);
}

std::string points(double difference) {
  return signed_text(difference, decimals(difference, 0.002)) + " points";
}

std::string points(double difference, const stats::Interval& interval) {
  // An end that is not 0 must not read as 0.
  int digits = decimals(difference, 0.002);
  for (const double end : {interval.low, interval.high}) digits = std::max(digits, decimals(end, 0.0005));
  return fmt::format("{} ({} to {})", points(difference), signed_text(interval.low, digits),
                     signed_text(interval.high, digits));
}

std::string answer_of(const Hunch& hunch) {
  using Say = std::string (*)(const Hunch&);
  constexpr Say kSay[] = {differs, not_told_apart, too_few, nobody, everybody, constant, no_overlap};
  std::string text = kSay[static_cast<size_t>(hunch.verdict)](hunch);
  if (hunch.match && hunch.match->compared)
    text += fmt::format(
        " {}: whoever meets the condition may differ in ways that the record does not hold, and those may be what "
        "counts.",
        kObserved);
  else
    text += fmt::format(" {}.", kObserved);
  return text;
}

std::string text_of(const HunchExperiment& experiment, const Hunch& hunch) {
  std::string text = fmt::format(
      "What would settle it: an experiment in which chance alone decides who meets the condition. To tell {} from {} "
      "({}) with 80 % power at 5 %, each of two arms needs {} {}",
      percent(experiment.from), percent(experiment.to), experiment.size_of, number(experiment.per_arm),
      hunch.customers);
  text += experiment.half ? fmt::format("; for half that difference {}.", number(*experiment.half)) : ".";
  if (!experiment.weeks)
    return text + fmt::format(
                      " Nobody newly met the condition in the {}, so how long it takes to fill the arms is not "
                      "known.",
                      text_of(hunch.horizon));
  text += fmt::format(
      " {} a week newly met the condition: both arms are full after {} weeks, and the last outcome is "
      "known {} later, after {} weeks in all.",
      grouped(experiment.per_week), grouped(std::ceil(*experiment.weeks_to_fill)), text_of(hunch.horizon),
      grouped(std::ceil(*experiment.weeks)));
  if (experiment.found_in_half_a_year)
    text += fmt::format(" Half a year of them would do for a difference of {:.1f} points.",
                        100 * *experiment.found_in_half_a_year);
  return text;
}

}  // namespace tessera::measure

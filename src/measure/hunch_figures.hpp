// A hunch as a question and as figures; hunch.hpp computes them, hunch_words.hpp makes sentences of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "features/features.hpp"
#include "language/tree.hpp"
#include "stats/intervals.hpp"

namespace tessera::measure {

inline constexpr std::string_view kObserved = "Observed, not caused";
inline constexpr double kHalfAYear = 26;        // weeks: who would fill arms for longer is told what these would find
inline constexpr size_t kFewestForHunch = 200;  // customers known at the cut-off
inline constexpr size_t kFewestCompared = 20;   // matched, in each group
inline constexpr size_t kFewestOutcomes = 5;    // with the outcome and without it, in each group

struct HunchQuestion {
  std::string condition, outcome;             // text of the segment language
  std::optional<Instant> as_of;               // none: just after the newest event
  Duration horizon = kDay * 90;               // above 0
  Instant known_at = kNever;                  // of the outcome
  std::vector<language::Definition> known{};  // applied definitions that the conditions may name
  bool keep_unwanted = false;                 // bots, staff and tests are not left out
};

// What came out. *Stored in JSON under the names of name_of().*
enum class Verdict : uint8_t {
  Differs,        // the interval of the matched difference leaves out 0
  NotToldApart,   // it does not
  TooFew,         // to say anything
  NobodyMeetsIt,  // the IF
  EverybodyMeetsIt,
  OutcomeConstant,  // all have it, or none
  NoOverlap,        // those who meet the IF are like nobody else
};
std::string_view name_of(Verdict verdict);

struct HunchGroup {
  size_t customers = 0, with = 0;
  double rate = 0;
  stats::Interval interval;  // Wilson, 95 %; of nobody: 0 to 1
};

struct HunchBalance {
  features::Feature feature;
  double met = 0, others = 0, matched_met = 0, matched = 0;  // means in the feature's unit, weighted once matched
  double before = 0, after = 0;                              // standardised differences, of logarithms
};

struct HunchMatch {
  HunchGroup met;                        // those who found a match
  size_t without_match = 0;              // of those who meet the IF
  size_t others = 0, strata = 0;         // others in strata with somebody who meets it
  std::vector<HunchBalance> balance;     // of recency, frequency, value, tenure, as far as the record has them
  bool compared = false;                 // the rest means nothing otherwise: no overlap, or too few
  double others_rate = 0;                // met.rate - difference
  double difference = 0, by_strata = 0;  // of the rates; with and without the regression inside the strata
  stats::Interval interval;              // of the difference, 95 %
};

// Two arms drawn by chance, to be told apart at 5 % (two-sided) with 80 % power.
struct HunchExperiment {
  double from = 0, to = 0;  // rates
  std::string size_of;      // why this difference: "the difference seen"
  uint64_t per_arm = 0;
  std::optional<uint64_t> half;                // per arm, for half the difference
  double per_week = 0;                         // customers who newly met the IF, over the horizon
  std::optional<double> weeks_to_fill;         // none: nobody newly met it
  std::optional<double> weeks;                 // with the horizon after the last one
  std::optional<double> found_in_half_a_year;  // where filling takes longer: the difference that would be found
};

struct Hunch {
  std::string condition, outcome;  // as the language's printer writes them
  Instant cut, as_of;
  Duration horizon;
  bool as_known_then = false;  // what was learnt after the cut-off is hidden from the IF; false: taken by dates alone
  size_t looked_at = 0;        // customers known at the cut-off who are not left out
  size_t left_out = 0;         // bots, staff, tests, refused
  size_t unknown = 0;          // for whom the IF is neither true nor false: they count as not meeting it
  size_t settled = 0;          // outcome settled before the horizon: in no group
  HunchGroup met, others;
  double difference = 0;     // of the rates as they are
  stats::Interval interval;  // Newcombe's, 95 %
  std::optional<HunchMatch> match;
  std::optional<HunchExperiment> experiment;
  Verdict verdict = Verdict::TooFew;
  std::string answer;  // sentences
  Remedy next;         // where there was nobody to compare
  std::vector<std::string> notes;
  std::vector<std::string> warnings;  // of the language's checker, rendered
  std::string customers;              // what they are called
};

}  // namespace tessera::measure

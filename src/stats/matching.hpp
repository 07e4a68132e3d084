// Comparing people for whom something holds ("met") with others like them, where nobody drew lots.
//
// The way, in two steps that are kept apart so that the first cannot see what the second will say:
//
// 1. match(), which knows no outcome. Every covariate is divided at quantiles (of a mixture of both groups, half and
//    half, so that no division hides where only one group lives; equal values stay together; unknown is a division of
//    its own). People with the same division of every covariate are a stratum: coarsened exact matching (Iacus, King
//    and Porro 2012). Those whose stratum has nobody of the other group found no match. The others of a stratum are
//    weighted so that they stand for its met. The number of divisions is the finest in which nine of ten met find a
//    match and the groups are in balance; where there is none, the one in balance that matches most.
// 2. compare(). What still differs inside the strata is taken out by a regression of the outcome on the covariates
//    (linear between quantiles), weighted least squares among the matched others: the bias correction of Abadie and
//    Imbens (2011). It need not be right where the strata are fine, nor they where it is right. The standard error is
//    the sandwich over both groups, with the regression's own uncertainty in it.
//
// What is estimated is the mean difference of the *met who found a match*. Nothing here knows causes: where something
// not among the covariates differs between the groups, the difference is one of two groups and no more.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tessera::stats {

// Standardised differences from which groups are said to be out of balance, and to be incomparable.
inline constexpr double kInBalance = 0.1, kComparable = 0.25;

// The difference of a covariate's means in standard deviations (the root of the mean of both groups' variances, before
// matching); unknown values left out.
struct Balance {
  double before = 0, after = 0;
};

// One value a person, NaN where unknown; scales on which distances mean something (logarithms of what is skew).
using Covariates = std::vector<std::span<const double>>;

struct Matching {
  std::vector<double> weight;  // one a person: met 1, others what they count; 0: no match. Both groups' sums are equal
  size_t met = 0, others = 0, met_matched = 0, others_matched = 0;
  size_t strata = 0;     // that hold both
  size_t divisions = 0;  // of a covariate, at most
  std::vector<Balance> balance;
  double effective_others = 0;  // as many unweighted others would say as much (Kish)

  double worst_after() const;  // largest |after|
};

// REQUIRES: one value a person everywhere; at most 16 covariates. O(people * covariates * log people).
Matching match(const Covariates& covariates, std::span<const uint8_t> met);

struct Difference {
  double met = 0;         // share of the matched met with the outcome
  double by_strata = 0;   // met less the others as weighted
  double difference = 0;  // the same, corrected by regression
  double error = 0;       // its standard error
};

// REQUIRES: what match() was given, and an outcome (0 or 1) a person; a matched person in each group.
Difference compare(const Matching& matching, const Covariates& covariates, std::span<const uint8_t> met,
                   std::span<const uint8_t> outcome);

}  // namespace tessera::stats

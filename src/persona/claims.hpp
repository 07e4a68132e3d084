// What may be said of a segment. A claim compares its members with everyone who was grouped: a number, its interval,
// everyone's number. There are two kinds:
//
// - By construction: the feature made the groups, or a rule speaks of it. That the group differs is no news and no test
//   could say so; the claim describes, with a plain 95 % interval.
// - Confirmed: the feature had no part in making the groups. Found on the customers rules were found on, and tested on
//   those held out, against the others among them: Fisher's exact test for categories, ranks where the claim is about
//   a median, a random draw's mean for shares. Benjamini and Hochberg's procedure over all of the report's tests
//   keeps the false among them under 5 %; the intervals of those kept are as wide as having picked them demands
//   (Benjamini and Yekutieli 2005, false coverage rate at most 5 %).
//
// Claims are observations: no word of them says why.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "features/features.hpp"
#include "stats/intervals.hpp"

namespace tessera::persona {

struct Claim {
  std::string trait;  // the feature's name
  std::string level;  // of a category
  features::Family family = features::Family::Own;
  std::string sentence;  // "71 % (66 to 75) of orders in November and December, against 38 % of everyone"
  std::string tag;       // two words for names
  double value = 0, everyone = 0, lift = 0;
  stats::Interval interval;
  double effect = 0;  // difference in standard deviations of everyone, signed: what claims are ordered by
  bool by_construction = false;
  double q = std::numeric_limits<double>::quiet_NaN();  // adjusted p-value of a confirmed claim
  bool higher() const { return value > everyone; }
};

struct ClaimBasis {
  std::span<const uint32_t> everyone;  // customers
  std::vector<bool> held_out;          // of each customer: not used to find claims
  std::vector<bool> made;              // of each column: it made the groups or stands in a rule
};

// Tests of the same report that are not of features (needs.hpp), judged together with the claims'.
struct MoreTests {
  std::span<const double> p;
  std::vector<double> q;  // the answer: adjusted p-values, in the order of p
};

// About each group of customers, strongest first. O(features * customers log).
std::vector<std::vector<Claim>> claims_about(const features::FeatureTable& features,
                                             const features::IndustryTerms& words,
                                             std::span<const std::vector<uint32_t>> groups, const ClaimBasis& basis,
                                             MoreTests* more = nullptr);

}  // namespace tessera::persona

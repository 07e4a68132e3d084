// Who a segment is, in words that evidence stands behind. A claim compares the segment's members with everyone who was
// grouped: a number, its interval, everyone's number. Only claims whose interval lies wholly to one side of everyone's
// number are made; the level is Bonferroni's (5 % over all comparisons of the report together), so the report as a
// whole is wrong in one place with at most 5 % chance. Claims are observations: no word of them says why.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "discover/features.hpp"
#include "stats/intervals.hpp"

namespace tessera::discover {

struct Claim {
  std::string trait;  // the feature's name
  std::string level;  // of a category
  Family family = Family::Own;
  std::string sentence;  // "71 % (66 to 75) of orders in November and December, against 38 % of everyone"
  std::string tag;       // two words for names
  double value = 0, everyone = 0, lift = 0;
  stats::Interval interval;
  double effect = 0;  // difference in standard deviations of everyone, signed: what claims are ordered by
  bool higher() const { return value > everyone; }
};

struct Advice {
  std::string what, why;
};

struct Persona {
  std::string name;
  std::string summary;
  std::vector<std::string> demographics, interests, habits, preferences, pains, unknown;
  std::vector<Advice> serve;
  std::vector<std::string> typical;  // pseudonyms
};

// About each group of customers, strongest first. z: from z_of() at the corrected level. O(features * customers log).
std::vector<std::vector<Claim>> claims_about(const FeatureTable& features, const Words& words,
                                             std::span<const std::vector<uint32_t>> groups,
                                             std::span<const uint32_t> everyone, double z);

// Fills all but name, typical and summary.
Persona persona_of(std::span<const Claim> claims, const Parts& parts, const FeatureTable& features);

// Names for all segments at once: short, different from each other. `medians_main`: median number of main events of
// each.
std::vector<std::string> names_of(std::span<const std::vector<Claim>> claims, std::span<const double> main_events,
                                  const Parts& parts);

// How a value of a feature is written: "3.2", "61 %", "1,204", "45 days".
std::string shown(Shape shape, double value);
std::string grouped(double value);  // 61,234 or 12.5

struct Maturity {
  std::string level;                      // "good", "better", "best"
  std::vector<std::string> has, missing;  // what would lead to the next level
};
Maturity maturity_of(const Parts& parts, const FeatureTable& features);

}  // namespace tessera::discover

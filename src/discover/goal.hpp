// A goal: what the segments are for. What customers did before the last days is held against what they did in them:
// features count in clustering by how much they say about the goal, and two groups stay two only where the goal tells
// them apart by more than chance. The groups themselves are of today.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "discover/outcomes.hpp"
#include "discover/transform.hpp"
#include "profiles/past.hpp"

namespace tessera::discover {

class Goal {
 public:
  // text: "value", "repeat", "retention", or an expression of the segment language about one customer. Error: it does
  // not check, or the record does not reach back twice the horizon, or everybody's outcome is the same.
  static Result<Goal> of(const Setting& now, const Parts& parts, std::string_view text, Duration horizon,
                         uint64_t seed);

  const std::string& phrase() const { return outcome_.phrase; }
  // Of each feature how much of the goal it foretells alone, out of sample (R squared over tenths of its values;
  // amounts by their rank): at or under 0 nothing.
  Result<std::vector<double>> told_by(const Setting& now, std::string_view definitions,
                                      std::vector<Feature> features) const;
  // Each column of the table is multiplied by the root of its feature's share of the best; what foretells nothing is
  // nought. What was done, a sentence; nullopt where no feature foretells anything, and nothing was done.
  Result<std::optional<std::string>> weigh(const Setting& now, std::string_view definitions,
                                           const FeatureTable& features, Transformed& table) const;
  // The chance that two groups differ so much by chance alone (Welch; amounts by their rank). Groups are definitions'
  // members before the last days. 1 where one of them is nearly empty.
  Result<std::vector<std::vector<double>>> chances(const Setting& now, std::string_view definitions) const;

 private:
  Instant cut_;
  profiles::Past past_;
  Outcome outcome_;
  std::vector<uint32_t> judged_;  // customers of the past with a main event
  std::vector<double> values_;    // of each
  std::vector<uint8_t> fold_;
};

}  // namespace tessera::discover

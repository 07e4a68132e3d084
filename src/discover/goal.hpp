// A goal: what the segments are for. What customers did before the last days is held against what they did in them: a
// tree (goal_tree.hpp) of those features that say something about the goal is grown on it, and its leaves, applied to
// what customers are today, are the groups.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "discover/outcomes.hpp"
#include "discover/population.hpp"
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
  // The leaves of the tree, over the columns that weigh() left a weight, grown on customers whom nothing sets apart;
  // groups are of `population.grouped`. `leaves`: about so many are asked for, whatever chance says; none: as many as
  // the goal tells apart by more than chance. nullopt: not even two.
  struct Groups {
    std::vector<Conjunction> rules;  // columns: of the features
    std::vector<uint32_t> labels;    // one a grouped customer
  };
  Result<std::optional<Groups>> divide(const Setting& now, std::string_view definitions, const FeatureTable& features,
                                       const Population& population, const Transformed& table, double min_size,
                                       std::optional<size_t> leaves) const;

 private:
  Instant cut_;
  profiles::Past past_;
  Outcome outcome_;
  std::vector<uint32_t> judged_;  // customers of the past with a main event
  std::vector<double> values_;    // of each
  std::vector<uint8_t> fold_;
};

}  // namespace tessera::discover

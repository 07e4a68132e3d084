// What segments do, in rates and means that can be compared between small groups: who is active, who came back, what
// one is worth. Each is pooled across the micro-segments (stats/pooling.hpp), so that a group of 30 does not stand at
// the top or the bottom by chance, and says when it is too few to tell.
//
// The figures are about customers like these: of the members themselves the raw figure is exact. Where the group's rule
// itself decides a rate (all who ordered twice came back), there is nothing to estimate and the figure is that.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cluster/rules.hpp"
#include "features/features.hpp"
#include "stats/pooling.hpp"

namespace tessera::persona {

struct SegmentFigure {
  std::string name;    // "active", "repeat", "value"
  std::string phrase;  // "active in the last 365 days"
  bool is_rate = false;
  double members = 0;    // whose figure is known
  double everyone = 0;   // of all micro-segments together
  bool by_rule = false;  // the rule decides it
  stats::Pooled figure;
};

// One figure of all customers, to be compared between groups.
struct Measure {
  std::string name, phrase;
  bool is_rate = false;
  std::vector<double> values;  // of each customer of the history; a rate's are 0 or 1; NaN = unknown
  std::vector<bool> in_rule;   // of each group: its rule speaks of what this is measured from
};

// What is always compared: who is active, who came back, what one is worth. One rule a group.
std::vector<Measure> measures_of(const features::EventRoles& parts, const features::FeatureTable& features,
                                 std::span<const cluster::Conjunction> rules, const std::vector<bool>& active,
                                 Duration within, std::span<const double> value);

// [group][measure]. Groups share no members but for a trace. O(measures * customers).
std::vector<std::vector<SegmentFigure>> figures_of(std::span<const Measure> measures,
                                                   std::span<const std::vector<uint32_t>> groups);

// "34 % (30 to 38) active in the last 365 days", or "too few to tell how many are ...".
std::string sentence_of(const SegmentFigure& figure);

}  // namespace tessera::persona

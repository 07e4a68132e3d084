// A goal: what the segments are for. What customers did before the last days is held against what they did in them, and
// the same for the days before those, as far as the record reaches back (at most four stretches: one season alone would
// be taken for the rule). A tree (goal_tree.hpp) of those features that say something about the goal is grown on them,
// and its leaves, applied to what customers are today, are the groups.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "features/outcomes.hpp"
#include "features/population.hpp"
#include "features/transform.hpp"
#include "profiles/past.hpp"

namespace tessera::discover {

class Goal {
 public:
  // text: "value", "repeat", "retention", or an expression of the segment language about one customer. Error: it does
  // not check, or the record does not reach back twice the horizon, or everybody's outcome is the same.
  static Result<Goal> of(const features::Setting& now, const features::EventRoles& parts, std::string_view text,
                         Duration horizon, uint64_t seed);

  const std::string& phrase() const { return phrase_; }
  // Of each feature how much of the goal it foretells alone, out of sample (R squared over tenths of its values;
  // amounts by their rank): at or under 0 nothing.
  Result<std::vector<double>> told_by(const features::Setting& now, std::string_view definitions,
                                      std::vector<features::Feature> features) const;

  // What is known of customers today.
  struct Today {
    features::Setting now;
    const features::EventRoles& parts;
    std::string_view definitions;  // of the features that cluster
    const features::FeatureTable& features;
    const features::Population& population;
  };
  // Measures what was. Each column of the table is multiplied by the root of its feature's share of the best; what
  // foretells nothing is nought. What was done, a sentence; nullopt where no feature foretells anything, and nothing
  // was done.
  Result<std::optional<std::string>> weigh(const Today& today, features::Transformed& table);

  // The structure's groups (`structure`: definitions, a segment a group), or the leaves of a tree grown on the goal,
  // over the columns that have a weight: those that foretold it better in the newest stretch, out of sample. For that
  // the tree is grown on the older stretches; where there are none, on every other customer. `leaves`: about so many
  // are asked for, whatever chance says; none: as many as the goal tells apart by more than chance. After weigh().
  struct Choice {
    std::string said;                               // a sentence
    std::optional<cluster::Clustering> clustering;  // of the tree, with the sentence; none: the structure is as good
    std::vector<cluster::Conjunction> rules;        // its leaves; columns: of the features
  };
  Result<Choice> choose(const Today& today, std::string_view structure, const features::Transformed& table,
                        double min_size, std::optional<size_t> leaves) const;

 private:
  // Customers as they were at an instant, and what they did in the horizon after it.
  struct Stretch {
    Instant from;
    std::vector<uint32_t> judged;  // customers of the past up to then, with a main event
  };
  struct Asked {
    std::string_view definitions;
    std::vector<features::Feature> features;
  };
  // Adds a stretch. False: the record does not reach back far enough for it.
  Result<bool> look_back(const features::Setting& now, const features::EventRoles& parts, std::string_view text,
                         Instant from, uint64_t seed);
  // One row a judged customer, of one stretch after the other.
  Result<features::FeatureTable> measured(const features::Setting& now, const std::vector<Asked>& asked) const;
  std::vector<double> told_by(const features::FeatureTable& then) const;
  struct Groups {
    std::vector<cluster::Conjunction> rules;
    std::vector<uint32_t> labels;  // one a grouped customer
    double told = 0;
  };
  std::optional<Groups> divide(const Today& today, const features::Transformed& table, double min_size,
                               std::optional<size_t> leaves) const;
  Result<double> told_by_groups(const features::Setting& now, std::string_view definitions) const;
  // R squared of groups (one a row) over the rows, by the mean of the other folds.
  double foretold(std::span<const uint32_t> group, std::span<const uint32_t> rows) const;

  Duration horizon_;
  std::string phrase_;
  bool yes_or_no_ = false;
  std::vector<Stretch> stretches_;  // the last one first
  std::vector<double> values_;      // of each row; amounts by their rank
  std::vector<uint8_t> fold_;       // a customer's rows are in one
  features::FeatureTable then_;     // what clusters, one value a row
  std::vector<bool> is_apart_;      // of each row: a condition that sets groups apart held
};

}  // namespace tessera::discover

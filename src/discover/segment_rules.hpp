// From clusters to the file of rules: finds conjunctions on 70 % of the customers, keeps set-apart customers out of
// them, words them in the segment language, has the evaluator count their members, and judges them on the other 30 %.
#pragma once

#include <string>
#include <vector>

#include "cluster/rules.hpp"
#include "features/measure.hpp"
#include "features/population.hpp"
#include "stats/intervals.hpp"

namespace tessera::discover {

inline constexpr size_t kMostConditions = 4;  // of a rule

// How rules see a feature; its values are the column's own.
cluster::RuleColumn rule_column_of(const features::FeatureColumn& column);

struct Rulebook {
  std::vector<cluster::Conjunction> of_cluster;  // k of them
  std::vector<uint32_t> trained_on;              // customers, ascending
};

// `label`: of each customer: 0..k-1, or k + index of the group they are set apart in, or -1. Two trees are tried (with
// and without room kept for conditions that keep set-apart customers out) and the better by macro F1 is taken.
Rulebook write_rules(const features::FeatureTable& features, const features::Population& population,
                     const std::vector<int>& label, size_t k, const std::vector<bool>& held_out);

// The same rules with those kept out who are set apart, as far as there is room for the condition.
std::vector<cluster::Conjunction> guarded(const features::FeatureTable& features,
                                          const features::Population& population,
                                          std::vector<cluster::Conjunction> rules);

// Macro F1 and so on of rules (member lists) against labels, on the customers for whom `judge` is true.
struct RuleQuality {
  std::vector<double> precision, recall, f1;  // of each cluster
  std::vector<stats::Interval> precision_interval, recall_interval;
  double macro_f1 = 0;
};
RuleQuality judge_rules(const std::vector<std::vector<uint32_t>>& members, const std::vector<int>& label, size_t k,
                        const std::vector<bool>& judge);

// The file: events and lets that the rules use, then a segment a rule with a note of what it is.
struct NamedRule {
  std::string name, id, note, rule;
};
std::string file_of_rules(const features::EventRoles& parts, const features::FeatureTable& features,
                          const std::vector<NamedRule>& rules, std::string_view head, std::string_view own_text);

}  // namespace tessera::discover

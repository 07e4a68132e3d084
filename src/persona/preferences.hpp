// Which levels of attributes each group takes more often than the others, and less.
//
// Shares are of effective counts (tallies.hpp): one customer who buys much does not decide.
//
// Claims are found and confirmed as those of personas are (claims.hpp): found on the customers rules were found on,
// tested on those held out, one false discovery rate over the whole report. What made the groups is by construction.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "persona/attributes.hpp"
#include "persona/tallies.hpp"
#include "stats/intervals.hpp"

namespace tessera::persona {

struct Preference {
  std::string property, level, sentence;
  AttributeKind kind = AttributeKind::Other;
  bool is_word = false;  // of a name
  double share = 0, everyone = 0, lift = 0;
  stats::Interval interval;
  double effect = 0;     // Cohen's h against everyone, signed
  size_t customers = 0;  // of the group, with at least one
  bool by_construction = false;
  double q = 0;  // adjusted p-value of a confirmed claim; NaN by construction
  bool over() const { return share > everyone; }
};

class ChoiceStudy {
 public:
  // `undone`: what is said of a thing taken back ("returned or cancelled").
  ChoiceStudy(std::span<const Attribute> attributes, const Comparison& groups, std::string_view undone);

  // p-values of what must be confirmed, to be judged together with all others of the report.
  const std::vector<double>& tests() const { return tests_; }
  struct Found {
    std::vector<Preference> over, avoided;  // strongest first
    std::vector<Preference> taken_back;     // levels that are taken back more than the rest of what the group takes
  };
  // `q`: the adjusted p-values, in the order of tests(). One a group.
  std::vector<Found> judged(std::span<const double> q) const;

 private:
  // A claim that may be made of a group.
  struct Look {
    Preference choice;
    size_t group = 0;
    bool taken_back = false;
    double share_effective = 0, n_effective = 0;  // of all members, for the interval
    int test = -1;                                // none: by construction
  };
  ChoiceStudy() = default;
  void look_at(const Attribute& attribute, const Comparison& groups);
  void look_at_taken_back(const Attribute& attribute, const Comparison& groups, std::string_view undone);
  std::vector<Look> looks_;
  std::vector<double> tests_;
  size_t comparisons_ = 0, groups_ = 0;
};

}  // namespace tessera::persona

// How it went for a group: what was taken back, how often they complain or ask for help, how they rate. Rates are of
// effective counts (tallies.hpp), pooled across the groups like all rates of small groups (stats/pooling.hpp); a rating
// is the mean of customers' own means.
#pragma once

#include <string>
#include <vector>

#include "features/event_roles.hpp"
#include "persona/tallies.hpp"
#include "profiles/history.hpp"

namespace tessera::persona {

enum class Trouble : uint8_t { TakenBack, Complaints, Help, Rating };

struct Experience {
  Trouble about = Trouble::TakenBack;
  std::string name;      // "returns", "complaints", "rating": stable, in discovery.json
  std::string sentence;  // with its interval and everyone's figure, or that there are too few to tell
  double value = 0, everyone = 0;
  stats::Interval interval;
  bool tells = false;  // enough to tell
  bool worse = false;  // than the others', confirmed or by construction
  double q = 0;        // adjusted p-value; NaN where the groups were made by it
};

struct ExperienceBasis {
  const profiles::History& history;
  const features::EventRoles& parts;
  Instant as_of;
  const std::vector<std::string>& withheld;
  const Attribute& things;    // lines taken and taken back; empty where that is not known
  bool made_by_undo = false;  // what is taken back made the groups
};

class ExperienceStudy {
 public:
  ExperienceStudy(const ExperienceBasis& basis, const Comparison& comparison);
  const std::vector<double>& tests() const { return tests_; }
  // One list a group.
  std::vector<std::vector<Experience>> judged(std::span<const double> q) const;

 private:
  void taken_back(const ExperienceBasis& basis, const Comparison& comparison);
  void help(const ExperienceBasis& basis, const Comparison& comparison);
  void ratings(const ExperienceBasis& basis, const Comparison& comparison);
  void rate(Experience like, const std::string& phrase, const Attribute& counted, bool made,
            const Comparison& comparison);
  void rating(const std::string& property, const std::vector<double>& of, const Comparison& comparison);
  struct Look {
    Experience experience;
    size_t group = 0;
    int test = -1;
    bool stands_out = false;  // the interval lies on the worse side of everyone's
  };
  std::vector<Look> looks_;
  std::vector<double> tests_;
  size_t groups_ = 0;
};

}  // namespace tessera::persona

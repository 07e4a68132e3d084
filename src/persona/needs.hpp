// What each group seeks and what troubles it: the studies of attributes, texts and experience together. A study first
// looks, which gives tests; the report judges all its tests in one procedure (claims.hpp) and hands the adjusted
// p-values back; then everything is said.
#pragma once

#include "persona/benefits.hpp"
#include "persona/persona.hpp"

namespace tessera::persona {

struct NeedsBasis {
  const profiles::History& history;
  const features::EventRoles& parts;
  Instant as_of;
  const std::vector<std::string>& withheld;  // properties not to be used
  const std::vector<std::string>& allowed;   // by name, though of a careful industry
  const features::FeatureTable& features;
  std::vector<bool> made;  // of each column of features: it made the groups or stands in a rule
  bool seeks = true;       // false: claims alone
};

class NeedsStudy {
 public:
  // O(rows of main events + texts) and what their tests cost.
  NeedsStudy(const NeedsBasis& basis, const Comparison& comparison);
  const std::vector<double>& tests() const { return tests_; }
  // One a group; `q` in the order of tests().
  std::vector<Needs> judged(std::span<const double> q) const;
  // What was read and what was not, sentences.
  const std::vector<std::string>& said() const { return said_; }

 private:
  const features::IndustryTerms& words_;
  std::vector<std::string> said_;
  std::string looked_at_;
  Attribute things_;              // what is taken and taken back, line by line; empty where that is not known
  PhraseStudy phrases_, opened_;  // what they write; subjects of the mail they open
  ChoiceStudy choices_;
  ExperienceStudy experience_;
  std::vector<double> tests_;
  size_t groups_;
};

// Claims of personas and needs, all their tests judged together. One group alone has neither.
struct Portrait {
  std::vector<std::vector<Claim>> claims;
  std::vector<Needs> needs;
  std::vector<std::string> said;
};
Portrait portray(const NeedsBasis& basis, const Comparison& comparison);

// What the persona no longer calls unknown.
void settle_unknown(Persona& persona, const Needs& needs);

}  // namespace tessera::persona

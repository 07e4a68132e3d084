// The front door of who a group is, in words that evidence stands behind.
//
//   said     claims.hpp           claims_about: by construction, or confirmed by one procedure over all tests
//            figures.hpp          figures_of: active, back again, worth; pooled across groups
//            persona.hpp          persona_of, names_of, maturity_of (below)
//   studied  needs.hpp            NeedsStudy: all that follows, judged together
//            attributes.hpp       attributes_of: what people take, by brand, category, price tier ...
//            name_words.hpp       NameWords: words in the names of things
//            preferences.hpp      ChoiceStudy: what a group takes more often, and less
//            phrases.hpp          PhraseStudy: what they write
//            service_quality.hpp  ExperienceStudy: how it went for them
//            benefits.hpp         interpret: what these point to
//            tallies.hpp          Tallies: shares in which customers decide, not their appetite
//
// Who a segment is, in words that evidence stands behind (claims.hpp): persona, name, and how mature the data is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "persona/claims.hpp"

namespace tessera::persona {

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

// Fills all but name, typical and summary.
Persona persona_of(std::span<const Claim> claims, const features::EventRoles& parts,
                   const features::FeatureTable& features);

// Names for all segments at once: short, different from each other. `medians_main`: median number of main events of
// each.
std::vector<std::string> names_of(std::span<const std::vector<Claim>> claims, std::span<const double> main_events,
                                  const features::EventRoles& parts);

// The parts of a name (what stands between its commas) that the claims do not bear any more. Empty: it still says the
// truth.
std::vector<std::string> stale_parts(std::string_view name, std::span<const Claim> claims, double main_events,
                                     const features::EventRoles& parts);

struct Maturity {
  std::string level;                      // "good", "better", "best"
  std::vector<std::string> has, missing;  // what would lead to the next level
};
Maturity maturity_of(const features::EventRoles& parts, const features::FeatureTable& features);

}  // namespace tessera::persona

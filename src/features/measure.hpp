// The one place where discovery meets the segment language: text in, values and members of all customers out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "features/features.hpp"
#include "language/schema.hpp"
#include "profiles/history.hpp"

namespace tessera::features {

struct Setting {
  const profiles::History& history;
  const language::Schema& schema;
  Instant as_of;
  Zone zone;
  Instant known_at = kNever;  // of the features
};

// Values of every let named by a feature, in the unit of the feature's shape (Days in days, Share as 0 to 1). Features
// whose let is of no usable type (a condition, an instant, a list) become 0 or 1, or days before as_of, or are refused.
Result<FeatureTable> measure(const Setting& setting, std::string_view definitions, std::vector<Feature> features);

// The lets of a user's text as features; shapes from their types.
Result<std::vector<Feature>> features_of_text(const Setting& setting, std::string_view text, std::string_view name);

struct Members {
  std::vector<std::string> ids;                // slugs of the segments, in the text's order
  std::vector<std::vector<uint32_t>> members;  // customers, ascending
};
Result<Members> members_of(const Setting& setting, std::string_view text);

// The text as the language's printer writes it.
Result<std::string> formatted(std::string_view text);

}  // namespace tessera::features

// Conditions of rules as text of the segment language, as a person would have written them.
#pragma once

#include <string>

#include "cluster/rules.hpp"
#include "features/event_roles.hpp"
#include "features/features.hpp"

namespace tessera::features {

// "last order at least 120 days ago", "orders between 3 and 9", "garden_percent less than 20". A range of values that
// are not whole ends just under its upper bound (39.99 for 40), so that two neighbours share nobody. Exactly one
// condition.
std::string text_of(const cluster::Condition& condition, const FeatureColumn& column, const IndustryTerms& words);
std::string text_of(const cluster::Conjunction& rule, const FeatureTable& features, const IndustryTerms& words);

}  // namespace tessera::features

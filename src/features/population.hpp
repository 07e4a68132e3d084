// Who is grouped and who is not. Bots, staff and tests are left out; newcomers, accounts far larger than all others
// and people who never had a main event are set apart, by a rule of one condition each. Everything is listed with its
// reason, and reversible.
#pragma once

#include <string>
#include <vector>

#include "cluster/rules.hpp"
#include "core/time.hpp"
#include "features/event_roles.hpp"
#include "features/features.hpp"
#include "profiles/history.hpp"

namespace tessera::features {

struct LeftOut {
  std::string kind;  // "bot", "test"
  std::string why;
  std::vector<uint32_t> customers;
};

// Whether bots, staff and tests are left out, or only those who have refused profiling.
enum class Unwanted : uint8_t { LeftOut, Kept };

struct ApartGroup {
  std::string name, why;
  cluster::Condition condition;  // column: index in the feature table
  std::vector<uint32_t> customers;
};

struct Population {
  std::vector<LeftOut> left_out;
  std::vector<ApartGroup> apart;  // in the order in which they are taken out; a customer is in one at most
  std::vector<uint32_t> grouped;  // to be clustered, ascending
  std::vector<uint32_t> counted;  // all but those left out, ascending
};

// `features`: as of `as_of`. Columns that it lacks set nobody apart.
Population divide(const profiles::History& history, const EventRoles& parts, const FeatureTable& features,
                  Instant as_of, Unwanted unwanted = Unwanted::LeftOut);

// One flag a customer of the history: of those, the ones of whom any fact is not after as_of.
std::vector<bool> known_customers(const profiles::History& history, const std::vector<uint32_t>& among, Instant as_of);

// Customers with any event in (as_of - within, as_of]; one flag a customer.
std::vector<bool> active_customers(const profiles::History& history, Instant as_of, Duration within);

}  // namespace tessera::features

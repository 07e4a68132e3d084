// What customers brought, period by period: money of main events net of what was given back, or the number of main
// events where the data has no amounts. The same as the sums that discovery's value is made of, but for many periods in
// one pass.
#pragma once

#include <vector>

#include "features/event_roles.hpp"

namespace tessera::features {

struct Takings {
  size_t periods = 0;
  std::vector<Instant> bounds;
  std::vector<double> value;         // [customer * periods + period]; of the money's micros, or of the count
  std::vector<double> mains;         // the same of main events
  std::vector<Instant> first, last;  // of each customer's main events up to the first bound; kNever, kEver: none
  std::vector<double> first_value;   // of the first main event
  double unit = 1;                   // value / unit is money

  double of(size_t customer, size_t period) const { return value[customer * periods + period] / unit; }
};

// Period p is (bounds[p + 1], bounds[p]]. REQUIRES: bounds descend, two at least. O(rows).
Takings takings_of(const profiles::History& history, const EventRoles& parts, const std::vector<Instant>& bounds);

// Net money in (from, until] of each customer, by the same rule.
std::vector<double> taken_between(const profiles::History& history, const EventRoles& parts, Instant from,
                                  Instant until);

}  // namespace tessera::features

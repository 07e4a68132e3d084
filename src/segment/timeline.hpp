// The instants at which one customer's memberships turn, and to what: evaluate() is a point of it. From each instant
// the evaluator says how long everything is certain to stay; the timeline steps from one such instant to the next.
#pragma once

#include "segment/evaluate.hpp"

namespace tessera::segment {

struct Turn {
  Instant at;
  uint32_t segment;  // in the order of Plan::segments
  bool member;       // from `at` on
  auto operator<=>(const Turn&) const = default;
};

struct Timeline {
  std::vector<bool> at_start;  // by segment: memberships at `from`
  std::vector<Turn> turns;     // in (from, to], by instant, then segment
};

// As known at `known_at` throughout. O(steps * rows of the customer).
Timeline timeline(const Bound& bound, profiles::CustomerIndex customer, Instant from, Instant to, Instant known_at);

}  // namespace tessera::segment

// A history as it was up to an instant: what came later is not in it, nor is whoever was not there yet. For questions
// whose answer must not know what came after: an evaluation as of an instant sees no later facts either, but names of
// events and properties, customers and their number are seen in the whole history.
#pragma once

#include <vector>

#include "profiles/history.hpp"

namespace tessera::profiles {

struct Past {
  History history;
  std::vector<CustomerIndex> customer;  // of each of its customers: its index in the whole history, ascending
};

// Facts of time <= until. What was decided about a customer (kRulings) is kept whole, dated back to `until` where it is
// younger: who is known as a bot today, or has refused profiling, was no other then. O(rows).
Past past_of(const History& history, Instant until);

}  // namespace tessera::profiles

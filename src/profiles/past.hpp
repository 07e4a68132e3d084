// A history as it was up to an instant: what came later is not in it, nor is whoever was not there yet. For questions
// whose answer must not know what came after: an evaluation as of an instant sees no later facts either, but names of
// events and properties, customers and their number are seen in the whole history.
#pragma once

#include <optional>
#include <vector>

#include "profiles/history.hpp"

namespace tessera::profiles {

struct Past {
  History history;
  std::vector<CustomerIndex> customer;  // of each of its customers: its index in the whole history, ascending
};

// Facts of time <= until. What is_kept_whole (rulings) stays, dated back to `until` where it is
// younger: who is known as a bot today, or has refused profiling, was no other then. O(rows).
Past past_of(const History& history, Instant until);

// One customer alone: their facts of time <= until and seq < visible, all of them learnt since ever. Rulings are no
// exception here. Who begins after `until` never does. Every stream and column is there, empty or not, so that what is asked of it finds the same names;
// the dictionary holds this customer's texts alone, so it is small. O(rows of the customer).
History alone(const History& history, CustomerIndex customer, Instant until, Seq visible);
// One row more in a stream of such a history, the last one: row `like` again, or one that says nothing of any property
// (nullopt). REQUIRES: `time` is not before the stream's last.
void say_again(Stream& stream, std::optional<uint32_t> like, Instant time, Seq seq);

}  // namespace tessera::profiles

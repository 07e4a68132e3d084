// Traits without a time, said again. A row of them is known by its content, so that a file imported twice changes
// nothing; but of a trait that goes from A to B and back to A, the third row is the first one again, and what was said
// last is what holds.
//
// So the repeated rows of an import are looked at once more at its end: were they put down again, at the place where
// they came, would the last known value of some trait of their customer be another? The traits for which that is so are
// written as new facts, each by the row that has the import's last word on it. The same files again, and nothing
// differs any more: nothing is written.
#pragma once

#include "core/result.hpp"
#include "profiles/history.hpp"
#include "profiles/tables.hpp"
#include "store/database.hpp"

namespace tessera::profiles {

// Where a repeated row came: before the row that got or gets `next`, in the order of calls. Orders like row_place.
constexpr uint64_t place_before(Seq next, uint32_t repeat) {
  return uint64_t{next} << 32 | repeat;
}

// Writes them with seqs from `until` on, in the transaction at hand, and returns how many. The repeated rows are in
// temp.incoming_again(fingerprint, place); those that this import itself has written (from first_seq on) do not count.
// REQUIRES: tessera.stitched is that of the import. Cost: a pass over the untimed rows; one more for every four traits
// where repeated rows are not the last ones already.
Result<uint64_t> say_again(store::Connection& connection, const EventTable& traits, Seq first_seq, Seq until);

}  // namespace tessera::profiles

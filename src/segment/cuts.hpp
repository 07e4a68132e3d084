// Where windows begin and end: how many of a customer's rows lie at or before a cut in time.
//
// Most customers have a handful of rows of a kind, so a search, or any loop over one customer's rows, mispredicts its
// end nearly every time. Instead all rows of some customers are compared with eight cuts at once, and the comparisons
// add up row by row into running totals of the rows that come later; a customer's share is the difference of two of
// those, for all eight cuts. No branch depends on the data. Customers with many rows are searched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tessera::segment {

// For cut k and customer i, whose rows are [first[i], first[i + 1]) of `time` in ascending order:
//   out[k * customers + i] = first[i] - first[0] + the number of those rows with time <= cuts[k].
// REQUIRES: first has customers + 1 entries, out has room for cuts.size() * customers.
void find_cuts(const int64_t* time, std::span<const uint32_t> first, std::span<const int64_t> cuts, uint32_t* out);

struct Rows {
  const int64_t* time;
  const uint32_t* seq;
};

// The first row of each customer that comes after an anchor: time > since or, where `since_seq` is not null, time ==
// since and seq > since_seq. Rows are counted as above, up to `high`, which is also the answer where `since` is unknown
// (one of the two least values of int64_t).
void find_since(const Rows& rows, std::span<const uint32_t> first, const uint32_t* high, const int64_t* since,
                const uint32_t* since_seq, uint32_t* out);

}  // namespace tessera::segment

// Why is this customer in this segment, or not? The definition's own conditions as a tree: of each, whether it holds,
// the values it looked at, and up to when it is certain to stay so. The values come from the same evaluation as
// everything else; only the words are made here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "language/tree.hpp"
#include "segment/evaluate.hpp"

namespace tessera::segment {

struct Explanation {
  std::string condition;      // in the segment language; at the root the definition's name
  std::optional<bool> holds;  // nullopt: unknown
  std::string because;        // "2 of 3 hold", "nothing is known of last_time(order)"
  struct Found {
    std::string expression, value;  // "count(order, last 30 days)", "1"; "unknown"
    std::string currency = {};      // of an amount; empty: it is none, or no event names one
  };
  std::vector<Found> found;  // the values the condition compared
  Instant until = kNever;    // certain to stay as it is before this; kNever: time alone never changes it
  std::vector<Explanation> parts;
};

// Of the definition at `index` in the program, a segment or a let that is a condition. Error: as compile and bind.
Result<Explanation> explain(const language::Program& program, uint32_t index, const profiles::History& history,
                            profiles::CustomerIndex customer, Instant as_of, Instant known_at,
                            const Zone& zone = Zone::utc());

// Indented lines: yes, no or unknown, the condition, below it what was found and when it may change.
std::string text_of(const Explanation& explanation);
Json to_json(const Explanation& explanation);

}  // namespace tessera::segment

// What becomes of one customer if nothing more comes: of each segment whether they are in it, since when, the instants
// at which time alone turns that, what turns then, and what would keep it from turning. Nothing here is a guess: the
// future is the timeline of the customer's own facts up to `as_of` and none after; and an event is named as what would
// keep the membership only after it was put into the history and the timeline walked again.
#pragma once

#include <string>
#include <vector>

#include "segment/explain.hpp"
#include "segment/timeline.hpp"

namespace tessera::segment {

inline constexpr Duration kFarthestLook = kDay * 36'525;  // a century: what turns later is not looked for
inline constexpr size_t kMostTurns = 8;                   // said of one segment
inline constexpr size_t kMostMore = 8;                    // events that are tried at once, to see what would keep it

// Something that may come and keeps the membership from turning.
struct Unless {
  std::string what;          // the definition's own words: "order", "\"Order Completed\"", "trait renewal"
  size_t count = 1;          // so many of it
  bool another = true;       // they have done it before
  bool like_theirs = false;  // with the properties of one of theirs; one that says nothing would not do
  bool any_time = true;      // whenever it comes until then; false: late enough, shortly before
  bool is_trait = false;     // `what` is a trait: another value of it may keep the membership (not tried: which?)
  bool operator==(const Unless&) const = default;
};

struct Prospect {
  struct Change {
    Instant at;
    bool member;  // from `at` on
    bool operator==(const Change&) const = default;
  };
  std::string slug, name;
  bool is_member = false;
  Explanation why;
  std::optional<Instant> since;      // of the state; nullopt: as far back as time goes
  std::vector<Change> changes;       // by time alone, ascending; more than kMostTurns are cut off
  std::vector<Explanation> turning;  // conditions that turn at the first change, as they are then
  std::vector<Unless> unless;        // what keeps the first change from happening
};

struct Outlook {
  Instant as_of, until;            // changes in (as_of, until]
  size_t later_facts = 0;          // of those looked at, dated after as_of: left out
  std::vector<Prospect> segments;  // in the program's order
};

// Errors: as compile and bind.
Result<Outlook> outlook(const language::Program& program, const profiles::History& history,
                        profiles::CustomerIndex customer, Instant as_of, Instant known_at);

// The conditions that make the whole hold, or fail: of an `and` that holds all of them, of an `or` those that do.
std::vector<const Explanation*> reasons(const Explanation& explanation);

// "another order comes"; "3 more of order come, late enough"
std::string text_of(const Unless& unless);
// A line or a few for each segment: those they are in, those that time alone brings, the others. Times by `zone`.
std::string text_of(const Outlook& outlook, const Zone& zone, std::string_view store = {});
Json to_json(const Outlook& outlook);

}  // namespace tessera::segment

// A membership change: what the feed, the webhooks and the record's tessera.change say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::feed {

// Stored on disk, never renumber.
enum class ChangeKind : uint8_t {
  Entered = 1,
  Left = 2,
  // A late fact showed that an earlier change (`correction_of`) never was: it is void.
  Voided = 3,
  // The customer turned out to be part of another (`into`): all their changes are void, and theirs are that one's.
  Merged = 4,
};

// Why: stored on disk, never renumber.
enum class Cause : uint8_t {
  Event = 1,       // a fact came in
  Time = 2,        // a window moved on
  Definition = 3,  // the segment was applied, edited or removed
  Identity = 4,    // two identifiers turned out to be one person, or not to be
};

struct ChangeId {
  uint64_t offset = 0;   // of the log's entry
  uint32_t ordinal = 0;  // within it
  auto operator<=>(const ChangeId&) const = default;
};
std::string text_of(ChangeId id);  // "4711-3"
std::optional<ChangeId> parse_change_id(std::string_view text);

struct Change {
  ChangeId id;
  uint32_t profile = 0;  // who leads the customer
  std::string customer;  // public id: the user id, else a pseudonym
  std::string segment;   // slug; empty: Merged
  uint32_t version = 0;  // of its definition
  ChangeKind kind = ChangeKind::Entered;
  Cause cause = Cause::Event;
  // Whether the customer is in the segment once all that was learnt with this change is taken in: as of the change's
  // place in the feed, however late it is read. Who takes this for each change in order has the right set, through late
  // facts, corrections and merges. Merged: false; what they were in, changes of their own take away.
  bool is_member = false;
  Instant at, learnt;  // when it became true, and when we knew
  std::optional<ChangeId> correction_of;
  std::string into;  // Merged: the public id of the other
  bool operator==(const Change&) const = default;
};

// {"id": "4711-3", "customer": ..., "segment": ..., "change": "entered", "is_member": true, "at": ..., "learnt": ...,
//  "cause": "event", "correction_of": ...}. Stable: subscribers read it.
Json json_of(const Change& change);

}  // namespace tessera::feed

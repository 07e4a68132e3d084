// What the engine answers, as plain values of one moment of the fold. Whoever shows them gives them a form.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "fold/values.hpp"
#include "profiles/identity.hpp"
#include "profiles/ruling.hpp"

namespace tessera::live {

// Values of a type that a definition was not settled with: they are unknown to it.
struct OtherValues {
  std::string of;       // "trait vip", "total of Order Completed"
  std::string came_as;  // "text"
  uint64_t values = 0;
  bool operator==(const OtherValues&) const = default;
};

// A segment in force.
struct SegmentState {
  std::string slug, name;
  uint32_t version = 1;
  Instant since;
  uint64_t members = 0;
  std::vector<std::string> stale_sources;  // that have fallen silent, and that it rests on
  std::string definition;                  // its text
  std::string set_aside;                   // why it cannot be run; empty: it is run
  std::vector<OtherValues> other_values;   // that came in types which it does not read
};

// In force, and not run: it has no members, and nothing else suffers from it.
struct SetAside {
  std::string kind, slug, name, why;
  bool operator==(const SetAside&) const = default;
};

struct CustomerState {
  std::string customer;  // public id
  Instant as_of;
  std::map<profiles::IdentifierKind, uint64_t> identifiers;  // how many of each kind
  Instant first_fact;
  uint64_t facts_in_memory = 0;
  fold::CustomerFacts facts;  // traits and events, of those that some definition looks at
  struct Membership {
    std::string slug, name;
  };
  std::vector<Membership> segments;
  std::optional<Instant> looked_at_again;
};

// What applying or removing definitions did.
struct Redefined {
  std::vector<std::string> definitions;  // slugs
  uint64_t entered = 0, left = 0;
  Instant in_force_since;
  std::string warnings;
};

// What a decision did.
struct Ruled {
  profiles::Ruling ruling;
  Instant learnt;
  uint64_t changes = 0;
};

// Of an import whose pieces came in.
struct ImportCounts {
  uint64_t stored = 0, trait_facts = 0, duplicates = 0, rejects = 0, customers = 0, new_customers = 0;
};

struct SourceState {
  std::string name;
  uint64_t calls = 0;
  Instant newest;
  Duration usual_gap;
  bool is_silent = false;
  std::vector<std::string> events;  // that it ever sent; at most Sources::kMostNames
  uint64_t further_names = 0;       // of events, beyond these: it pours in new ones
  std::string further_name{};       // the last of them
  bool operator==(const SourceState&) const = default;
};

// An identifier that too many customers share.
struct SharedIdentifier {
  profiles::NamedIdentifier who;
  uint64_t refused_links = 0;
};

// A jump of the wall clock that the machine's own time does not confirm, and that the log does not follow (log_clock.hpp).
struct HeldClock {
  Instant clock, log;                // what the clock says, and the instant that the log goes by
  Duration jump, stood;              // back: less than 0; for how long it has been so
  std::optional<Duration> taken_in;  // nullopt: not by itself
  bool operator==(const HeldClock&) const = default;
};

struct Status {
  Instant as_of;
  std::optional<HeldClock> held_clock;
  Duration ahead;  // of the clock that is believed: so far is the log's time; it goes at half the pace until it is not
  uint64_t customers = 0, identifiers = 0, facts_in_memory = 0, bytes_in_memory = 0;
  // Since the start.
  uint64_t received = 0, duplicates = 0, rejects = 0, refused = 0;
  uint64_t looks = 0, walks = 0, timers_fired = 0, changes = 0, log_failures = 0, told_busy = 0;
  std::map<std::string, uint64_t> refused_by_source;
  uint64_t refused_identifiers = 0;
  profiles::StitchLimits limits;
  std::vector<SharedIdentifier> storms;
  std::optional<Instant> duplicates_known_since;  // nullopt: since ever
  std::vector<SourceState> sources;               // by name
  uint64_t definitions = 0;                       // in force
  std::vector<SetAside> set_aside;                // of these
  std::optional<Instant> next_timer;
  uint64_t torn_bytes = 0, torn_entries = 0;  // that were cut off the end of the log at the start
  // Offsets of the log.
  uint64_t log_end = 0, recorded_until = 0, applied_until = 0;
  uint64_t bytes_behind = 0, bytes_queued = 0;
  std::string recording_stopped;  // why nothing is recorded until it is started anew; empty: it records
  std::string record_trouble;     // why the record cannot be written at the moment; empty: it can
};

}  // namespace tessera::live

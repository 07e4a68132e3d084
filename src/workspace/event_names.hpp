// The names of events that a record has, and how those that are junk go away. Anybody with a write key can send any name
// (profiles/tables.hpp).
#pragma once

#include <string>
#include <vector>

#include "profiles/schema.hpp"
#include "workspace/open.hpp"

namespace tessera::workspace {

struct EventsWish {
  std::vector<std::string> names;      // none: all
  bool rare_only = false;              // those without a table of their own
  std::optional<uint64_t> fewer_than;  // rows
};

// The senders' events that are wished, with their rows, most first. Error: one that is named is none of the record's.
Result<std::vector<profiles::EventListing>> events_of(const Workspace& workspace, const EventsWish& wish);

// Takes them away with all their rows, in one transaction; how many rows. For a record that no server has open: what is
// in memory would not know. Error, and nothing has happened: a definition in force looks at one of them, so that
// memberships would change without a change in the feed.
Result<uint64_t> drop_events(Workspace& workspace, const std::vector<profiles::EventListing>& events);

}  // namespace tessera::workspace

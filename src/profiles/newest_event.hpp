// When the newest event of a record is of: from when its questions look where nobody says (workspace/moment.hpp).
#pragma once

#include <optional>

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"

namespace tessera::profiles {

// Of all events that senders told, learnt by known_at, that are not after `until`; nullopt: there is none. Reads what
// DuckDB keeps of each table's times, so it costs the same however many rows there are; a table with events after
// `until`, and all tables where known_at leaves something out, are gone through.
Result<std::optional<Instant>> newest_event(store::Connection& connection, Instant until, Instant known_at = kNever);

}  // namespace tessera::profiles

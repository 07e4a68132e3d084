// That the members whom a server told are to be worked out anew: something by which definitions are read was set.
#pragma once

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"

namespace tessera::store {

// Where a server has told members, its next start tells what is different (live/recorder.hpp).
Result<void> note_to_restate(Connection& connection, Instant now);

}  // namespace tessera::store

// A record whose time is ahead of what the clock says: it was written while the clock was wrong. Time in a record never
// goes back by itself, so somebody says up to when it was right, once: what was learnt later counts as learnt at that
// instant, and what is said to have happened between it and then as having happened at it, for nobody knows better.
#pragma once

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

struct SetBack {
  Instant newest;  // what the record's newest entry said
  uint64_t entries = 0, events = 0, changes = 0;
};

// All of it or nothing; it is in the audit. The server says, when it is started next, who enters and leaves by it.
// REQUIRES: no server is at work on the record, and its log has nothing that the record does not have. Error: the record
// is not ahead of `to`.
Result<SetBack> set_back(store::Record& record, Instant to, Instant now);

}  // namespace tessera::profiles

// The order of the engine's locks, as parts of the types of what they guard (core/guarded.hpp): one may be taken while
// one further up is held, never the other way round. The leaves are taken alone, or last.
#pragma once

namespace tessera::live {

enum LockOrder : int {
  kDefiningLock = 1,  // whose definitions are on their way into the log
  kRecorderLock,      // who writes the record
  kKnownLock,         // what the readers of the log know
  kLookupLock,        // the connection for questions
  kLeafLock,          // what waits for the log, for the fold, for the record
};

}  // namespace tessera::live

// A place in the log: the bytes of all groups before it since the log began. It names a frame for ever.
#pragma once

#include <cstdint>

namespace tessera::store {

using LogOffset = uint64_t;

}  // namespace tessera::store

// How much definitions are that are in force together, as kMostNodesInAll counts it (limits.hpp), before any of them is
// looked at closer: an alias of events counts wherever it is used.
#pragma once

#include <cstddef>
#include <span>

#include "language/tree.hpp"

namespace tessera::language {

// O(what is written). Stops where it is more than `most`, and says more than that.
size_t count_nodes(std::span<const Definition* const> definitions, size_t most);

}  // namespace tessera::language

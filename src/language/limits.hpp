// How much may be written, so that whatever is accepted is compiled in time and memory that are linear in it: a node
// takes about 1 KB and 5 microseconds from text to plan, a definition of the most nodes 0.5 s, all that may be in force
// 4 GB and 20 s. Said in docs/language.md.
#pragma once

#include <cstddef>

namespace tessera::language {

// Of one definition: values, conditions and events; those of an event's alias count wherever it is used.
inline constexpr size_t kMostNodes = 100'000;
// In force together.
inline constexpr size_t kMostDefinitions = 50'000;
inline constexpr size_t kMostNodesInAll = 4'000'000;

}  // namespace tessera::language

// A bound on all memory that DuckDB takes, beside its own (max_memory), which counts what it reads, sorts and joins but
// not the texts that it makes on the way: `repeat('x', 4000000000)` is nothing to max_memory and four gigabytes to the
// machine.
//
// DuckDB takes its memory of the system in large pieces (its jemalloc, by mmap) and keeps what it gives back for itself.
// So the number of bytes mapped by its library is what it has ever held at once, and a mapping beyond the bound, which is
// refused, is an error "Out of Memory" of one statement. What its planner takes by `new` is counted by ThreadMemory.
#pragma once

#include <cstdint>

#include "core/result.hpp"

namespace tessera::store {

// Of all instances of this process together; the largest that was said holds. 0 until then: no bound.
void bound_database_memory(uint64_t bytes);
uint64_t database_memory_mapped();

// Whether this is what the database says where it finds no memory.
bool is_of_memory(const Error& error);

}  // namespace tessera::store

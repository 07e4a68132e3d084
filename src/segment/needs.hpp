// Between the language and the record: what a program reads (so that only that is loaded), and what the record knows by
// name (so that a slip of the pen is noticed), without loading anything.
#pragma once

#include "core/result.hpp"
#include "profiles/load.hpp"
#include "profiles/schema.hpp"
#include "segment/schema.hpp"
#include "segment/tree.hpp"

namespace tessera::segment {

// Every event and property that some definition of the program names. "any event" needs every event the schema knows.
profiles::Needs needs_of(const Program& program, const Schema& schema);

// What the record knows, for the checker.
Schema schema_of(const std::vector<profiles::EventListing>& events);

}  // namespace tessera::segment

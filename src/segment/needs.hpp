// Between the language and the record: what a program reads, so that only that is loaded.
#pragma once

#include "core/result.hpp"
#include "profiles/load.hpp"
#include "profiles/schema.hpp"
#include "segment/schema.hpp"
#include "segment/tree.hpp"

namespace tessera::segment {

// Every event and property that some definition of the program names. "any event" needs every event the schema knows.
profiles::Needs needs_of(const Program& program, const Schema& schema);

}  // namespace tessera::segment

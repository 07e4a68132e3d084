// What a record knows by name, and by what its times and amounts are read.
#pragma once

#include "core/result.hpp"
#include "language/schema.hpp"
#include "store/database.hpp"

namespace tessera::language {

Result<Schema> schema_of_record(store::Connection& connection);

}  // namespace tessera::language

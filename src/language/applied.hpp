// The definitions that were applied to a record, as trees: the record keeps texts.
#pragma once

#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "language/tree.hpp"
#include "store/database.hpp"

namespace tessera::language {

// Those in force at `known_at`, by kind and slug. Error: this version cannot read one that another one wrote.
Result<std::vector<Definition>> applied_definitions(store::Connection& connection, Instant known_at = kNever);

}  // namespace tessera::language

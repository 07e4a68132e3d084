// How a record's tables came to be: a list of numbered steps. A new record takes all of them, an older one those it
// lacks; each step is one transaction. A step that has been released is never changed: a change is a new step.
#pragma once

#include <span>

#include "core/result.hpp"
#include "store/database.hpp"

namespace tessera::store {

struct Migration {
  int version;       // 1, 2, 3, ...
  const char* what;  // in a few words, for the audit
  const char* sql;   // statements separated by ';'
};

std::span<const Migration> known_migrations();

// The version of the record's tables; 0 where they do not exist. Error where this is a database of something else.
Result<int> version_of(Connection& connection);
// Brings the tables to the last version. Error where they are newer than that. `now` goes into the audit.
Result<void> migrate(Connection& connection, std::span<const Migration> migrations, Instant now);

}  // namespace tessera::store

// A user's own SQL: one SELECT, answered as text, CSV or JSON. What keeps it harmless is not this file but the record:
// opened read-only, its instance reads no other file and cannot be reconfigured.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "store/database.hpp"

namespace tessera::store {

struct SqlAnswer {
  std::vector<std::string> columns, types;
  std::vector<std::vector<std::optional<std::string>>> rows;  // as DuckDB says each value in text
  bool is_cut = false;                                        // there were more than `max_rows`

  std::string text() const;  // a table for the terminal
  std::string csv()
      const;          // RFC 4180 but for plain line feeds, with a header; a null is an empty field, an empty text is ""
  Json json() const;  // a list of objects; numbers and truths as such
};

// Error where it is not exactly one statement, or one that changes something. `max_rows` 0: all, in memory.
Result<SqlAnswer> ask(Connection& connection, const std::string& sql, size_t max_rows = 0);

}  // namespace tessera::store

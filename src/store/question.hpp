// A user's own SQL: one SELECT, answered as text, CSV or JSON. What keeps it harmless is not this file but the record:
// opened read-only, its instance reads no other file and cannot be reconfigured. What keeps it small is here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
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

// What one question may cost. Each is refused or ended with an error that names the limit.
struct QuestionLimits {
  // Of the statement. Planning takes time with the square of it, and cannot be ended: 100,000 conditions joined by OR,
  // a megabyte, took 49 s and as many megabytes; 128 KB take a second.
  size_t text_bytes = 128 << 10;
  uint64_t rows = 0;    // of the answer; 0: no limit
  Duration time{0};     // from its beginning to its last row; 0: no limit
  uint64_t memory = 0;  // of its planning and of what is made of its rows; 0: half of what this process may take
};

enum class AnswerForm : uint8_t { Text, Csv, Json };

// The answer as SqlAnswer says it, piece by piece while it is computed, so that its size is no matter. A table for the
// terminal has columns as wide as its first rows need (kWidthRows, kWidthBytes); later cells that are wider push the rest
// of their line. What was put before an error stands there without its end. Ends early where the work is stopped (stop.hpp).
Result<void> answer(Connection& connection, const std::string& sql, AnswerForm form, const QuestionLimits& limits,
                    const std::function<void(std::string_view)>& put);
inline constexpr size_t kWidthRows = 10'000, kWidthBytes = 4 << 20;

}  // namespace tessera::store

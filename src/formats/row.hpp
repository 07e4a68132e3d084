// A row of fields as a reader gives it: text with just enough type to know what was said (JSON knows null, true and
// numbers; CSV knows text alone). Views live until the reader's next call. Rows that cannot be read go to the
// RejectSink with a reason and the line they start on; reading goes on behind them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tessera::formats {

enum class FieldKind : uint8_t { Absent, Text, Number, True, False, Null, Raw };  // Raw: JSON that is no scalar

struct Field {
  std::string_view text;
  FieldKind kind = FieldKind::Absent;
};

struct Row {
  uint64_t line = 0;          // 1-based line of the file on which the record starts (Parquet: number of the row)
  std::vector<Field> fields;  // by column; columns found later in the file may be missing at the end
  std::string_view raw;       // as received

  const Field& at(size_t column) const {
    static const Field absent;
    return column < fields.size() ? fields[column] : absent;
  }
};

struct Malformed {
  uint64_t line = 0;
  std::string reason;  // stable code: "field-count", "broken-quotes", "invalid-utf8", "invalid-json"
  std::string value;   // what was found
  std::string row;
};
using RejectSink = std::function<void(Malformed)>;

// What stands around the table, for what is said about the file.
struct Surroundings {
  uint64_t header_line = 1;          // where the names of the columns are
  std::vector<std::string> unnamed;  // columns whose cell in the header was blank, by the names they got
  std::vector<std::string> notes;    // what was left out, a sentence each; whole once next() has said false
};

class RowReader {
 public:
  virtual ~RowReader() = default;
  // Names of the columns, unique and not empty. Readers of JSON find columns while reading: the list only grows.
  virtual const std::vector<std::string>& columns() const = 0;
  // False at the end.
  virtual Result<bool> next(Row& row) = 0;
  // Bytes of the file read so far, for progress.
  virtual uint64_t consumed() const = 0;
  // What separates the columns; '\0' where nothing does (JSON).
  virtual char delimiter() const { return '\0'; }
  virtual Surroundings surroundings() const { return {}; }
};

}  // namespace tessera::formats

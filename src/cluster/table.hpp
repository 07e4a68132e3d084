// A numeric table from a text file: what `tessera cluster FILE` takes. Plain or gzip; values separated by commas,
// semicolons, tabs or spaces (found from the first line that has values); a first line with text in it is the header.
// With semicolons or tabs a decimal comma is read too. Lines that are empty or start with '#' are passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/matrix.hpp"
#include "core/result.hpp"

namespace tessera::cluster {

inline constexpr size_t kMaxTableColumns = 10'000;
inline constexpr size_t kMaxTableBytes = size_t{4} << 30;  // unpacked

struct NumericTable {
  std::string name;                  // of the file, for messages
  std::vector<std::string> columns;  // from the header, or "column 1", ...
  Matrix values;                     // every value finite
};

// Errors have the place FILE:LINE:COLUMN (column = byte in the line, from 1) and a remedy: a missing or unreadable
// file, a broken gzip, no rows, a ragged line, a value that is missing, not a number or not finite, more than the
// limits above.
Result<NumericTable> read_table(const std::string& path);
Result<NumericTable> parse_table(std::string_view text, const std::string& name);

}  // namespace tessera::cluster

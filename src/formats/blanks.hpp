// Tables whose columns stand apart by blanks alone, as statistics programs and old reports print them. They are looked
// for where no mark cuts the names of the columns: one that stands in the values alone is a decimal comma, say.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "formats/bytes.hpp"

namespace tessera::formats {

// The least number of blanks (or tabs) in a row that part the columns at the beginning of a file: one, or two where the
// cells have single ones in them. nullopt: its lines do not all have as many cells as the first, or a quote is in them,
// or there are no two lines. `head`: in UTF-8; a last line without an end is not looked at.
std::optional<size_t> blanks_between_columns(std::string_view head);

// The same text with one tab between columns and none at either end of a line, so that lines keep their numbers.
// REQUIRES: no quote encloses blanks.
std::unique_ptr<ByteSource> tabs_for_blanks(std::unique_ptr<ByteSource> inner, size_t least);

}  // namespace tessera::formats

// Writing CSV (RFC 4180). Reading it is formats/csv.hpp.
//
// A spreadsheet runs what begins with = + - @, a tab or a line's end as a formula, and ids of customers come from
// whoever sends events. So such a field is written with a ' before it, which spreadsheets take for "this is text". The
// way back, for programs: of a field that begins with ' the first ' is not part of it, where what stands behind it would
// be run itself (is_run).
#pragma once

#include <string>
#include <string_view>

namespace tessera {

enum class CsvFor { Spreadsheets, Programs };

// Whether a spreadsheet might take the field for a formula: behind any ' and blanks stands one of = + - @, their wide
// forms, a tab or a line's end, and it is no number. -5 and +49123 are numbers.
bool is_run(std::string_view field);

// A field, defused for spreadsheets, quoted where it must be.
std::string csv_field(std::string_view text, CsvFor reader = CsvFor::Spreadsheets);

}  // namespace tessera

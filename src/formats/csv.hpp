// Delimited text: comma, semicolon, tab, pipe (or any byte given), RFC 4180 quotes, gz, UTF-8 with or without a byte
// order mark, UTF-16 with one, Windows-1252 when told.
//
// Why not DuckDB's reader: a reject must name the exact line its record starts on, fields with line breaks included,
// and a record that does not fit must cost itself alone. DuckDB's reader returns neither line nor the raw record of
// rows that parsed but turn out unusable one step later (a bad date, no customer).
//
// Damage: a record with the wrong number of fields, or with text after a closing quote, is rejected. Where it spans
// lines (a stray quote swallows its neighbours) only its first line is rejected and reading goes on with the next: one
// bad quote costs one line (unless two stray quotes leave the right number of fields between them: that is a record
// over several lines, as the format says). A quote that never closes is an error of the file, with the place of the
// quote. Memory: one chunk and one record (at most kLongestRecord).
#pragma once

#include <optional>

#include "formats/bytes.hpp"
#include "formats/row.hpp"

namespace tessera::formats {

inline constexpr size_t kLongestRecord = 8 << 20;  // bytes
inline constexpr size_t kMostColumns = 100'000;    // of a file; importing more than 1,000 needs --map

enum class Encoding { Auto, Utf8, Windows1252 };

struct CsvDialect {
  char delimiter = ',';
  bool has_quotes = true;
  bool has_header = true;
  Encoding encoding = Encoding::Auto;
};

struct CsvOptions {
  std::optional<char> delimiter;
  Encoding encoding = Encoding::Auto;  // Auto refuses text that is not UTF-8, saying what it looks like
};

// Tries each delimiter over the first records: the one that cuts them into the same number of fields, and into most.
// `head` is the beginning of the file in UTF-8.
CsvDialect sniff_csv(std::string_view head, const CsvOptions& options);

// Reads the header at once. Errors: an empty file, a header alone is not one (the first next() says false).
Result<std::unique_ptr<RowReader>> open_csv(const OpenFile& file, const CsvOptions& options, RejectSink rejects);

// Windows-1252 to UTF-8; nullopt where a byte has no meaning there (81, 8D, 8F, 90, 9D).
std::optional<std::string> utf8_of_windows1252(std::string_view text);

// Text in memory, for tests and fuzzing.
Result<std::unique_ptr<RowReader>> csv_of_text(std::string text, const CsvOptions& options, RejectSink rejects,
                                               std::string name = "text");

}  // namespace tessera::formats

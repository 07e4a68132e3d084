// What stands around the table in a delimited file: Excel's separator line, lines above the names of the columns
// (titles, periods, filters), rows of totals, lines below the table. They are seen, left out and said; a table is what
// has as many cells as most records of its beginning.
//
// Limits: names of columns are looked for in the first kMostAbove records, and at most kMostBelow lines below the table
// are taken as a foot: what is longer are records that do not fit, and rejects.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/row.hpp"

namespace tessera::formats {

inline constexpr size_t kMostAbove = 100;  // the longest report heads seen have some 20 lines
inline constexpr size_t kMostBelow = 50;   // lines; disclaimers of advertising reports have some 10

struct HeadRecord {
  size_t at = 0;      // in the head
  uint64_t line = 1;  // of the head
  std::vector<std::string_view> cells;
};
// The first records of a head that are no blank lines; what a quote leaves open at its end is left out.
std::vector<HeadRecord> head_records(std::string_view head, char delimiter, char line_end, size_t most);

// Excel's "sep=;" at the front of a head: the mark, and how long the line is.
struct SeparatorLine {
  char delimiter = ',';
  size_t size = 0;
};
std::optional<SeparatorLine> separator_line(std::string_view head);

// How many cells most records have, of those with two or more; 0 where there are none.
size_t width_of(std::span<const HeadRecord> records);
// Which record has the names of the columns; 0 where nothing says that it is a later one.
size_t header_among(std::span<const HeadRecord> records);

// A row of totals: it begins with such a word, says no time and no address, and leaves a cell blank.
bool is_totals_row(const Row& row);
// What a table's foot may begin with, where a record has too few cells.
bool begins_foot(const Row& row);

// What was left out, as notes of the import say it.
class LeftOut {
 public:
  void separator(char mark);
  void above(uint64_t from, uint64_t to, std::string_view first);
  // The row says what its source makes the total of: it is said too.
  void totals(const Row& row);
  void repeated_header(uint64_t line) { note(headers_, line); }
  void below(uint64_t from, uint64_t to, std::string_view first);
  std::vector<std::string> sentences() const;

 private:
  struct Lines {
    uint64_t count = 0;
    std::vector<uint64_t> first;
  };
  static void note(Lines& lines, uint64_t line);
  std::vector<std::string> head_, foot_;
  Lines totals_, headers_;
  std::string first_totals_;
};

}  // namespace tessera::formats

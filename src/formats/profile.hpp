// What a file says about its columns: the evidence that the guess and the normaliser's plan rest on. Blank values say
// nothing. Each column is looked at until it has shown kSampleRows values, wherever in the file they stand; what those
// leave open (day or month first, which mark is for decimals) goes on to be asked of its later values, and of every
// value it is counted whether it is blank: so a column is empty only where it is so in the whole file.
//
// Cost: one pass of reading over the file besides the import's own; a value beyond its column's sample costs one look
// whether it is blank. Linear in the bytes of the file; memory does not grow with it.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "formats/row.hpp"
#include "formats/values.hpp"

namespace tessera::formats {

inline constexpr size_t kSampleRows = 2000;       // values looked at of each column
inline constexpr size_t kSampleFields = 200'000;  // of all columns together: a wide table's columns show fewer
inline constexpr size_t kFewestSampled = 50;

struct ColumnProfile {
  std::string name;
  size_t rows = 0, filled = 0;  // of the whole file; filled: not blank
  size_t values = 0;            // looked at: what the counts below are of
  NumberEvidence numbers;
  TimeEvidence times;
  size_t truths = 0, emails = 0, phones = 0, clocks = 0, json_typed = 0, raw = 0;
  std::set<std::string> distinct;     // the first 500
  std::vector<std::string> examples;  // the first 3 different
  uint64_t untimely_line = 0;         // of the first value that is no time
  std::string untimely;

  void add(const Field& field, uint64_t line = 0);
  // Of a value beyond the sample.
  void add_later(const Field& field);
  bool is_numeric() const { return numbers.is_numeric(); }
  bool is_time() const { return times.is_time(); }
  bool is_truth() const { return values > 0 && truths == values; }
  bool is_email() const { return values > 0 && emails * 10 >= values * 9; }
  // A small vocabulary: values that repeat.
  bool is_category() const { return values > 0 && distinct.size() < 100 && distinct.size() * 2 <= values + 1; }
  bool is_unique() const { return values > 0 && distinct.size() == std::min<size_t>(values, 500); }
  double fill() const { return rows == 0 ? 0 : static_cast<double>(filled) / static_cast<double>(rows); }
};

struct TableProfile {
  std::vector<ColumnProfile> columns;
  size_t rows = 0;
  Surroundings around;
  std::vector<std::vector<std::string>> sample;  // the first kSampleKept rows, trimmed, for questions across columns

  // Where the names of the columns are: "orders.csv:4".
  std::string header_of(const std::string& file) const;
};
inline constexpr size_t kSampleKept = 400;

// Reads a fresh reader to its end. `watch` is called now and then.
Result<TableProfile> profile_table(RowReader& reader, const std::function<void(const RowReader&)>& watch = {});

}  // namespace tessera::formats

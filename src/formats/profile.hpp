// What the first rows of a file say about its columns: the evidence that the guess and the normaliser's plan rest on.
// Blank values say nothing. Seeing is cheap enough for the first kSampleRows; what those leave open about a date's day
// and month is asked of the whole column later (import.cpp).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "formats/row.hpp"
#include "formats/values.hpp"

namespace tessera::formats {

inline constexpr size_t kSampleRows = 2000;

struct ColumnProfile {
  std::string name;
  size_t rows = 0, values = 0;  // values: not blank
  NumberEvidence numbers;
  TimeEvidence times;
  size_t truths = 0, emails = 0, phones = 0, clocks = 0, json_typed = 0, raw = 0;
  std::set<std::string> distinct;     // the first 500
  std::vector<std::string> examples;  // the first 3 different

  void add(const Field& field);
  bool is_numeric() const { return numbers.is_numeric(); }
  bool is_time() const { return times.is_time(); }
  bool is_truth() const { return values > 0 && truths == values; }
  bool is_email() const { return values > 0 && emails * 10 >= values * 9; }
  // A small vocabulary: values that repeat.
  bool is_category() const { return values > 0 && distinct.size() < 100 && distinct.size() * 2 <= values + 1; }
  bool is_unique() const { return values > 0 && distinct.size() == std::min<size_t>(values, 500); }
  double fill() const { return rows == 0 ? 0 : static_cast<double>(values) / static_cast<double>(rows); }
};

struct TableProfile {
  std::vector<ColumnProfile> columns;
  size_t rows = 0;
  std::vector<std::vector<std::string>> sample;  // the first kSampleKept rows, trimmed, for questions across columns
};
inline constexpr size_t kSampleKept = 400;

// Reads up to kSampleRows from a fresh reader (fewer of a wide table: 200,000 fields).
Result<TableProfile> profile_table(RowReader& reader);

}  // namespace tessera::formats

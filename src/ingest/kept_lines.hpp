// Rows of orders on their way: kept as bytes until all files are read, chained by order, for an order's lines may lie
// anywhere; and exact sums of what they come to.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "core/number.hpp"
#include "formats/plan.hpp"
#include "formats/row.hpp"

namespace tessera::ingest {

// For each row the offset of the next of its order, its line, then for each column of the plan its kind, length and text.
class KeptLines {
 public:
  static constexpr uint64_t kNone = ~uint64_t{0};

  explicit KeptLines(const formats::Plan& plan) : plan_(plan) {
    for (const formats::ColumnPlan& column : plan.columns) width_ = std::max(width_, column.column + 1);
  }

  uint64_t keep(const formats::Row& row) {
    const uint64_t at = bytes_.size();
    append(kNone);
    append(row.line);
    for (const formats::ColumnPlan& column : plan_.columns) {
      const formats::Field& field = row.at(column.column);
      bytes_ += static_cast<char>(field.kind);
      append(static_cast<uint32_t>(field.text.size()));
      bytes_.append(field.text);
    }
    return at;
  }
  void chain(uint64_t before, uint64_t after) { std::memcpy(bytes_.data() + before, &after, sizeof after); }

  // Reads one back, its views into the bytes kept (until the next keep()); returns the next of its order.
  uint64_t read(uint64_t at, formats::Row& row) const {
    const char* from = bytes_.data() + at;
    const uint64_t next = take<uint64_t>(from);
    row.line = take<uint64_t>(from);
    row.fields.assign(width_, {});
    for (const formats::ColumnPlan& column : plan_.columns) {
      const formats::FieldKind kind = static_cast<formats::FieldKind>(*from++);
      const uint32_t size = take<uint32_t>(from);
      row.fields[column.column] = {{from, size}, kind};
      from += size;
    }
    return next;
  }

 private:
  template <typename T>
  void append(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <typename T>
  static T take(const char*& from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    from += sizeof value;
    return value;
  }
  const formats::Plan& plan_;
  size_t width_ = 0;
  std::string bytes_;
};

// A sum of products of two Numbers, exact: in units of 10^-12.
struct ExactSum {
  int128 value = 0;
  bool known = false;
  void add(Number a, Number b) {
    value += static_cast<int128>(a.micros) * b.micros;
    known = true;
  }
  void add(Number a) { add(a, Number::of(1)); }
  void add(const ExactSum& other) {
    value += other.value;
    known |= other.known;
  }
  ParsedNumber number() const {
    const int128 limit = static_cast<int128>(Number::kLimit) * Number::kOne;
    if (!known) return {.flaw = NumberFlaw::NotANumber};
    if (value >= limit || value <= -limit) return {.flaw = NumberFlaw::OutOfRange};
    if (value % Number::kOne != 0) return {.flaw = NumberFlaw::TooFine};
    return {.number = {static_cast<int64_t>(value / Number::kOne)}};
  }
};

}  // namespace tessera::ingest

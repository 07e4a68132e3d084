// Rows of orders on their way: kept as bytes until all files are read, chained by order, for an order's lines may lie
// anywhere; and exact sums of what they come to.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/number.hpp"
#include "core/time.hpp"
#include "formats/plan.hpp"
#include "formats/row.hpp"

namespace tessera::ingest {

// A row of an order and its time.
struct KeptLine {
  formats::Row row;
  std::optional<Instant> time;
};

// For each row the place of the next of its order, its line, its time (kEver: none), then for each column of the plan its
// kind, length and text. In blocks that stay where they are: views into them live as long as this.
class KeptLines {
 public:
  using Place = const char*;  // of a row; null: none

  explicit KeptLines(const formats::Plan& plan) : plan_(plan) {
    for (const formats::ColumnPlan& column : plan.columns) width_ = std::max(width_, column.column + 1);
  }

  Place keep(const formats::Row& row, std::optional<Instant> time) {
    size_t size = sizeof(Place) + sizeof row.line + sizeof(Instant);
    for (const formats::ColumnPlan& column : plan_.columns)
      size += 1 + sizeof(uint32_t) + row.at(column.column).text.size();
    char* const at = room(size);
    char* to = at;
    put(to, Place{nullptr});
    put(to, row.line);
    put(to, time.value_or(kEver));
    for (const formats::ColumnPlan& column : plan_.columns) {
      const formats::Field& field = row.at(column.column);
      *to++ = static_cast<char>(field.kind);
      put(to, static_cast<uint32_t>(field.text.size()));
      to = std::copy(field.text.begin(), field.text.end(), to);
    }
    return at;
  }
  // REQUIRES: both were kept here.
  void chain(Place before, Place after) { std::memcpy(const_cast<char*>(before), &after, sizeof after); }

  // Reads one back; returns the next of its order.
  Place read(Place from, KeptLine& line) const {
    formats::Row& row = line.row;
    const auto next = take<Place>(from);
    row.line = take<uint64_t>(from);
    const auto time = take<Instant>(from);
    line.time = time == kEver ? std::nullopt : std::optional(time);
    row.fields.assign(width_, {});
    for (const formats::ColumnPlan& column : plan_.columns) {
      const formats::FieldKind kind = static_cast<formats::FieldKind>(*from++);
      const auto size = take<uint32_t>(from);
      row.fields[column.column] = {{from, size}, kind};
      from += size;
    }
    return next;
  }

 private:
  static constexpr size_t kBlock = 1 << 20;

  char* room(size_t size) {
    if (static_cast<size_t>(end_ - free_) < size) {
      const size_t block = std::max(size, kBlock);
      free_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(block)).get();
      end_ = free_ + block;
    }
    return std::exchange(free_, free_ + size);
  }
  template <typename T>
  static void put(char*& to, T value) {
    std::memcpy(to, &value, sizeof value);
    to += sizeof value;
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
  std::vector<std::unique_ptr<char[]>> blocks_;
  char *free_ = nullptr, *end_ = nullptr;
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

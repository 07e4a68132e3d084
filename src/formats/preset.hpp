// What a preset is: a known export as a table of columns and a few rules, all of it data.
#pragma once

#include <span>
#include <string_view>

#include "formats/mapping.hpp"
#include "formats/suspicious_values.hpp"

namespace tessera::formats {

struct PresetColumn {
  std::string_view names;  // alternatives between '|', compared as plain_name does
  Role role;
  std::string_view target = {};
  ValueType type = ValueType::Auto;
  // Rows that say no id of their own are known by what they say, each value by "ROLE TARGET". Stored on disk: where role or
  // target change, the former stay here; a column that is read anew is kNotKnownBy (tests/ingest/presets_test.cpp).
  std::string_view known_as = {};
};

enum class PresetShape : uint8_t {
  Table,
  SegmentJson,
  Ga4Json,
  MailchimpJson
};  // the last two: their JSON, or a table
enum class Rest : uint8_t { Ignore, Property, Trait };  // columns that are not in the table

// Asks a row: whether the first of the columns that is there says one of the words between '|' (compared as plain_name
// does; "~word": contains it; "<0": a number below zero; "blank": nothing). Without a column: always.
struct When {
  std::string_view column, words;
};
// A column that the export does not have itself: of the first case that holds, another column's value or "=text".
struct MadeCase {
  When when;
  std::string_view gives;
};
struct MadeColumn {
  std::string_view name;
  std::span<const MadeCase> cases;
};
// Rows that are neither orders nor events: left out and counted in a note.
struct NoRow {
  When when;
  When unless = {"", "never"};
  std::string_view why;
  bool repeats_money = false;  // of other rows: what it says is no money of the file's own
};

struct Preset {
  std::string_view name;
  std::string_view title;
  PresetShape shape = PresetShape::Table;
  RowMeans rows = RowMeans::Event;
  std::string_view event = {};
  std::span<const PresetColumn> columns = {};
  std::span<const std::string_view> required = {};   // names as in the table's `names`: without them it is another file
  std::span<const std::string_view> signature = {};  // what tells it from all others; "?": a column that asks something
  Rest rest = Rest::Ignore;
  std::string_view currency = {};
  std::span<const Odd> keeps = {};  // odd values that belong to such exports
  std::span<const MadeColumn> made = {};
  std::span<const NoRow> no_rows = {};
  DateOrder dates = DateOrder::Unsaid;  // where the vendor always writes them so
  std::string_view zone = {};           // where the vendor always means it
  std::string_view who_else = {};       // a column that stands in where none says who
  std::string_view strips = {};         // off the names of the columns that are kept: "properties."
  std::string_view says = {};           // a note of each import
  std::string_view refusal = {};        // recognised, and never events of customers: why
};

}  // namespace tessera::formats

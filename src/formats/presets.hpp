// Known exports as tables: which columns they have and what those mean. A preset is data; adding one is adding a table
// to the file of its kind (preset_tables.hpp) and a small file to its test. Documented in docs/ingest.md.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "formats/mapping.hpp"
#include "formats/preset.hpp"
#include "formats/suspicious_values.hpp"

namespace tessera::formats {

std::span<const Preset> presets();
// The preset's `keeps`; none for a mapping that is no preset's.
std::span<const Odd> odd_values_of(std::string_view preset);
// Error names the nearest.
Result<const Preset*> find_preset(std::string_view name);
// The preset's mapping over the file's columns (and those it makes). Error: a required column is missing.
Result<Mapping> apply_preset(const Preset& preset, const std::vector<std::string>& columns, const std::string& file);
// The preset whose signature the columns show, for files given without one; of several the one that knows most of them.
const Preset* recognise_preset(const std::vector<std::string>& columns);
// The first column that one of the alternatives between '|' names; alternatives earlier in the list win.
const std::string* find_column(std::string_view names, const std::vector<std::string>& columns);

// "customer=...,time=..." for --map, by the names of columns alone; empty where none says who.
std::string columns_by_name(const std::vector<std::string>& columns);

// What an order line's status says happened.
// None: no order at all (in the bin, a draft that never was one): it is counted and left out.
enum class OrderFate : uint8_t {
  Completed,
  Refunded,
  CompletedAndRefunded,
  Cancelled,
  Pending,
  Failed,
  Adjusted,
  None
};
// By status ("paid", "refunded", "on-hold", "storniert" ...); nullopt where the word is not known.
std::optional<OrderFate> fate_of_status(std::string_view status);
// By the order's number, where the preset's vendor writes it there (online-retail: C..., A...).
std::optional<OrderFate> fate_of_number(std::string_view preset, std::string_view order_id);

// Other tools' event names in the Segment spec's: "purchase" (ga4), "Placed Order" (klaviyo), "Completed Order" (v1).
std::string_view canonical_event(std::string_view preset, std::string_view name);

// Zone names of vendors ("Eastern Time (US & Canada)") as the tz database has them; empty where unknown.
std::string_view zone_of_vendor(std::string_view name);

}  // namespace tessera::formats

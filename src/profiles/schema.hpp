// What the record knows about: its events and their properties. For `tessera status`, for the checker of the segment
// language ("did you mean?"), and for whoever asks which data they have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/history.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

struct PropertyListing {
  std::string property;
  PropertyType type = PropertyType::Text;
  bool is_list = false;
  std::string column;          // its name in the table; "extra": a rare one, a member of it
  std::string property_class;  // "health", "sensitive", ...; empty: none
  uint64_t values = 0;         // rows that have it, where counted
  bool operator==(const PropertyListing&) const = default;
};

struct EventListing {
  std::string event, table;
  SystemStream system = SystemStream::None;
  uint64_t rows = 0;
  Instant from = kNever, to = kEver;        // of the rows with a time; where counted
  std::vector<PropertyListing> properties;  // by property, list, type
  bool is_rare = false;                     // lies with others in one table (tables.hpp)
};

enum class Counting { No, Yes };

// Every event name, ascending in byte order (of rare ones at most kMaxListedRare, those with the most rows); traits are
// properties of the system's streams. Counting reads every column's nulls: about 0.1 s for ten million values. Values of
// rare properties are not counted.
Result<std::vector<EventListing>> list_events(store::Connection& connection, Counting counting);

// Says what kind of thing a property is, for all events that have it ("health": left out of clustering until allowed).
// An empty class takes it back. Gives the number of columns that it concerns.
Result<uint64_t> classify_property(store::Record& record, std::string_view property, std::string_view property_class);

Json json_of(const std::vector<EventListing>& events);

}  // namespace tessera::profiles

// The tables of events and of the system's facts (system_facts.hpp): one an event name, named so that a person can type it (Order Completed -> order_completed),
// with a typed column for every property, type and listness. They grow as new names arrive; nothing ever changes its
// type.
//
// Columns of every event table: seq (the order in which facts were learnt), profile (whose), time (-infinity: true
// since ever), fingerprint (identity of the row), extra (JSON of what has no typed column: said null, nested, too large
// or too fine for an exact number), then the properties. The first column of a property has its name; further ones a
// suffix (total__text). A list of elements (products.price, products.quantity) has its number of elements in
// products__count.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "profiles/history.hpp"
#include "profiles/system_facts.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

// A table has at most this many property columns, a record at most this many event names. Further properties are kept
// in `extra` and counted; further event names are an error.
inline constexpr size_t kMaxColumns = 1000, kMaxEvents = 1000;

enum class StoredType : uint8_t { Bool = 1, Number = 2, Text = 3, Length = 4 };  // stored on disk, never renumber
static_assert(static_cast<int>(PropertyType::Text) == static_cast<int>(StoredType::Text));

struct TableColumn {
  std::string property;
  StoredType type = StoredType::Text;
  bool is_list = false;
  std::string name;            // of the column
  std::string property_class;  // "health", "sensitive", ...; empty: none
};

struct EventTable {
  std::string event;  // of a system's stream: its row's name, or one like it where a sender's event has that one
  std::string name;
  SystemStream system = SystemStream::None;
  std::vector<TableColumn> columns;
  const TableColumn* column(std::string_view property, StoredType type, bool is_list) const;
};

class EventTables {
 public:
  static Result<EventTables> read(store::Connection& connection);

  const std::vector<EventTable>& all() const { return tables_; }  // by event name
  const EventTable* find(StreamName name) const;

  // The tables' columns for these properties (their `name` is ignored), made where missing, in the transaction at hand.
  // Where the table is full the rest stays without: column() of it is null.
  Result<const EventTable*> grow(store::Connection& connection, StreamName name, std::vector<TableColumn> wanted);
  // The views over the tables that grew since the last call.
  Result<void> refresh_views(store::Connection& connection);

 private:
  std::string free_event_name(StreamName name) const;
  std::string free_table_name(std::string_view event) const;
  std::vector<EventTable> tables_;
  std::vector<std::string> grown_;  // event names
  bool has_new_ = false;
};

// The errors for the event name that is one too many, and for one that is_reserved.
std::unexpected<Error> too_many_events(std::string_view event);
std::unexpected<Error> reserved_name(std::string_view event);
// Why this cannot be an event's name; nullopt if it can. Callers reject the row with it.
std::optional<std::string> flaw_of_event_name(std::string_view event);
// "Order Completed" -> "order_completed", "$identify" -> "identify".
std::string table_name_of(std::string_view event);

}  // namespace tessera::profiles

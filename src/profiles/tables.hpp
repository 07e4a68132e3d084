// The tables of events and of the system's facts (system_facts.hpp): one an event name, named so that a person can type it (Order Completed -> order_completed),
// with a typed column for every property, type and listness. They grow as new names arrive; nothing ever changes its
// type.
//
// Columns of every event table: seq (the order in which facts were learnt), profile (whose), time (-infinity: true
// since ever), fingerprint (identity of the row), extra (JSON of what has no typed column: said null, nested, too large
// or too fine for an exact number), then the properties. The first column of a property has its name; further ones a
// suffix (total__text). A list of elements (products.price, products.quantity) has its number of elements in
// products__count.
//
// Anybody may send any names, and each costs. So there is a number of columns a table and of tables a record; what comes
// beyond is rare, and nothing of it is lost. A rare property lies in `extra` (extra.hpp). The rare events share one
// table, rare_events, with the name as a column and all properties in `extra`. Every engine reads them as it reads the
// others. A rare event gets a table of its own as soon as there is a place for it and it comes again: its rows move.
// Streams of the system and the events that Segment's calls are made into (kAlwaysTables) have a place whatever came.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/result.hpp"
#include "profiles/history.hpp"
#include "profiles/system_facts.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

// A table has at most this many property columns, a record tables for so many event names: DuckDB writes each column of
// a table with every row, and asks all tables for what concerns a customer. Since one entry of the log may name all of
// them, and is one transaction, there is a number of columns in all too; and both are fewer where DuckDB may take little
// memory (column_room). The rest is rare.
inline constexpr size_t kMaxColumns = 1000, kMaxColumnsInAll = 5000, kMaxEvents = 1000;
struct ColumnRoom {
  size_t of_one, in_all;  // columns of a table, of all
};
// `memory`: what DuckDB may take by its own count (max_memory).
ColumnRoom column_room(uint64_t memory);
// So many forms of rare properties are known by name and type to whoever lists what the record has (schema.hpp), and so
// many rare events, those with the most rows: a list that is read by people and by the checker. Whoever names one that
// is not listed gets its values all the same.
inline constexpr size_t kMaxListedRare = 10'000;
inline constexpr std::string_view kAlwaysTables[] = {"Page Viewed", "Screen Viewed"};
inline constexpr std::string_view kEventColumn = "event";  // of the table of the rare events
inline constexpr std::string_view kExtraColumn = "extra";

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
  // Of a system's stream: its row's name, or one like it where a sender's event has that one. Empty: the rare events.
  std::string event;
  std::string name;
  SystemStream system = SystemStream::None;
  std::vector<TableColumn> columns;
  std::map<std::string, size_t, std::less<>> index{};  // of each column, by what it is of (add, column)

  bool holds_rare_events() const { return event.empty(); }
  void add(TableColumn column);
  const TableColumn* column(std::string_view property, StoredType type, bool is_list) const;
  // The event's name of a row, as SQL, where the table has that alias.
  std::string event_sql(std::string_view alias) const;
};

class EventTables {
 public:
  static Result<EventTables> read(store::Connection& connection);

  // By event name; that of the rare events, where there is one, first.
  const std::vector<EventTable>& all() const { return tables_; }
  const EventTable* find(StreamName name) const;
  const EventTable* rare() const { return find(StreamName("")); }  // null: no event is rare
  // What SQL may select from to have the rows of an event, wherever they lie; empty: there is no such table.
  std::string rows_of(StreamName name) const;
  // Forms of rare properties, at most kMaxListedRare in all, by event.
  const std::vector<TableColumn>& rare_properties(std::string_view event) const;
  size_t listed_rare() const { return listed_.size(); }

  // The table for rows of that name with columns for these properties (their `name` is ignored), made where missing, in
  // the transaction at hand. What is rare stays without: column() of it is null.
  Result<const EventTable*> grow(store::Connection& connection, StreamName name, std::vector<TableColumn> wanted);
  // Whether a table or column was made since the last refresh_views().
  bool has_grown() const { return !grown_.empty(); }
  // Takes an event's rows away, and its table; how many rows. Its place is free. Not of the system's streams.
  Result<uint64_t> drop(store::Connection& connection, std::string_view event);
  // The views over the tables that grew since the last call.
  Result<void> refresh_views(store::Connection& connection);

 private:
  std::string free_event_name(StreamName name) const;
  std::string free_table_name(std::string_view event) const;
  bool has_place(StreamName name) const;
  Result<size_t> room_beside(store::Connection& connection, size_t have);
  Result<EventTable*> make_table(store::Connection& connection, StreamName name,
                                 const std::vector<TableColumn>& columns);
  Result<void> take_rare_rows(store::Connection& connection, const EventTable& table);
  Result<void> list_rare(store::Connection& connection, std::string_view event, std::vector<TableColumn> forms);
  Result<void> read_rare(store::Connection& connection);

  std::vector<EventTable> tables_;
  std::optional<ColumnRoom> room_;                                           // once it was asked for
  std::map<std::string, std::vector<TableColumn>, std::less<>> rare_;        // by event
  std::set<std::tuple<std::string, std::string, StoredType, bool>> listed_;  // event, property, type, list: in rare_
  std::vector<std::string> grown_;                                           // event names
  bool has_new_ = false;
};

// The error for an event name that is_reserved.
std::unexpected<Error> reserved_name(std::string_view event);
// Why this cannot be an event's name; nullopt if it can. Callers reject the row with it.
std::optional<std::string> flaw_of_event_name(std::string_view event);
// "Order Completed" -> "order_completed", "$identify" -> "identify".
std::string table_name_of(std::string_view event);

}  // namespace tessera::profiles

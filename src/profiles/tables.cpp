#include "profiles/tables.hpp"

#include <algorithm>
#include <set>

#include "core/text.hpp"

namespace tessera::profiles {

using store::Connection;
using store::quoted_name;
using store::quoted_text;

namespace {

constexpr size_t kMaxNameBytes = 200;
constexpr std::string_view kFixedColumns[] = {"seq", "profile", "time", "fingerprint", "extra", "customer", "rowid"};
constexpr std::string_view kFixedTables[] = {"customers", "events"};

constexpr std::string_view sql_type(StoredType type) {
  constexpr std::string_view kTypes[] = {"", "BOOLEAN", "DECIMAL(18,6)", "VARCHAR", "UINTEGER"};
  return kTypes[static_cast<size_t>(type)];
}

constexpr std::string_view suffix(StoredType type) {
  constexpr std::string_view kSuffixes[] = {"", "bool", "number", "text", "count"};
  return kSuffixes[static_cast<size_t>(type)];
}

std::string cut_at_code_point(std::string text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
  return text;
}

// DuckDB's names do not tell large from small letters, so ours are compared folded.
std::string column_name_of(const TableColumn& wanted, const std::set<std::string>& taken) {
  std::string plain;
  for (const char c : wanted.property) plain += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '_' : c;
  plain = cut_at_code_point(plain, kMaxNameBytes);
  const std::string typed = fmt::format("{}__{}{}", plain, suffix(wanted.type), wanted.is_list ? "_list" : "");
  const bool plain_is_possible = !plain.empty() && wanted.type != StoredType::Length;
  if (plain_is_possible && !taken.contains(fold_case(plain))) return plain;
  std::string name = typed;
  for (int n = 2; taken.contains(fold_case(name)); ++n) name = fmt::format("{}_{}", typed, n);
  return name;
}

Result<void> list_columns(Connection& connection, std::string_view event, const std::vector<TableColumn>& columns) {
  const std::vector<std::string> names = {"event", "property", "type", "is_list", "column_name"};
  auto writer = TRY(store::Writer::open(connection, "tessera", "property", names));
  for (const TableColumn& column : columns) {
    writer.values<store::StoredText>(0)[0] = store::StoredText::of(event);
    writer.values<store::StoredText>(1)[0] = store::StoredText::of(column.property);
    writer.values<uint8_t>(2)[0] = static_cast<uint8_t>(column.type);
    writer.values<bool>(3)[0] = column.is_list;
    writer.values<store::StoredText>(4)[0] = store::StoredText::of(column.name);
    TRY(writer.put(1));
  }
  return writer.finish();
}

std::string definition_of(const TableColumn& column) {
  return fmt::format("{} {}{}", quoted_name(column.name), sql_type(column.type), column.is_list ? "[]" : "");
}

}  // namespace

std::unexpected<Error> too_many_events(std::string_view event) {
  return fail(
      fmt::format("a record has at most {} different event names, and '{}' would be one more", kMaxEvents, event), {},
      "an event is a kind of thing that happens, such as Order Completed; put ids and titles into a property of it");
}

std::unexpected<Error> reserved_name(std::string_view event) {
  return fail(fmt::format("'{}' is the name of facts that only the system says", event), {},
              "name the event otherwise");
}

std::optional<std::string> flaw_of_event_name(std::string_view event) {
  if (trim(event).empty()) return "an event's name is empty";
  if (event.size() > kMaxNameBytes) return fmt::format("an event's name has more than {} bytes", kMaxNameBytes);
  if (first_invalid_utf8(event)) return "an event's name is not valid UTF-8";
  if (std::ranges::any_of(event, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    return "an event's name has control characters";
  return std::nullopt;
}

std::string table_name_of(std::string_view event) {
  std::string name;
  for (const char c : fold_case(event)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool keep = byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (keep)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  name = cut_at_code_point(name, 60);
  if (name.empty()) return "event";
  return name[0] >= '0' && name[0] <= '9' ? "event_" + name : name;
}

const TableColumn* EventTable::column(std::string_view property, StoredType type, bool is_list) const {
  for (const TableColumn& column : columns)
    if (column.type == type && column.is_list == is_list && column.property == property) return &column;
  return nullptr;
}

Result<EventTables> EventTables::read(Connection& connection) {
  EventTables tables;
  auto names = TRY(connection.query("SELECT event, table_name, system FROM tessera.catalogue WHERE kind = 'event' "));
  while (const auto chunk = TRY(names.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      tables.tables_.push_back({.event = std::string(chunk->column(0).text(row)),
                                .name = std::string(chunk->column(1).text(row).substr(sizeof "main." - 1)),
                                .system = static_cast<SystemStream>(chunk->column(2).values<uint8_t>()[row])});
  std::ranges::sort(tables.tables_, {}, &EventTable::event);
  auto columns = TRY(connection.query(
      "SELECT event, property, type, is_list, column_name, coalesce(class, '') FROM tessera.property ORDER BY rowid"));
  while (const auto chunk = TRY(columns.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const auto table = std::ranges::lower_bound(tables.tables_, chunk->column(0).text(row), {}, &EventTable::event);
      if (table == tables.tables_.end() || table->event != chunk->column(0).text(row))
        return fail(fmt::format("the record lists a property of the unknown event '{}'", chunk->column(0).text(row)),
                    {}, try_command("doctor").note("see what is damaged"));
      table->columns.push_back({.property = std::string(chunk->column(1).text(row)),
                                .type = static_cast<StoredType>(chunk->column(2).values<uint8_t>()[row]),
                                .is_list = chunk->column(3).values<bool>()[row],
                                .name = std::string(chunk->column(4).text(row)),
                                .property_class = std::string(chunk->column(5).text(row))});
    }
  return tables;
}

const EventTable* EventTables::find(StreamName name) const {
  if (name.system != SystemStream::None) {
    const auto table = std::ranges::find(tables_, name.system, &EventTable::system);
    return table != tables_.end() ? &*table : nullptr;
  }
  const auto table = std::ranges::lower_bound(tables_, name.event, {}, &EventTable::event);
  return table != tables_.end() && table->event == name.event && table->system == SystemStream::None ? &*table
                                                                                                     : nullptr;
}

// Sent events never change their name: where one of an earlier version has that of a row, the row's stream has another.
std::string EventTables::free_event_name(StreamName name) const {
  const auto is_taken = [&](const std::string& event) {
    return std::ranges::binary_search(tables_, event, {}, &EventTable::event);
  };
  std::string event(name.event);
  if (name.system == SystemStream::None) return event;
  for (int n = 1; is_taken(event); ++n)
    event = fmt::format("{}{}{})", name.event, kOfSystem, n == 1 ? "" : fmt::format(" {}", n));
  return event;
}

std::string EventTables::free_table_name(std::string_view event) const {
  std::set<std::string> taken(std::begin(kFixedTables), std::end(kFixedTables));
  for (const EventTable& table : tables_) {
    taken.insert(table.name);
    taken.insert("v_" + table.name);
  }
  const std::string wish = table_name_of(event);
  std::string name = wish;
  for (int n = 2; taken.contains(name) || taken.contains("v_" + name); ++n) name = fmt::format("{}_{}", wish, n);
  return name;
}

Result<const EventTable*> EventTables::grow(Connection& connection, StreamName name, std::vector<TableColumn> wanted) {
  const EventTable* known = find(name);
  const bool is_new = !known;
  auto table = tables_.begin() + (known ? known - tables_.data() : 0);
  if (is_new) {
    if (name.system == SystemStream::None && tables_.size() >= kMaxEvents) return too_many_events(name.event);
    EventTable made{.event = free_event_name(name), .system = name.system};
    made.name = free_table_name(made.event);
    table = tables_.insert(std::ranges::lower_bound(tables_, made.event, {}, &EventTable::event), std::move(made));
    has_new_ = true;
  }
  std::erase_if(wanted,
                [&](const TableColumn& column) { return table->column(column.property, column.type, column.is_list); });
  if (table->columns.size() + wanted.size() > kMaxColumns)
    wanted.resize(kMaxColumns - std::min(table->columns.size(), kMaxColumns));
  if (!is_new && wanted.empty()) return &*table;

  std::set<std::string> taken(std::begin(kFixedColumns), std::end(kFixedColumns));
  for (const TableColumn& column : table->columns) taken.insert(fold_case(column.name));
  const std::string full_name = "main." + quoted_name(table->name);
  std::string definitions =
      "seq UINTEGER NOT NULL, profile UINTEGER NOT NULL, time TIMESTAMP_MS NOT NULL, fingerprint UBIGINT NOT NULL, "
      "extra VARCHAR";
  std::string alterations;
  for (TableColumn& column : wanted) {
    column.name = column_name_of(column, taken);
    taken.insert(fold_case(column.name));
    definitions += ", " + definition_of(column);
    alterations += fmt::format("ALTER TABLE {} ADD COLUMN {};", full_name, definition_of(column));
  }
  TRY(list_columns(connection, table->event, wanted));
  std::ranges::move(wanted, std::back_inserter(table->columns));
  if (is_new) {
    TRY(connection.run(fmt::format("CREATE TABLE {}({})", full_name, definitions)));
    TRY(connection.run(
        "INSERT INTO tessera.catalogue VALUES ('main.' || ?, 'event', ?, ['profile'], ?)",
        {std::string_view(table->name), std::string_view(table->event), uint64_t{static_cast<uint8_t>(name.system)}}));
  } else {
    TRY(connection.run(alterations));
  }
  grown_.push_back(table->event);
  return &*table;
}

Result<void> EventTables::refresh_views(Connection& connection) {
  for (const std::string& event : grown_) {
    const EventTable& table = *std::ranges::lower_bound(tables_, event, {}, &EventTable::event);
    TRY(connection.run(
        fmt::format("CREATE OR REPLACE VIEW main.{} AS SELECT person.customer, e.* EXCLUDE (profile, fingerprint) "
                    "FROM main.{} e JOIN tessera.person ON person.profile = e.profile",
                    quoted_name("v_" + table.name), quoted_name(table.name))));
  }
  grown_.clear();
  if (!std::exchange(has_new_, false)) return {};
  std::vector<std::string> all;
  for (const EventTable& table : tables_)
    all.push_back(fmt::format("SELECT {} AS event, profile, time, seq FROM main.{}", quoted_text(table.event),
                              quoted_name(table.name)));
  TRY(connection.run("CREATE OR REPLACE VIEW main.events AS SELECT person.customer, e.event, e.time, e.seq FROM (" +
                     store::union_all(all) + ") e JOIN tessera.person ON person.profile = e.profile"));
  return {};
}

}  // namespace tessera::profiles

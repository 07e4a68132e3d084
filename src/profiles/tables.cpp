#include "profiles/tables.hpp"

#include <algorithm>
#include <cmath>
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
constexpr std::string_view kRareTable = "rare_events";  // or one like it

// What a column costs while rows are written, measured with DuckDB 1.4 (lists of texts, the dearest).
// Of the table whose rows are committed: four blocks of 256 KB (values, elements, and what is null of both) at a time, and
// what the allocator maps around them, 2.6 MB, nearly all of it address space; of which there is twice the memory and
// 256 MB (store/database.cpp).
constexpr uint64_t kOfCommitted = 1 << 20, kMappedOfCommitted = 4 << 20, kMappedBeside = 256 << 20;
// Of every table with a row in the transaction, to its end: first pieces of 2,048 values, which go to no disk.
constexpr uint64_t kOfTouched = 64 << 10;
// Each of the two has a quarter of the memory; the rest is for whatever else is done meanwhile.
constexpr uint64_t kParts = 4;

// As DuckDB says it: "63.9 MiB".
uint64_t bytes_of(const std::string& said) {
  char* unit = nullptr;
  const double number = std::strtod(said.c_str(), &unit);
  const std::string_view units = "KMGT";
  const size_t power = units.find(trim(unit).substr(0, 1));
  return static_cast<uint64_t>(number * std::pow(1024, power == std::string_view::npos ? 0 : power + 1));
}

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

namespace {

// What a column is of. The form comes first: a property may have any name.
std::string key_of(std::string_view property, StoredType type, bool is_list) {
  return fmt::format("{}{}{}", static_cast<int>(type), is_list ? 'l' : 's', property);
}

}  // namespace

void EventTable::add(TableColumn column) {
  index.emplace(key_of(column.property, column.type, column.is_list), columns.size());
  columns.push_back(std::move(column));
}

const TableColumn* EventTable::column(std::string_view property, StoredType type, bool is_list) const {
  const auto found = index.find(key_of(property, type, is_list));
  return found != index.end() ? &columns[found->second] : nullptr;
}

std::string EventTable::event_sql(std::string_view alias) const {
  return holds_rare_events() ? fmt::format("{}.{}", alias, kEventColumn) : quoted_text(event) + "::VARCHAR";
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
      table->add({.property = std::string(chunk->column(1).text(row)),
                  .type = static_cast<StoredType>(chunk->column(2).values<uint8_t>()[row]),
                  .is_list = chunk->column(3).values<bool>()[row],
                  .name = std::string(chunk->column(4).text(row)),
                  .property_class = std::string(chunk->column(5).text(row))});
    }
  TRY(tables.read_rare(connection));
  return tables;
}

Result<void> EventTables::read_rare(Connection& connection) {
  auto answer =
      TRY(connection.query("SELECT event, property, type, is_list FROM tessera.rare_property ORDER BY rowid"));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      TableColumn form{.property = std::string(chunk->column(1).text(row)),
                       .type = static_cast<StoredType>(chunk->column(2).values<uint8_t>()[row]),
                       .is_list = chunk->column(3).values<bool>()[row],
                       .name = std::string(kExtraColumn),
                       .property_class = {}};
      const std::string event(chunk->column(0).text(row));
      listed_.emplace(event, form.property, form.type, form.is_list);
      rare_[event].push_back(std::move(form));
    }
  return {};
}

const std::vector<TableColumn>& EventTables::rare_properties(std::string_view event) const {
  static const std::vector<TableColumn> kNone;
  const auto found = rare_.find(event);
  return found != rare_.end() ? found->second : kNone;
}

std::string EventTables::rows_of(StreamName name) const {
  if (const EventTable* own = find(name)) return "main." + quoted_name(own->name);
  const EventTable* shared = rare();
  if (!shared || name.system != SystemStream::None) return {};
  return fmt::format("(SELECT * FROM main.{} WHERE {} = {})", quoted_name(shared->name), kEventColumn,
                     quoted_text(name.event));
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

bool EventTables::has_place(StreamName name) const {
  return name.system != SystemStream::None || name.event.empty() || tables_.size() < kMaxEvents ||
         std::ranges::find(kAlwaysTables, name.event) != std::end(kAlwaysTables);
}

ColumnRoom column_room(uint64_t memory) {
  const uint64_t of_one = std::min(memory / kParts / kOfCommitted, (2 * memory + kMappedBeside) / kMappedOfCommitted);
  return {.of_one = std::min<size_t>(kMaxColumns, of_one),
          .in_all = std::min<size_t>(kMaxColumnsInAll, memory / kParts / kOfTouched)};
}

// How many columns may come to a table that has so many.
Result<size_t> EventTables::room_beside(Connection& connection, size_t have) {
  if (!room_) room_ = column_room(bytes_of(TRY(connection.text("SELECT current_setting('max_memory')")).value_or("")));
  size_t all = 0;
  for (const EventTable& table : tables_) all += table.columns.size();
  return std::min(room_->of_one - std::min(have, room_->of_one), room_->in_all - std::min(all, room_->in_all));
}

Result<const EventTable*> EventTables::grow(Connection& connection, StreamName name, std::vector<TableColumn> wanted) {
  const EventTable* known = find(name);
  if (!known && !has_place(name)) {
    TRY(list_rare(connection, name.event, std::move(wanted)));
    return rare() ? Result<const EventTable*>(rare()) : grow(connection, StreamName(""), {});
  }
  EventTable* table = known ? &tables_[static_cast<size_t>(known - tables_.data())] : nullptr;
  if (table)
    std::erase_if(
        wanted, [&](const TableColumn& column) { return table->column(column.property, column.type, column.is_list); });
  const size_t room = wanted.empty() ? 0 : TRY(room_beside(connection, table ? table->columns.size() : 0));
  if (wanted.size() > room) {
    TRY(list_rare(connection, table ? table->event : free_event_name(name),
                  {wanted.begin() + static_cast<ptrdiff_t>(room), wanted.end()}));
    wanted.resize(room);
  }
  if (table && wanted.empty()) return table;

  std::set<std::string> taken(std::begin(kFixedColumns), std::end(kFixedColumns));
  if (table)
    for (const TableColumn& column : table->columns) taken.insert(fold_case(column.name));
  for (TableColumn& column : wanted) {
    column.name = column_name_of(column, taken);
    taken.insert(fold_case(column.name));
  }
  if (table) {
    std::string alterations;
    for (const TableColumn& column : wanted)
      alterations += fmt::format("ALTER TABLE main.{} ADD COLUMN {};", quoted_name(table->name), definition_of(column));
    TRY(connection.run(alterations));
  } else {
    table = TRY(make_table(connection, name, wanted));
  }
  TRY(list_columns(connection, table->event, wanted));
  for (TableColumn& column : wanted) table->add(std::move(column));
  grown_.push_back(table->event);
  return table;
}

Result<EventTable*> EventTables::make_table(Connection& connection, StreamName name,
                                            const std::vector<TableColumn>& columns) {
  EventTable made{.event = free_event_name(name), .name = {}, .system = name.system, .columns = {}};
  made.name = free_table_name(made.holds_rare_events() ? kRareTable : made.event);
  const auto table =
      tables_.insert(std::ranges::lower_bound(tables_, made.event, {}, &EventTable::event), std::move(made));
  has_new_ = true;
  std::string definitions =
      "seq UINTEGER NOT NULL, profile UINTEGER NOT NULL, time TIMESTAMP_MS NOT NULL, fingerprint UBIGINT NOT NULL, "
      "extra VARCHAR";
  if (table->holds_rare_events()) definitions += fmt::format(", {} VARCHAR NOT NULL", kEventColumn);
  for (const TableColumn& column : columns) definitions += ", " + definition_of(column);
  TRY(connection.run(fmt::format("CREATE TABLE main.{}({})", quoted_name(table->name), definitions)));
  TRY(connection.run(
      "INSERT INTO tessera.catalogue VALUES ('main.' || ?, 'event', ?, ['profile'], ?)",
      {std::string_view(table->name), std::string_view(table->event), uint64_t{static_cast<uint8_t>(name.system)}}));
  if (name.system == SystemStream::None && !table->holds_rare_events()) TRY(take_rare_rows(connection, *table));
  return &*table;
}

// What was rare until now and has a table: its properties stay where they are, in `extra`.
Result<void> EventTables::take_rare_rows(Connection& connection, const EventTable& table) {
  const EventTable* shared = rare();
  if (!shared) return {};
  const std::string from = quoted_name(shared->name);
  TRY(connection.run(fmt::format("INSERT INTO main.{} BY NAME SELECT * EXCLUDE ({}) FROM main.{} WHERE {} = ?",
                                 quoted_name(table.name), kEventColumn, from, kEventColumn),
                     {std::string_view(table.event)}));
  TRY(connection.run(fmt::format("DELETE FROM main.{} WHERE {} = ?", from, kEventColumn),
                     {std::string_view(table.event)}));
  return {};
}

Result<void> EventTables::list_rare(Connection& connection, std::string_view event, std::vector<TableColumn> forms) {
  std::erase_if(forms, [&](const TableColumn& form) {
    return form.type == StoredType::Length ||
           listed_.contains(std::tuple(std::string(event), form.property, form.type, form.is_list));
  });
  if (listed_.size() + forms.size() > kMaxListedRare) forms.resize(kMaxListedRare - listed_.size());
  if (forms.empty()) return {};
  const std::vector<std::string> names = {"event", "property", "type", "is_list"};
  auto writer = TRY(store::Writer::open(connection, "tessera", "rare_property", names));
  for (TableColumn& form : forms) {
    writer.values<store::StoredText>(0)[0] = store::StoredText::of(event);
    writer.values<store::StoredText>(1)[0] = store::StoredText::of(form.property);
    writer.values<uint8_t>(2)[0] = static_cast<uint8_t>(form.type);
    writer.values<bool>(3)[0] = form.is_list;
    TRY(writer.put(1));
    listed_.emplace(event, form.property, form.type, form.is_list);
    form.name = kExtraColumn;
    rare_[std::string(event)].push_back(std::move(form));
  }
  return writer.finish();
}

Result<uint64_t> EventTables::drop(Connection& connection, std::string_view event) {
  rare_.erase(std::string(event));
  std::erase_if(listed_, [&](const auto& form) { return std::get<0>(form) == event; });
  TRY(connection.run("DELETE FROM tessera.rare_property WHERE event = ?", {event}));
  const EventTable* own = find(StreamName(event));
  if (!own) {
    if (!rare()) return 0;
    return connection.run(fmt::format("DELETE FROM main.{} WHERE {} = ?", quoted_name(rare()->name), kEventColumn),
                          {event});
  }
  const std::string table = own->name;
  const auto rows = TRY(connection.integer("SELECT count(*) FROM main." + quoted_name(table))).value_or(0);
  TRY(connection.run(fmt::format("DROP VIEW IF EXISTS main.{}", quoted_name("v_" + table))));
  TRY(connection.run(fmt::format("DROP TABLE main.{}", quoted_name(table))));
  TRY(connection.run("DELETE FROM tessera.property WHERE event = ?", {event}));
  TRY(connection.run("DELETE FROM tessera.catalogue WHERE table_name = 'main.' || ?", {std::string_view(table)}));
  std::erase(grown_, own->event);
  tables_.erase(tables_.begin() + (own - tables_.data()));
  has_new_ = true;
  return static_cast<uint64_t>(rows);
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
  if (tables_.empty()) {
    TRY(connection.run("DROP VIEW IF EXISTS main.events"));
    return {};
  }
  std::vector<std::string> all;
  for (const EventTable& table : tables_)
    all.push_back(fmt::format("SELECT {} AS event, profile, time, seq FROM main.{} t", table.event_sql("t"),
                              quoted_name(table.name)));
  TRY(connection.run("CREATE OR REPLACE VIEW main.events AS SELECT person.customer, e.event, e.time, e.seq FROM (" +
                     store::union_all(all) + ") e JOIN tessera.person ON person.profile = e.profile"));
  return {};
}

}  // namespace tessera::profiles

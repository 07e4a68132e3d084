#include "profiles/schema.hpp"

#include <algorithm>
#include <ranges>

#include "profiles/tables.hpp"

namespace tessera::profiles {

using store::Connection;
using store::quoted_name;

namespace {

Result<void> count(Connection& connection, EventListing& listing) {
  std::string sql = "SELECT count(*)::UBIGINT, min(time) FILTER (isfinite(time)), max(time) FILTER (isfinite(time))";
  const auto has_column = [](const PropertyListing& property) { return property.column != kExtraColumn; };
  for (const PropertyListing& property : listing.properties | std::views::filter(has_column))
    sql += fmt::format(", count({})::UBIGINT", quoted_name(property.column));
  auto answer = TRY(connection.query(sql + " FROM main." + quoted_name(listing.table)));
  const auto chunk = TRY(answer.next());
  if (!chunk) return {};
  listing.rows = chunk->column(0).values<uint64_t>()[0];
  if (!chunk->column(1).is_null(0)) {
    listing.from = store::instant_of_stored(chunk->column(1).values<int64_t>()[0]);
    listing.to = store::instant_of_stored(chunk->column(2).values<int64_t>()[0]);
  }
  size_t position = 3;
  for (PropertyListing& property : listing.properties | std::views::filter(has_column))
    property.values = chunk->column(position++).values<uint64_t>()[0];
  return {};
}

// Columns, or rare properties, without those that only say how long lists are.
void list_properties(const std::vector<TableColumn>& columns, EventListing& listing) {
  for (const TableColumn& column : columns)
    if (column.type != StoredType::Length)
      listing.properties.push_back({.property = column.property,
                                    .type = static_cast<PropertyType>(column.type),
                                    .is_list = column.is_list,
                                    .column = column.name,
                                    .property_class = column.property_class});
  std::ranges::sort(listing.properties, {},
                    [](const PropertyListing& p) { return std::tuple(p.property, p.is_list, p.type); });
}

Result<void> list_rare_events(Connection& connection, const EventTables& tables, std::vector<EventListing>& events) {
  const EventTable* shared = tables.rare();
  if (!shared) return {};
  auto answer = TRY(connection.query(
      fmt::format("SELECT {0}, count(*)::UBIGINT, min(time) FILTER (isfinite(time)), max(time) FILTER (isfinite(time)) "
                  "FROM main.{1} GROUP BY {0} ORDER BY count(*) DESC, {0} LIMIT {2}",
                  kEventColumn, quoted_name(shared->name), kMaxListedRare)));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      EventListing listing{.event = std::string(chunk->column(0).text(row)),
                           .table = shared->name,
                           .rows = chunk->column(1).values<uint64_t>()[row],
                           .properties = {},
                           .is_rare = true};
      if (!chunk->column(2).is_null(row)) {
        listing.from = store::instant_of_stored(chunk->column(2).values<int64_t>()[row]);
        listing.to = store::instant_of_stored(chunk->column(3).values<int64_t>()[row]);
      }
      list_properties(tables.rare_properties(listing.event), listing);
      events.push_back(std::move(listing));
    }
  return {};
}

}  // namespace

Result<std::vector<EventListing>> list_events(Connection& connection, Counting counting) {
  std::vector<EventListing> events;
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all()) {
    if (table.holds_rare_events()) continue;
    EventListing listing{.event = table.event, .table = table.name, .system = table.system, .properties = {}};
    list_properties(table.columns, listing);
    list_properties(tables.rare_properties(table.event), listing);
    if (counting == Counting::Yes) TRY(count(connection, listing));
    events.push_back(std::move(listing));
  }
  TRY(list_rare_events(connection, tables, events));
  std::ranges::sort(events, {}, &EventListing::event);
  return events;
}

Result<uint64_t> classify_property(store::Record& record, std::string_view property, std::string_view property_class) {
  return record.connection().run("UPDATE tessera.property SET class = nullif(?, '') WHERE property = ?",
                                 {property_class, property});
}

Json json_of(const std::vector<EventListing>& events) {
  constexpr const char* kTypes[] = {"", "bool", "number", "text"};
  Json all = Json::array();
  for (const EventListing& event : events) {
    Json properties = Json::array();
    for (const PropertyListing& p : event.properties) {
      Json property;
      property.set("property", p.property).set("type", kTypes[static_cast<size_t>(p.type)]).set("list", p.is_list);
      property.set("column", p.column).set("values", p.values);
      if (!p.property_class.empty()) property.set("class", p.property_class);
      properties.add(std::move(property));
    }
    Json listing;
    listing.set("event", event.event).set("table", event.table).set("rows", event.rows);
    if (event.is_rare) listing.set("rare", true);
    listing.set("from", event.from > event.to ? Json() : Json(text_of(event.from)));
    listing.set("to", event.from > event.to ? Json() : Json(text_of(event.to)))
        .set("properties", std::move(properties));
    all.add(std::move(listing));
  }
  return all;
}

}  // namespace tessera::profiles

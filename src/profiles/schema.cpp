#include "profiles/schema.hpp"

#include <algorithm>

#include "profiles/tables.hpp"

namespace tessera::profiles {

using store::Connection;
using store::quoted_name;

namespace {

Result<void> count(Connection& connection, EventListing& listing) {
  std::string sql = "SELECT count(*)::UBIGINT, min(time) FILTER (isfinite(time)), max(time) FILTER (isfinite(time))";
  for (const PropertyListing& property : listing.properties)
    sql += fmt::format(", count({})::UBIGINT", quoted_name(property.column));
  auto answer = TRY(connection.query(sql + " FROM main." + quoted_name(listing.table)));
  const auto chunk = TRY(answer.next());
  if (!chunk) return {};
  listing.rows = chunk->column(0).values<uint64_t>()[0];
  if (!chunk->column(1).is_null(0)) {
    listing.from = store::instant_of_stored(chunk->column(1).values<int64_t>()[0]);
    listing.to = store::instant_of_stored(chunk->column(2).values<int64_t>()[0]);
  }
  for (size_t p = 0; p < listing.properties.size(); ++p)
    listing.properties[p].values = chunk->column(3 + p).values<uint64_t>()[0];
  return {};
}

}  // namespace

Result<std::vector<EventListing>> list_events(Connection& connection, Counting counting) {
  std::vector<EventListing> events;
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all()) {
    EventListing listing{.event = table.event, .table = table.name, .system = table.system};
    for (const TableColumn& column : table.columns)
      if (column.type != StoredType::Length)
        listing.properties.push_back({.property = column.property,
                                      .type = static_cast<PropertyType>(column.type),
                                      .is_list = column.is_list,
                                      .column = column.name,
                                      .property_class = column.property_class});
    std::ranges::sort(listing.properties, {},
                      [](const PropertyListing& p) { return std::tuple(p.property, p.is_list, p.type); });
    if (counting == Counting::Yes) TRY(count(connection, listing));
    events.push_back(std::move(listing));
  }
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
    listing.set("from", event.from > event.to ? Json() : Json(text_of(event.from)));
    listing.set("to", event.from > event.to ? Json() : Json(text_of(event.to)))
        .set("properties", std::move(properties));
    all.add(std::move(listing));
  }
  return all;
}

}  // namespace tessera::profiles

#include "profiles/value_count.hpp"

#include <string>

#include <fmt/format.h>

namespace tessera::profiles {

Result<uint64_t> count_values(store::Connection& connection, const EventTables& tables, StreamName stream,
                              std::string_view property, PropertyType type, bool is_list) {
  const EventTable* const table = tables.find(stream);
  const TableColumn* const column =
      table ? table->column(std::string(property), static_cast<StoredType>(type), is_list) : nullptr;
  if (!column) return 0;
  const auto count = TRY(connection.integer(
      fmt::format("SELECT count({}) FROM main.{}", store::quoted_name(column->name), store::quoted_name(table->name))));
  return static_cast<uint64_t>(count.value_or(0));
}

}  // namespace tessera::profiles

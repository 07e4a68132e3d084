#include "profiles/value_count.hpp"

#include <string>

#include <fmt/format.h>

#include "core/number_in_text.hpp"
#include "core/stop.hpp"

namespace tessera::profiles {

namespace {

Result<uint64_t> count_but_numbers(store::Connection& connection, const std::string& texts) {
  auto answer = TRY(connection.stream(texts));
  uint64_t count = 0;
  while (const auto chunk = TRY(answer.next())) {
    TRY(go_on());
    const store::Vector values = chunk->column(0);
    for (size_t row = 0; row < chunk->rows(); ++row) count += !values.is_null(row) && !number_in_text(values.text(row));
  }
  return count;
}

}  // namespace

Result<uint64_t> count_values(store::Connection& connection, const EventTables& tables, StreamName stream,
                              std::string_view property, PropertyType type, bool is_list, Counted which) {
  const EventTable* const table = tables.find(stream);
  const TableColumn* const column =
      table ? table->column(std::string(property), static_cast<StoredType>(type), is_list) : nullptr;
  if (!column) return 0;
  const std::string name = store::quoted_name(column->name), from = "main." + store::quoted_name(table->name);
  if (which == Counted::ButNumbers)
    return count_but_numbers(connection,
                             fmt::format("SELECT {} FROM {}", is_list ? "unnest(" + name + ")" : name, from));
  const auto count = TRY(connection.integer(fmt::format("SELECT count({}) FROM {}", name, from)));
  return static_cast<uint64_t>(count.value_or(0));
}

}  // namespace tessera::profiles

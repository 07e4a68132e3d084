#include "profiles/currencies.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/stop.hpp"
#include "profiles/money_names.hpp"
#include "store/record_currency.hpp"

namespace tessera::profiles {

using store::Connection;
using store::quoted_name;

namespace {

// Whether a row may name a currency in `extra`: looked for before anything is read as JSON.
std::string mentions_currency() {
  return fmt::format("coalesce(contains({}, '\"{}\"'), false)", kExtraColumn, kCurrencyProperty);
}

// What an event of the table says its currency is, as SQL; empty: none of them ever said one.
std::string currency_sql(const EventTables& tables, const EventTable& table) {
  if (const TableColumn* column = table.column(kCurrencyProperty, StoredType::Text, false))
    return quoted_name(column->name);
  const auto& rare = tables.rare_properties(table.event);
  const bool is_rare = table.holds_rare_events() || std::ranges::any_of(rare, [](const TableColumn& form) {
                         return form.property == kCurrencyProperty && form.type == StoredType::Text && !form.is_list;
                       });
  if (!is_rare) return {};
  return fmt::format(
      "CASE WHEN NOT {2} THEN NULL WHEN json_valid({0}) AND json_type({0}, '$.{1}') = 'VARCHAR' THEN "
      "json_extract_string({0}, '$.{1}') END",
      kExtraColumn, kCurrencyProperty, mentions_currency());
}

// The first fact of a table that names a currency.
Result<void> find_first(Connection& connection, const EventTable& table, const std::string& currency, MoneyBook& book) {
  auto answer = TRY(connection.query(fmt::format(
      "SELECT seq, said FROM (SELECT seq, {} AS said FROM main.{}) WHERE regexp_matches(said, '[^\\s]') AND "
      "seq < {} ORDER BY seq LIMIT 1",
      currency, quoted_name(table.name), book.first_named)));
  const auto chunk = TRY(answer.next());
  if (!chunk || chunk->rows() == 0) return {};
  book.home = currency_named(chunk->column(1).text(0));
  book.first_named = chunk->column(0).values<Seq>()[0];
  return {};
}

}  // namespace

Result<MoneyBook> home_of(Connection& connection) {
  MoneyBook out;
  out.home = TRY(store::currency_set(connection));
  out.is_set = !out.home.empty();
  if (out.is_set) return out;
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all()) {
    const std::string currency = is_counted(table.system) ? currency_sql(tables, table) : "";
    if (!currency.empty()) TRY(find_first(connection, table, currency, out));
  }
  return out;
}

Result<MoneyBook> money_book(Connection& connection) {
  MoneyBook out = TRY(home_of(connection));
  if (!out.home.empty()) out.rates = std::make_shared<const Rates>(TRY(store::rates_of_record(connection)));
  return out;
}

Result<CurrenciesNamed> currencies_named(Connection& connection) {
  CurrenciesNamed out;
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all()) {
    const std::string currency = is_counted(table.system) ? currency_sql(tables, table) : "";
    if (currency.empty()) continue;
    TRY(go_on());
    const std::string event = table.holds_rare_events() ? std::string(kEventColumn) : store::quoted_text(table.event);
    const std::string rows = "main." + quoted_name(table.name);
    // Of tens of thousands of rare events, those that name one.
    const std::string where = table.holds_rare_events() ? fmt::format("WHERE {0} IN (SELECT {0} FROM {1} WHERE {2})",
                                                                      kEventColumn, rows, mentions_currency())
                                                        : std::string();
    auto answer = TRY(connection.stream(
        fmt::format("SELECT {}, {} AS said, count(*)::UBIGINT FROM {} {} GROUP BY ALL", event, currency, rows, where)));
    while (const auto chunk = TRY(answer.next()))
      for (size_t row = 0; row < chunk->rows(); ++row) {
        const std::string code = chunk->column(1).is_null(row) ? "" : currency_named(chunk->column(1).text(row));
        out[std::string(chunk->column(0).text(row))][code] += chunk->column(2).values<uint64_t>()[row];
      }
  }
  std::erase_if(out, [](const auto& of) { return of.second.size() == 1 && of.second.contains(""); });
  return out;
}

Result<uint64_t> count_unconverted(Connection& connection, const EventTables& tables, const AmountsOf& of,
                                   std::string_view currency, const MoneyBook& book) {
  const EventTable* const table = tables.find(of.stream);
  const TableColumn* const column =
      table ? table->column(of.property, static_cast<StoredType>(of.type), of.is_list) : nullptr;
  if (!column) return 0;
  std::string said = currency_sql(tables, *table);
  if (said.empty()) said = "NULL::VARCHAR";
  const std::string name = quoted_name(column->name);
  const std::string values = of.is_list ? fmt::format("sum(len({}))", name) : fmt::format("count({})", name);
  auto answer = TRY(connection.stream(fmt::format(
      "SELECT {} AS said, seq < {} AS is_early, CASE WHEN isfinite(time) THEN date_trunc('day', time)::TIMESTAMP_MS ELSE time END AS day, {}::UBIGINT FROM main.{} WHERE "
      "{} IS NOT NULL GROUP BY ALL",
      said, book.is_set ? 0 : book.first_named, values, quoted_name(table->name), name)));
  uint64_t out = 0;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      std::string own = chunk->column(0).is_null(row) ? "" : currency_named(chunk->column(0).text(row));
      if (own.empty() && chunk->column(1).values<bool>()[row]) continue;
      if (own.empty()) own = book.home;
      const Instant at = store::instant_of_stored(chunk->column(2).values<int64_t>()[row]);
      if (!book.rates->knows(own, book.resolved(currency), at)) out += chunk->column(3).values<uint64_t>()[row];
    }
  return out;
}

}  // namespace tessera::profiles

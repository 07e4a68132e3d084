// In which currencies the amounts of a record are: what its events say, asked of the record itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/result.hpp"
#include "profiles/money.hpp"
#include "profiles/tables.hpp"
#include "store/database.hpp"

namespace tessera::profiles {

// The record's currency alone, without rates. Reads one column of each table of events that name a currency, about 10 ms
// for a million rows.
Result<MoneyBook> home_of(store::Connection& connection);
// With the rates.
Result<MoneyBook> money_book(store::Connection& connection);

// By event: how many of them name which currency (currency_named); under "" those that name none. Of events that name
// one. Reads as much.
using CurrenciesNamed = std::map<std::string, std::map<std::string, uint64_t>>;
Result<CurrenciesNamed> currencies_named(store::Connection& connection);

// How many values of a property, in one type, cannot be converted to that currency: 0 where it has no such column.
struct AmountsOf {
  StreamName stream;
  std::string_view property;
  PropertyType type;
  bool is_list;
};
Result<uint64_t> count_unconverted(store::Connection& connection, const EventTables& tables, const AmountsOf& of,
                                   std::string_view currency, const MoneyBook& book);

}  // namespace tessera::profiles

#include "language/record_schema.hpp"

#include "profiles/currencies.hpp"
#include "profiles/schema.hpp"
#include "store/record_zone.hpp"

namespace tessera::language {

Result<Schema> schema_of_record(store::Connection& connection) {
  Schema out = schema_of(TRY(profiles::list_events(connection, profiles::Counting::No)));
  out.zone = TRY(store::zone_of_record(connection));
  const profiles::MoneyBook book = TRY(profiles::home_of(connection));
  out.currency = book.home;
  out.currency_is_set = book.is_set;
  for (auto& [event, named] : TRY(profiles::currencies_named(connection)))
    if (const auto known = out.events.find(event); known != out.events.end())
      known->second.currencies = std::move(named);
  return out;
}

}  // namespace tessera::language

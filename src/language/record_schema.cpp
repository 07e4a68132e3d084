#include "language/record_schema.hpp"

#include <set>

#include "profiles/currencies.hpp"
#include "profiles/schema.hpp"
#include "store/record_currency.hpp"
#include "store/record_zone.hpp"

namespace tessera::language {

Result<Schema> schema_of_record(store::Connection& connection) {
  Schema out = schema_of(TRY(profiles::list_events(connection, profiles::Counting::No)));
  out.zone = TRY(store::zone_of_record(connection));
  profiles::CurrenciesNamed named = TRY(profiles::currencies_named(connection));
  std::set<std::string> codes;
  for (auto& [event, of] : named) {
    for (const auto& [code, count] : of)
      if (!code.empty()) codes.insert(code);
    if (const auto known = out.events.find(event); known != out.events.end()) known->second.currencies = std::move(of);
  }
  out.currency = TRY(store::currency_set(connection));
  out.currency_is_set = !out.currency.empty();
  // Which of several came first takes another look.
  if (!out.currency_is_set && codes.size() == 1) out.currency = *codes.begin();
  if (!out.currency_is_set && codes.size() > 1) out.currency = TRY(profiles::home_of(connection)).home;
  return out;
}

}  // namespace tessera::language

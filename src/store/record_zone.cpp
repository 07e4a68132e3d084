#include "store/record_zone.hpp"

#include <fmt/format.h>

#include "store/restate.hpp"

namespace tessera::store {

Result<std::string> zone_of_record(Connection& connection) {
  return TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'zone'")).value_or("");
}

Result<void> set_zone(Record& record, const Zone& zone, Instant now) {
  Connection& connection = record.connection();
  const std::string before = TRY(zone_of_record(connection));
  if ((before.empty() ? "UTC" : before) == zone.name()) return {};
  auto transaction = TRY(Transaction::begin(connection));
  TRY(connection.run("DELETE FROM tessera.meta WHERE key = 'zone'"));
  TRY(connection.run("INSERT INTO tessera.meta VALUES ('zone', ?)", {std::string_view(zone.name())}));
  TRY(note_to_restate(connection, now));
  TRY(record.audit(now, "cli", "zone", zone.name()));
  return transaction.commit();
}

}  // namespace tessera::store

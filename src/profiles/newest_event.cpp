#include "profiles/newest_event.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/stop.hpp"
#include "profiles/tables.hpp"

namespace tessera::profiles {

namespace {

// kEver where no row has a time.
Result<Instant> newest_in(store::Connection& connection, const std::string& question,
                          std::initializer_list<store::Value> values) {
  auto answer = TRY(connection.query(question, values));
  const auto chunk = TRY(answer.next());
  if (!chunk || chunk->rows() == 0 || chunk->column(0).is_null(0)) return kEver;
  return store::instant_of_stored(chunk->column(0).values<int64_t>()[0]);
}

Result<uint64_t> visible_until(store::Connection& connection, Instant known_at) {
  if (known_at == kNever) return kAllSeqs;
  return static_cast<uint64_t>(
      TRY(connection.integer("SELECT coalesce(max(until_seq), 0)::BIGINT FROM tessera.learnt_until WHERE learnt <= ?",
                             {known_at}))
          .value_or(0));
}

}  // namespace

Result<std::optional<Instant>> newest_event(store::Connection& connection, Instant until, Instant known_at) {
  const uint64_t visible = TRY(visible_until(connection, known_at));
  const EventTables tables = TRY(EventTables::read(connection));
  Instant newest = kEver;
  for (const EventTable& table : tables.all()) {
    if (!is_counted(table.system)) continue;
    TRY(go_on());
    const std::string all = "SELECT max(time) FROM main." + store::quoted_name(table.name);
    Instant own = TRY(newest_in(connection, all, {}));
    if (own <= newest) continue;
    if (own > until || visible != kAllSeqs)
      own = TRY(newest_in(connection, all + " WHERE time <= ? AND seq < ?", {until, visible}));
    newest = std::max(newest, own);
  }
  return newest == kEver ? std::nullopt : std::optional(newest);
}

}  // namespace tessera::profiles

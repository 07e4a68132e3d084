#include "profiles/set_back.hpp"

#include "profiles/tables.hpp"

namespace tessera::profiles {

namespace {

// Instants at which something was learnt; ? is the instant they are set back to.
constexpr const char* kLearnt[] = {"tessera.entry", "tessera.learnt", "tessera.applied", "tessera.ruling"};

Result<uint64_t> set_back_events(store::Connection& connection, Instant to, Instant newest) {
  // Facts are numbered in the order in which they were learnt.
  const auto first = TRY(connection.integer(
      "SELECT coalesce(max(until_seq), 0)::BIGINT FROM tessera.learnt_until WHERE learnt <= ?", {to}));
  uint64_t events = 0;
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all())
    events += TRY(connection.run(fmt::format("UPDATE main.{} SET time = ? WHERE time > ? AND time <= ? AND seq >= ?",
                                             store::quoted_name(table.name)),
                                 {to, to, newest, first.value_or(0)}));
  return events;
}

}  // namespace

Result<SetBack> set_back(store::Record& record, Instant to, Instant now) {
  store::Connection& connection = record.connection();
  const auto rows = TRY(connection.rows(
      "SELECT epoch_ms(max(learnt)) FROM (SELECT learnt FROM tessera.entry UNION ALL SELECT learnt FROM tessera.applied)"));
  SetBack out;
  if (!rows.empty() && rows[0][0]) out.newest.ms = std::stoll(*rows[0][0]);
  if (rows.empty() || !rows[0][0] || out.newest <= to)
    return fail(fmt::format("the record is not ahead of {}", text_of(to)), record.path(),
                try_command("doctor").note("says how it is"));
  auto transaction = TRY(store::Transaction::begin(connection));
  out.events = TRY(set_back_events(connection, to, out.newest));
  for (const char* table : kLearnt) {
    const uint64_t changed =
        TRY(connection.run(fmt::format("UPDATE {} SET learnt = ? WHERE learnt > ?", table), {to, to}));
    if (std::string_view(table) == "tessera.entry") out.entries = changed;
  }
  out.changes = TRY(connection.run(
      "UPDATE tessera.change SET happened = least(happened, ?), learnt = ? WHERE learnt > ?", {to, to, to}));
  // When sources sent last, and what was believed of the clock, was of that time too. 'restate': live/recorder.hpp.
  TRY(connection.run("DELETE FROM tessera.meta WHERE key IN ('clock', 'sources', 'restate')"));
  TRY(connection.run("INSERT INTO tessera.meta VALUES ('restate', ?)", {std::string_view(text_of(to))}));
  TRY(record.audit(now, "cli", "time set back", fmt::format("from {} to {}", text_of(out.newest), text_of(to))));
  TRY(transaction.commit());
  return out;
}

}  // namespace tessera::profiles

#include "workspace/facts.hpp"

#include <charconv>

#include "profiles/tables.hpp"

namespace tessera::workspace {

namespace {

// What a row says, without what it does not say.
Json said_in(const std::string& row) {
  Json out = Json::object();
  const auto read = parse_json(row);
  const Json::Object* members = read ? read->as_object() : nullptr;
  for (const auto& [name, value] : members ? *members : Json::Object{})
    if (!value.is_null() && name != "customer" && name != "time" && name != "seq" && name != "extra")
      out.set(name, value);
  if (const Json* extra = read ? read->find("extra") : nullptr; extra && !extra->is_null()) {
    const auto more = extra->as_text() ? parse_json(*extra->as_text()) : Result<Json>(*extra);
    if (const Json::Object* kept = more ? more->as_object() : nullptr)
      for (const auto& [name, value] : *kept) out.set(name, value);
  }
  return out;
}

// "TIME-SEQ", as `next` says it.
Result<std::pair<int64_t, uint64_t>> place_of(const std::string& text) {
  if (text.empty()) return std::pair{INT64_MAX, uint64_t{UINT32_MAX}};
  const size_t dash = text.rfind('-');
  std::pair<int64_t, uint64_t> out;
  const bool is_fine =
      dash != std::string::npos && dash > 0 &&
      std::from_chars(text.data(), text.data() + dash, out.first).ptr == text.data() + dash &&
      std::from_chars(text.data() + dash + 1, text.data() + text.size(), out.second).ptr == text.data() + text.size();
  if (!is_fine)
    return usage("'before' is what the page before said as 'next'", "leave it out to begin with the newest");
  return out;
}

}  // namespace

Result<FactsPage> facts_of(store::Connection& connection, std::string_view customer, const FactsWish& wish) {
  const auto place = TRY(place_of(wish.before));
  const auto tables = TRY(profiles::EventTables::read(connection));
  FactsPage out;
  if (tables.all().empty()) return out;
  std::vector<std::string> all;
  for (const auto& table : tables.all())
    all.push_back(fmt::format(
        "SELECT t.seq, CASE WHEN isfinite(t.time) THEN epoch_ms(t.time) ELSE -9e18::BIGINT END AS "
        "ms, {} AS event, {}::VARCHAR AS said FROM main.{} t WHERE t.profile IN "
        "(SELECT profile FROM temp.whose)",
        table.event_sql("t"),
        // Of a rare event all that it says is in `extra`.
        table.holds_rare_events() ? "json_object('extra', t.extra)" : "to_json(t)", store::quoted_name(table.name)));
  TRY(connection.run("CREATE TEMP TABLE whose(profile UINTEGER)"));
  TRY(connection.run("INSERT INTO temp.whose SELECT profile FROM tessera.person WHERE customer = ?", {customer}));
  const int64_t as_of = wish.as_of == kNever ? INT64_MAX : wish.as_of.ms;
  const auto rows = TRY(connection.rows(
      fmt::format("SELECT seq, ms, event, said FROM ({}) WHERE ms <= ? AND (ms < ? OR (ms = ? AND seq < ?)) AND seq < "
                  "(SELECT coalesce(max(until_seq), 0) FROM tessera.learnt_until WHERE learnt <= ?) "
                  "ORDER BY ms DESC, seq DESC LIMIT ?",
                  store::union_all(all)),
      {as_of, place.first, place.first, place.second, wish.known_at, static_cast<int64_t>(wish.limit + 1)}));
  for (size_t i = 0; i < std::min(rows.size(), wish.limit); ++i) {
    const auto& row = rows[i];
    const int64_t ms = std::atoll(row[1].value_or("0").c_str());
    Json said = said_in(row[3].value_or("{}"));
    if (Json::Object* members = said.as_object())
      std::erase_if(*members,
                    [](const auto& member) { return member.first == "profile" || member.first == "fingerprint"; });
    const bool has_time = ms > kEver.ms && ms >= -4e17;
    out.facts.push_back({row[2].value_or(""), has_time ? std::optional(Instant{ms}) : std::nullopt, std::move(said)});
  }
  if (rows.size() > wish.limit) {
    const auto& last = rows[wish.limit - 1];
    out.next = fmt::format("{}-{}", *last[1], *last[0]);
  }
  return out;
}

}  // namespace tessera::workspace

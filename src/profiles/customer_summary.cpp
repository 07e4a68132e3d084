#include "profiles/customer_summary.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "profiles/people.hpp"
#include "profiles/rulings.hpp"
#include "profiles/tables.hpp"

namespace tessera::profiles {

using store::Connection;

namespace {

// "p-" and 8 hexadecimal digits, as reports and letters show customers.
bool is_report_pseudonym(std::string_view id) {
  return id.size() == 10 && id.starts_with("p-") &&
         id.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

// Of all customers the one that is shown so. O(customers).
Result<std::optional<std::string>> behind(Connection& connection, const std::string& key, std::string_view pseudonym) {
  auto answer = TRY(connection.stream("SELECT DISTINCT customer FROM tessera.person"));
  std::optional<std::string> found;
  bool are_two = false;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const std::string_view customer = chunk->column(0).text(row);
      if (report_pseudonym(key, customer) != pseudonym) continue;
      are_two |= found.has_value();
      found = std::string(customer);
    }
  if (are_two)
    return fail(fmt::format("two customers are shown as '{}'", pseudonym), {}, "give another identifier of theirs");
  return found;
}

Result<std::optional<std::string>> public_id(Connection& connection, const std::string& key, std::string_view id) {
  auto who = identifier_of(id);
  if (!who) who = TRY(find_identifier(connection, id));
  if (!who && is_report_pseudonym(id)) return behind(connection, key, id);
  if (!who) return std::nullopt;
  return TRY(
      connection.text("SELECT customer FROM tessera.person JOIN tessera.identity USING (profile) WHERE kind = ? "
                      "AND value = ?",
                      {uint64_t{static_cast<uint8_t>(who->kind)}, std::string_view(who->value)}));
}

Result<void> read_identifiers(Connection& connection, Acquaintance& out) {
  for (const auto& row :
       TRY(connection.rows("SELECT kind, value FROM tessera.person JOIN tessera.identity USING (profile) WHERE "
                           "customer = ? ORDER BY kind, value",
                           {std::string_view(out.customer)})))
    out.known_by[static_cast<IdentifierKind>(std::stoi(row[0].value_or("1")))].push_back(row[1].value_or(""));
  return {};
}

Result<void> read_events(Connection& connection, Instant as_of, Instant known_at, Acquaintance& out) {
  const EventTables tables = TRY(EventTables::read(connection));
  std::vector<std::string> all;
  for (const EventTable& table : tables.all())
    if (is_counted(table.system))
      all.push_back(fmt::format("SELECT {} AS event, profile, time, seq FROM main.{} t", table.event_sql("t"),
                                store::quoted_name(table.name)));
  if (all.empty()) return {};
  // kNever is beyond DuckDB's last instant.
  const int64_t until = as_of >= kNever ? INT64_MAX : as_of.ms;
  const auto rows = TRY(connection.rows(
      fmt::format("SELECT event, count(*), min(epoch_ms(time)) FILTER (isfinite(time)), max(epoch_ms(time)) FILTER "
                  "(isfinite(time)) FROM ({}) WHERE profile IN (SELECT profile FROM tessera.person WHERE customer = ?) "
                  "AND (NOT isfinite(time) OR epoch_ms(time) <= ?) AND seq < (SELECT coalesce(max(until_seq), 0) FROM "
                  "tessera.learnt_until WHERE learnt <= ?) GROUP BY event ORDER BY event",
                  store::union_all(all)),
      {std::string_view(out.customer), until, known_at}));
  for (const auto& row : rows) {
    out.events[row[0].value_or("")] = std::stoull(row[1].value_or("0"));
    if (!row[2]) continue;
    const Instant first{std::stoll(*row[2])}, last{std::stoll(*row[3])};
    out.first = std::min(out.first.value_or(first), first);
    if (!out.last || last > *out.last) out.last = last, out.last_event = row[0].value_or("");
  }
  return {};
}

}  // namespace

Result<std::optional<Acquaintance>> acquaintance(Connection& connection, const std::string& key, std::string_view id,
                                                 Instant as_of, Instant known_at) {
  const auto customer = TRY(public_id(connection, key, id));
  if (!customer) return std::nullopt;
  Acquaintance out{.customer = *customer, .known_by = {}, .events = {}, .first = {}, .last = {}, .last_event = {}};
  TRY(read_identifiers(connection, out));
  TRY(read_events(connection, as_of, known_at, out));
  return out;
}

Result<Error> nobody(Connection& connection, std::string_view id) {
  std::vector<std::string> known;
  for (const auto& row : TRY(connection.rows("SELECT DISTINCT customer FROM tessera.person ORDER BY customer")))
    known.push_back(row[0].value_or(""));
  const auto near = nearest_name(id, known);
  return Error{
      .message =
          fmt::format("no customer '{}' in the record{}", id, near ? fmt::format("; did you mean '{}'?", *near) : ""),
      .place = {},
      .remedy = "give any identifier of theirs, or one with its kind: user_id:u1, email:a@b.com, anonymous_id:x"};
}

std::string kinds_text(const Acquaintance& acquaintance) {
  std::vector<std::string> words;
  for (const auto& [kind, values] : acquaintance.known_by)
    words.push_back(fmt::format("{} {}{}", values.size(), name_of(kind), values.size() == 1 ? "" : "s"));
  return join(words, ", ");
}

Json to_json(const Acquaintance& acquaintance, bool identified) {
  Json known_by = Json::object(), events = Json::object();
  for (const auto& [kind, values] : acquaintance.known_by) {
    Json shown = Json::array();
    for (const std::string& value : values) shown.add(value);
    known_by.set(std::string(name_of(kind)), identified ? std::move(shown) : Json(uint64_t{values.size()}));
  }
  for (const auto& [event, count] : acquaintance.events) events.set(event, count);
  return Json::object()
      .set("customer", acquaintance.customer)
      .set("identifiers", std::move(known_by))
      .set("events", std::move(events))
      .set("first_event", acquaintance.first ? Json(text_of(*acquaintance.first)) : Json())
      .set("last_event", acquaintance.last ? Json(text_of(*acquaintance.last)) : Json());
}

}  // namespace tessera::profiles

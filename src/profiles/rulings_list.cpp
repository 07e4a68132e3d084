// Rulings as the record has them, for people to read.
#include "profiles/identifier_rules.hpp"
#include "profiles/rulings.hpp"
#include "profiles/tables.hpp"

namespace tessera::profiles {

using store::Connection;

namespace {

// seq, kind, customer, other, value, given, reason, made_by of rulings on customers; empty where there are none.
Result<std::string> on_customers(Connection& connection) {
  const EventTables tables = TRY(EventTables::read(connection));
  const EventTable* table = tables.find(SystemStream::Ruling);
  if (!table) return std::string();
  const auto column = [&](std::string_view property, StoredType type, std::string_view otherwise) {
    const TableColumn* found = table->column(property, type, false);
    return found ? store::quoted_name(found->name) : std::string(otherwise);
  };
  const std::string mark = column(kMarked, StoredType::Text, "NULL::VARCHAR"),
                    given = column(kProfiling, StoredType::Bool, "NULL::BOOLEAN");
  return fmt::format(
      "SELECT seq, time, CASE WHEN {0} IS NOT NULL THEN 3 WHEN {1} IS NOT NULL THEN 5 ELSE 4 END AS kind, customer, "
      "NULL::VARCHAR AS other, coalesce({0}, CASE WHEN {1} THEN 'profiling given' WHEN NOT {1} THEN 'profiling "
      "refused' "
      "END) AS value, {2} AS reason, {3} AS made_by FROM main.{4} JOIN tessera.person USING (profile)",
      mark, given, column(kMarkedReason, StoredType::Text, "NULL::VARCHAR"),
      column(kRuledBy, StoredType::Text, "NULL::VARCHAR"), store::quoted_name(table->name));
}

std::string on_pairs() {
  return fmt::format(
      "SELECT k.seq, NULL AS time, CASE WHEN joins THEN 1 ELSE 2 END AS kind, {} AS customer, {} AS other, NULL AS value, "
      "k.reason, 'a person' AS made_by FROM tessera.link k JOIN tessera.identity a ON a.profile = k.a JOIN "
      "tessera.identity b ON b.profile = k.b WHERE k.reason <> 'came together'",
      shown_sql("a"), shown_sql("b"));
}

constexpr std::string_view kOnValues =
    "SELECT seq, NULL AS time, kind, NULL AS customer, NULL AS other, CASE WHEN kind IN (6, 7, 8) THEN ['', 'user_id', "
    "'email', 'phone', 'anonymous_id'][identifier + 1] || ':' || value WHEN purpose IS NULL THEN value ELSE value || "
    "': "
    "' || purpose END AS value, reason, made_by FROM tessera.ruling";

}  // namespace

Result<Json> list_rulings(Connection& connection, std::optional<RulingKind> kind, size_t limit, size_t skip) {
  std::vector<std::string> all = {on_pairs(), std::string(kOnValues)};
  if (std::string customers = TRY(on_customers(connection)); !customers.empty()) all.push_back(std::move(customers));
  const auto rows = TRY(connection.rows(
      fmt::format(
          "SELECT r.kind, r.customer, r.other, r.value, r.reason, r.made_by, strftime(l.learnt, "
          "'%Y-%m-%dT%H:%M:%S.%gZ') FROM ({}) r ASOF JOIN tessera.learnt_until l ON r.seq < l.until_seq WHERE ? "
          "= 0 OR r.kind = ? ORDER BY r.seq DESC LIMIT ? OFFSET ?",
          store::union_all(all)),
      {int64_t{kind ? static_cast<int>(*kind) : 0}, int64_t{kind ? static_cast<int>(*kind) : 0},
       static_cast<int64_t>(limit), static_cast<int64_t>(skip)}));
  Json items = Json::array();
  for (const auto& row : rows) {
    Json one = Json::object();
    one.set("ruling", name_of(static_cast<RulingKind>(std::stoi(row[0].value_or("0")))));
    constexpr std::string_view kNames[] = {"customer", "other", "value", "reason", "by", "learnt"};
    for (size_t i = 0; i < std::size(kNames); ++i)
      if (row[i + 1]) one.set(std::string(kNames[i]), *row[i + 1]);
    items.add(std::move(one));
  }
  return Json::object().set("rulings", std::move(items));
}

Result<std::vector<std::vector<std::optional<std::string>>>> list_marked(Connection& connection, size_t limit) {
  const std::string all = TRY(on_customers(connection));
  if (all.empty()) return std::vector<std::vector<std::optional<std::string>>>{};
  // The last word on each, of marks and of profiling apart.
  return connection.rows(
      fmt::format("SELECT customer, value, reason, made_by, CASE WHEN isfinite(time) THEN strftime(time, "
                  "'%Y-%m-%dT%H:%M:%SZ') ELSE 'ever' END FROM (SELECT * FROM ({}) QUALIFY row_number() OVER (PARTITION "
                  "BY customer, kind = 5 ORDER BY time DESC, seq DESC) = 1) WHERE kind = 3 OR value = 'profiling "
                  "refused' ORDER BY customer LIMIT ?",
                  all),
      {static_cast<int64_t>(limit)});
}

}  // namespace tessera::profiles

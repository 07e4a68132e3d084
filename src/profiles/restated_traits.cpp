#include "profiles/restated_traits.hpp"

#include <algorithm>
#include <map>
#include <span>

#include <fmt/format.h>

#include "core/json.hpp"

namespace tessera::profiles {

namespace {

using store::quoted_name;
using store::quoted_text;

constexpr size_t kTraitsAtOnce = 4;  // in one pass over the rows: about 100 bytes a customer and trait

// A trait and its columns: none where it only ever was in `extra`.
struct TraitColumns {
  std::string property;
  std::vector<const TableColumn*> columns;
};

// Those that have a column, and those that the rows in question say in `extra`.
Result<std::vector<TraitColumns>> traits_of(store::Connection& connection, const EventTable& table) {
  std::map<std::string, TraitColumns> by_name;
  const auto rare = TRY(connection.rows(
      fmt::format("SELECT DISTINCT unnest(json_keys(extra)) FROM main.{} WHERE fingerprint IN (SELECT fingerprint FROM "
                  "temp.again_row) AND json_valid(extra)",
                  quoted_name(table.name))));
  for (const auto& row : rare) by_name[row[0].value_or("")].property = row[0].value_or("");
  for (const TableColumn& column : table.columns) {
    if (column.type == StoredType::Length) continue;
    TraitColumns& trait = by_name[column.property];
    trait.property = column.property;
    trait.columns.push_back(&column);
  }
  std::vector<TraitColumns> traits;
  for (auto& [name, trait] : by_name) traits.push_back(std::move(trait));
  return traits;
}

// The member of `extra` with that name, by JSON pointer.
std::string in_extra(std::string_view property) {
  std::string pointer = "/";
  for (const char c : property) pointer += c == '~' ? std::string("~0") : c == '/' ? "~1" : std::string(1, c);
  return fmt::format("json_extract(extra, {})", quoted_text(pointer));
}

// Whether the row says something of a name that the trait lies under (addr of addr.city): it is cleared with it.
std::string is_cleared_above(const TraitColumns& trait) {
  std::string out = "false";
  for (size_t dot = trait.property.find('.'); dot != std::string::npos; dot = trait.property.find('.', dot + 1))
    out += fmt::format(" OR {} IS NOT NULL", in_extra(trait.property.substr(0, dot)));
  return "(" + out + ")";
}

// What the row says of the trait, as a hash (with the column, since 5 and '5' are two); NULL where it says nothing.
std::string value_of(const TraitColumns& trait) {
  std::string out = "CASE";
  for (size_t c = 0; c < trait.columns.size(); ++c)
    out += fmt::format(" WHEN {0} IS NOT NULL THEN hash({1}, {0})", quoted_name(trait.columns[c]->name), c);
  const std::string extra = in_extra(trait.property);
  return fmt::format(
      "{0} WHEN {1} IS NOT NULL THEN hash('extra', {1}::VARCHAR) WHEN {2} THEN hash('extra', 'null') END", out, extra,
      is_cleared_above(trait));
}

// temp.again_row(who, fingerprint, place, again): the untimed rows of customers whose last words may be others, each
// at the place where it is and, the repeated ones, at that where it came again. Nobody's are where the repeated rows
// are the last ones already.
std::string rows_statement(const std::string& table, Seq first_seq) {
  return fmt::format(
      "CREATE TEMP TABLE again_row AS "
      "WITH repeats AS (SELECT fingerprint, max(place) AS place FROM temp.incoming_again GROUP BY ALL), "
      "untimed AS MATERIALIZED (SELECT coalesce(s.leader, t.profile) AS who, t.seq, t.fingerprint, "
      " CASE WHEN t.seq < {first} THEN r.place END AS place "
      " FROM main.{table} t LEFT JOIN tessera.stitched s ON s.profile = t.profile "
      " LEFT JOIN repeats r ON r.fingerprint = t.fingerprint WHERE t.time = '-infinity'), "
      "open AS MATERIALIZED (SELECT who FROM untimed GROUP BY who HAVING count(place) > 1 OR "
      " max(seq) FILTER (place IS NULL) > min(seq) FILTER (place IS NOT NULL)) "
      "SELECT who, fingerprint, seq::UBIGINT * 4294967296 + 4294967295 AS place, false AS again "
      " FROM untimed WHERE who IN (FROM open) "
      "UNION ALL SELECT who, fingerprint, place, true FROM untimed WHERE place IS NOT NULL AND who IN (FROM open)",
      fmt::arg("table", table), fmt::arg("first", first_seq));
}

// Adds to temp.said_again(fingerprint, trait): which of the traits [from, to) is to be said again by which row.
std::string find_statement(const std::string& table, std::span<const TraitColumns> traits, size_t from, size_t to) {
  std::string values, folds, winners;
  for (size_t i = from; i < to; ++i) {
    values += fmt::format(", {} AS v{}", value_of(traits[i]), i);
    // As it is; as it were with the repeats; and the repeat whose word that would be (0: none).
    folds += fmt::format(
        "{0}arg_max(v{1}, place) FILTER (NOT again) AS now{1}, arg_max(v{1}, place) AS then{1}, "
        "arg_max(CASE WHEN again THEN fingerprint ELSE 0 END, place) FILTER (v{1} IS NOT NULL) AS by{1}",
        i == from ? "" : ", ", i);
    winners += fmt::format(
        "{0}CASE WHEN by{1} <> 0 AND then{1} IS DISTINCT FROM now{1} THEN {{fingerprint: by{1}, trait: {1}}} END",
        i == from ? "" : ", ", i);
  }
  return fmt::format(
      "INSERT INTO temp.said_again "
      "WITH folded AS (SELECT {folds} FROM (SELECT a.*{values} FROM temp.again_row a JOIN main.{table} "
      " USING (fingerprint)) GROUP BY who), "
      "winners AS (SELECT unnest([{winners}]) AS winner FROM folded) "
      "SELECT winner.fingerprint, winner.trait FROM winners WHERE winner IS NOT NULL",
      fmt::arg("table", table), fmt::arg("values", values), fmt::arg("folds", folds), fmt::arg("winners", winners));
}

bool covers(std::string_view prefix, std::string_view property) {
  return property.starts_with(prefix) && (property.size() == prefix.size() || property[prefix.size()] == '.');
}

// The rows again, each with the traits alone on which it has the word.
std::string write_statement(const std::string& table, const EventTable& events, const std::vector<TraitColumns>& traits,
                            Seq until) {
  std::string columns, extras;
  for (const TableColumn& column : events.columns) {
    // A list's number of elements goes with any list under its name.
    std::string wanted;
    for (size_t i = 0; i < traits.size(); ++i) {
      const bool is_its = column.type == StoredType::Length ? covers(column.property, traits[i].property)
                                                            : column.property == traits[i].property;
      if (is_its) wanted += fmt::format("{}list_contains(traits, {})", wanted.empty() ? "" : " OR ", i);
    }
    if (wanted.empty()) wanted = "false";
    columns += fmt::format(", CASE WHEN {0} THEN {1} END AS {1}", wanted, quoted_name(column.name));
  }
  for (size_t i = 0; i < traits.size(); ++i) {
    const std::string own = in_extra(traits[i].property);
    extras += fmt::format(
        ", CASE WHEN list_contains(traits, {}) THEN {} || CASE WHEN {} IS NOT NULL THEN {}::VARCHAR WHEN {} THEN 'null' "
        "END END",
        i, quoted_text(quoted_json(traits[i].property) + ":"), own, own, is_cleared_above(traits[i]));
  }
  // Each is a fact of its own: the fingerprint of the row and its new seq.
  return fmt::format(
      "INSERT INTO main.{table} BY NAME "
      "WITH again AS (SELECT fingerprint, list(trait) AS traits FROM temp.said_again GROUP BY ALL), "
      "places AS (SELECT fingerprint, max(place) AS place FROM temp.incoming_again GROUP BY ALL), "
      "numbered AS (SELECT fingerprint, traits, ({until} + row_number() OVER (ORDER BY place) - 1)::UINTEGER AS "
      "new_seq "
      " FROM again JOIN places USING (fingerprint)) "
      "SELECT new_seq AS seq, profile, time, hash(fingerprint, new_seq) AS fingerprint, "
      "nullif('{{' || concat_ws(','{extras}) || '}}', '{{}}') AS extra{columns} "
      "FROM main.{table} JOIN numbered USING (fingerprint) ORDER BY new_seq",
      fmt::arg("table", table), fmt::arg("until", until), fmt::arg("extras", extras), fmt::arg("columns", columns));
}

}  // namespace

Result<uint64_t> say_again(store::Connection& connection, const EventTable& table, Seq first_seq, Seq until) {
  const std::string name = quoted_name(table.name);
  TRY(connection.run(rows_statement(name, first_seq)));
  const std::vector<TraitColumns> traits = TRY(traits_of(connection, table));
  TRY(connection.run("CREATE TEMP TABLE said_again(fingerprint UBIGINT, trait INTEGER)"));
  uint64_t written = 0;
  if (TRY(connection.integer("SELECT count(*) FROM temp.again_row")).value_or(0) > 0) {
    for (size_t from = 0; from < traits.size(); from += kTraitsAtOnce) {
      const size_t to = std::min(traits.size(), from + kTraitsAtOnce);
      TRY(connection.run(find_statement(name, traits, from, to)));
    }
    written = TRY(connection.run(write_statement(name, table, traits, until)));
  }
  TRY(connection.run("DROP TABLE temp.said_again; DROP TABLE temp.again_row"));
  return written;
}

}  // namespace tessera::profiles

#include "profiles/doctor.hpp"

#include <sys/statvfs.h>

#include "core/phone.hpp"
#include "core/remedy_json.hpp"
#include "profiles/message_prints.hpp"
#include "profiles/people.hpp"
#include "profiles/ruling.hpp"
#include "profiles/tables.hpp"
#include "store/audit_log.hpp"
#include "store/keystore_moves.hpp"

namespace tessera::profiles {

using store::Connection;
using store::quoted_name;
using store::quoted_text;

namespace {

namespace fs = std::filesystem;

// A check that is one number: how many things are wrong. {} in `found` is that number.
struct CountingCheck {
  const char* check;
  const char* sql;
  const char* found;
  Severity severity = Severity::Problem;
};

constexpr CountingCheck kChecks[] = {
    {"every table of the catalogue exists",
     "SELECT count(*) FROM tessera.catalogue c WHERE NOT EXISTS (SELECT 1 FROM duckdb_tables() t "
     "WHERE t.database_name = current_database() AND t.schema_name || '.' || t.table_name = c.table_name)",
     "{} tables are missing"},
    {"every table is in the catalogue, so that erasure reaches it",
     "SELECT count(*) FROM duckdb_tables() t WHERE NOT internal AND database_name = current_database() AND NOT "
     "temporary "
     "AND t.schema_name || '.' || t.table_name NOT IN (SELECT table_name FROM tessera.catalogue)",
     "{} tables are not Tessera's: what they hold about people is not erased with them", Severity::Notice},
    {"every property has its column",
     "SELECT count(*) FROM tessera.property p JOIN tessera.catalogue c ON c.event = p.event WHERE NOT EXISTS (SELECT 1 "
     "FROM "
     "duckdb_columns() d WHERE d.database_name = current_database() AND d.schema_name || '.' || d.table_name = "
     "c.table_name "
     "AND d.column_name = p.column_name AND d.data_type = "
     "['BOOLEAN', 'DECIMAL(18,6)', 'VARCHAR', 'UINTEGER'][p.type] || CASE WHEN p.is_list THEN '[]' ELSE '' END)",
     "{} properties have no column of their type"},
    {"entries are numbered without gaps",
     "SELECT count(*) FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM tessera.entry) WHERE id <> place",
     "{} entries have the wrong number"},
    {"entries follow each other in seq and time",
     "SELECT count(*) FROM (SELECT first_seq, until_seq, learnt, lag(until_seq, 1, 0) OVER (ORDER BY id) AS before, "
     "lag(learnt) OVER (ORDER BY id) AS earlier FROM tessera.entry) "
     "WHERE first_seq <> before OR until_seq < first_seq OR learnt < earlier",
     "{} entries do not begin where the one before ends"},
    {"identifiers are numbered without gaps",
     "SELECT count(*) FROM (SELECT profile, row_number() OVER (ORDER BY profile) - 1 AS place FROM tessera.identity) "
     "WHERE profile <> place",
     "{} identifiers have the wrong number"},
    {"every identifier is there once", "SELECT count(*) - count(DISTINCT (kind, value)) FROM tessera.identity",
     "{} identifiers are there more than once"},
    {"links are between known identifiers",
     "SELECT count(*) FROM tessera.link WHERE a NOT IN (SELECT profile FROM tessera.identity) "
     "OR b NOT IN (SELECT profile FROM tessera.identity)",
     "{} links point at nobody"},
    {"links, rejects and definitions belong to an entry",
     "SELECT count(*) FROM (SELECT entry FROM tessera.link UNION ALL SELECT entry FROM tessera.reject UNION ALL "
     "SELECT entry FROM tessera.definition) WHERE entry NOT IN (SELECT id FROM tessera.entry)",
     "{} of them belong to no entry"},
};

// The same of every event's table; {0} is the table, {1} what a row is known by, {2} and {3} how long and among how many
// it is known: a message that came again after that is another one.
constexpr CountingCheck kTableChecks[] = {
    {"rows belong to a known person",
     "SELECT count(*) FROM {0} WHERE profile NOT IN (SELECT profile FROM tessera.identity)",
     "{} rows belong to nobody"},
    {"rows belong to an entry",
     "SELECT count(*) FROM {0} WHERE seq >= (SELECT coalesce(max(until_seq), 0) FROM tessera.entry)",
     "{} rows have a seq of no entry"},
    {"no row is there twice",
     "SELECT count(*) FROM (SELECT l.learnt - lag(l.learnt) OVER of AS later, t.seq - lag(t.seq) OVER of AS behind FROM "
     "(SELECT seq, {1} AS print FROM {0}) t JOIN (SELECT {1} AS print FROM {0} GROUP BY ALL HAVING count(*) > 1) USING "
     "(print) ASOF JOIN tessera.learnt_until l ON t.seq < l.until_seq WINDOW of AS (PARTITION BY t.print ORDER BY t.seq)) "
     "WHERE later < INTERVAL '{2} milliseconds' AND behind < {3}",
     "{} rows are there more than once"},
    {"`extra` is JSON", "SELECT count(*) FROM {0} WHERE extra IS NOT NULL AND NOT json_valid(extra)",
     "{} rows have a broken `extra`"},
};

std::string filled_in(std::string_view text, std::string_view hole, const std::string& value) {
  std::string filled;
  for (size_t at = 0; at < text.size();) {
    const bool here = text.substr(at).starts_with(hole);
    filled += here ? value : std::string(1, text[at]);
    at += here ? hole.size() : 1;
  }
  return filled;
}

Result<Finding> run(Connection& connection, const CountingCheck& check, const std::string& name,
                    const std::string& sql) {
  const auto wrong = TRY(connection.integer(sql)).value_or(0);
  if (wrong == 0) return Finding{.check = name};
  const bool is_problem = check.severity == Severity::Problem;
  return Finding{check.severity, name, filled_in(check.found, "{}", std::to_string(wrong)),
                 is_problem ? store::try_restoring() : Remedy()};
}

Result<Finding> check_seqs(Connection& connection, const EventTables& tables) {
  std::vector<std::string> all = {"SELECT first_seq AS seq FROM tessera.entry WHERE kind = 'links'"};
  for (const EventTable& table : tables.all())
    all.push_back(fmt::format("SELECT seq FROM main.{}", quoted_name(table.name)));
  const CountingCheck check{"every seq is used once", nullptr, "{} rows share their seq with another"};
  return run(connection, check, check.check,
             "SELECT count(*) - count(DISTINCT seq) FROM (" + store::union_all(all) + ")");
}

// Names beyond the number of tables are kept as well, and mostly junk.
Result<Finding> check_names(Connection& connection, const EventTables& tables) {
  Finding out{.check = "events have tables of their own"};
  const EventTable* shared = tables.rare();
  if (!shared) return out;
  const auto names = TRY(connection.integer(
      fmt::format("SELECT count(DISTINCT {}) FROM main.{}", kEventColumn, quoted_name(shared->name))));
  if (names.value_or(0) == 0) return out;
  return Finding{Severity::Notice, out.check,
                 fmt::format("{} event names have; {} more share one, and are asked for by name as the others",
                             tables.all().size() - 1, *names),
                 try_command("events list").flag("--rare").note("shows them; events drop takes junk away")};
}

Result<void> check_stitching(Connection& connection, std::vector<Finding>& findings) {
  const std::string name = "customers are what the links say";
  const People people = TRY(read_people(connection));
  const auto kept = TRY(read_leaders(connection, people.kinds.size()));
  const auto stitching = stitch(people.kinds, TRY(read_links(connection)), TRY(read_stitch_rules(connection)));
  const auto& leader = stitching.leader;
  size_t wrong = 0;
  for (size_t p = 0; p < leader.size(); ++p) wrong += leader[p] != kept[p];
  if (wrong == 0)
    findings.push_back({.check = name});
  else
    findings.push_back({Severity::Problem, name, fmt::format("{} identifiers are with the wrong customer", wrong),
                        store::try_restoring()});
  // Values are shown to who may read the record; the worst are enough.
  auto storms = stitching.storms;
  std::ranges::stable_sort(storms, std::greater(), &Storm::refused);
  for (size_t i = 0; i < std::min<size_t>(storms.size(), 10); ++i) {
    const IdentifierKind kind = people.kinds[storms[i].profile];
    const auto value =
        TRY(connection.text("SELECT value FROM tessera.identity WHERE profile = ?", {uint64_t{storms[i].profile}}));
    const std::string id = fmt::format("{}:{}", word_of(kind), value.value_or("?"));
    findings.push_back(
        {Severity::Notice, "no identifier joins strangers",
         fmt::format("{} '{}' came with {} customers it may not join, and joins nobody any more", name_of(kind), id,
                     storms[i].refused),
         try_command("customers block").argument(id).note("or, where it is right, customers allow with the same")});
  }
  return {};
}

Finding check_disk(const std::string& path) {
  const std::string name = "the disk has room";
  struct statvfs disk{};
  if (statvfs(path.c_str(), &disk) != 0)
    return {Severity::Notice, name, "the free room cannot be told", try_shell("df -h").argument(path)};
  const uint64_t room = uint64_t{disk.f_bavail} * disk.f_frsize, size = fs::file_size(path);
  const std::string found = fmt::format("{} MB free; the record has {} MB", room >> 20, size >> 20);
  if (room < size || room < (uint64_t{100} << 20))
    return {Severity::Notice, name, found + ": a backup or a large import may not fit",
            try_shell("df -h").note("where to free some room")};
  return {Severity::Fine, name, found, {}};
}

Finding check_leftovers(const std::string& path) {
  const std::string name = "no half-made files lie beside it";
  const fs::path file(path);
  std::vector<std::string> left;
  std::error_code error;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string other = entry.path().filename().string(), own = file.filename().string();
    if (other.starts_with(own + ".new-") || other.starts_with(own + ".backup-") || other == own + ".rewritten" ||
        other.find(".part-") != std::string::npos)
      left.push_back(entry.path().string());
  }
  if (left.empty()) return {.check = name};
  return {Severity::Notice, name, fmt::format("{} files of commands that were cut off", left.size()),
          try_shell("rm").arguments(left).note("if no command is at work on them")};
}

// Record and keystore are a pair; where the keystore is another one or none, the record was opened without.
Result<Finding> check_keystore(store::Record& record) {
  const std::string name = "its keystore lies beside it", path = store::Keystore::path_of(record.path());
  const auto id = TRY(record.connection().text("SELECT value FROM tessera.meta WHERE key = 'keystore'"));
  if (id == record.keystore().id()) {
    if (!TRY(store::is_to_be_rewritten(record.connection()))) return Finding{.check = name};
    return Finding{
        Severity::Notice, name,
        "secrets of an earlier version are in free blocks of the record, which could not be rewritten",
        try_shell("df -h").note("where to free as much room as the record has; the next opening tries again")};
  }
  return Finding{Severity::Problem, name,
                 fmt::format("{} is not here or is another record's: nothing is recorded and no webhook is sent", path),
                 try_command("keystore new").note("if it is lost; else bring it back")};
}

Result<Finding> check_audit(Connection& connection) {
  const std::string name = "the audit is what was written";
  const auto head = store::verify_audit(connection, std::nullopt);
  if (!head) return Finding{Severity::Problem, name, head.error().message, head.error().remedy};
  return Finding{.check = name, .found = fmt::format("{} entries", head->size)};
}

// As written they join nobody: of a national number two countries have one each.
Result<Finding> check_phones(Connection& connection) {
  const std::string name = "telephone numbers say their country";
  const auto all = TRY(connection.integer(
      fmt::format("SELECT count(*) FROM tessera.identity WHERE kind = {}", static_cast<int>(IdentifierKind::Phone))));
  const auto without = TRY(connection.integer(
      fmt::format("SELECT count(*) FROM tessera.identity WHERE kind = {} AND NOT regexp_matches(value, '{}')",
                  static_cast<int>(IdentifierKind::Phone), kE164)));
  if (without.value_or(0) == 0) return Finding{.check = name, .found = fmt::format("{} numbers", all.value_or(0))};
  return Finding{
      Severity::Notice, name,
      fmt::format("{} of {} are kept as they were written and join nobody", *without, all.value_or(0)),
      try_command("import").blank("FILE").blank_option("--country", "DE").note("or a column with the country")};
}

Result<Finding> versions(Connection& connection) {
  const int format = TRY(store::version_of(connection));
  const auto duckdb = TRY(connection.text("SELECT version()"));
  const auto phones = TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'phone_plan'"));
  const auto [events, entries] =
      std::pair(TRY(connection.integer("SELECT coalesce(max(until_seq), 0) FROM tessera.entry")),
                TRY(connection.integer("SELECT count(*) FROM tessera.entry")));
  return Finding{.check = "versions",
                 .found = fmt::format(
                     "tables of version {}, DuckDB {}, time zones {}, telephone numbers {}; {} facts in {} entries",
                     format, duckdb.value_or("?"), zone_database_version(), phones.value_or("?"), events.value_or(0),
                     entries.value_or(0))};
}

}  // namespace

Result<std::vector<Finding>> examine(store::Record& record) {
  Connection& connection = record.connection();
  std::vector<Finding> findings;
  findings.push_back(TRY(versions(connection)));
  if (!record.path().empty()) {
    findings.push_back(check_disk(record.path()));
    findings.push_back(check_leftovers(record.path()));
    findings.push_back(TRY(check_keystore(record)));
  }
  findings.push_back(TRY(check_audit(connection)));
  for (const CountingCheck& check : kChecks) findings.push_back(TRY(run(connection, check, check.check, check.sql)));
  // A table that is missing was reported above; reading on would only fail.
  if (has_problems(findings)) return findings;
  const EventTables tables = TRY(EventTables::read(connection));
  for (const EventTable& table : tables.all())
    for (const CountingCheck& check : kTableChecks) {
      const std::string name = fmt::format("{}: {}", table.name, check.check);
      // Of the rare events each has rows of its own.
      const std::string print =
          table.holds_rare_events() ? fmt::format("({}, fingerprint)", kEventColumn) : "fingerprint";
      std::string sql = filled_in(check.sql, "{0}", "main." + quoted_name(table.name));
      sql = filled_in(filled_in(sql, "{2}", std::to_string(kRememberedFor.ms)), "{3}",
                      std::to_string(kRememberedMessages));
      findings.push_back(TRY(run(connection, check, name, filled_in(sql, "{1}", print))));
    }
  findings.push_back(TRY(check_names(connection, tables)));
  findings.push_back(TRY(check_seqs(connection, tables)));
  findings.push_back(TRY(check_phones(connection)));
  TRY(check_stitching(connection, findings));
  return findings;
}

bool has_problems(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.severity == Severity::Problem; });
}

namespace {

constexpr const char* word_of(Severity severity) {
  constexpr const char* kWords[] = {"fine", "notice", "problem"};
  return kWords[static_cast<size_t>(severity)];
}

}  // namespace

std::string text_of(const std::vector<Finding>& findings, std::string_view store) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{:8}{}{}{}\n", word_of(finding.severity), finding.check, finding.found.empty() ? "" : ": ",
                        finding.found);
    if (!finding.remedy.empty()) text += "        remedy: " + finding.remedy.text(store) + "\n";
  }
  return text;
}

Json json_of(const std::vector<Finding>& findings) {
  Json all = Json::array();
  for (const Finding& finding : findings) {
    Json one;
    one.set("severity", word_of(finding.severity))
        .set("check", finding.check)
        .set("found", finding.found)
        .set("remedy", "");
    put_remedy(one, finding.remedy);
    all.add(std::move(one));
  }
  return all;
}

}  // namespace tessera::profiles

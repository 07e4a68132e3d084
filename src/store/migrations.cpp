#include "store/migrations.hpp"

#include "store/record_file.hpp"

namespace tessera::store {

namespace {

// Notes on version 1, where the column's name does not say it all:
// - meta: format_version, pseudonym_key (hex), created.
// - catalogue: every table of the record, ours and those of events; person_columns point at identity.profile, so that
//   erasure can walk the catalogue and forget nothing.
// - property: the typed columns of the event tables; type as profiles::PropertyType, or 4 for the number of elements of
//   a list (column products__count).
// - entry: the log. Facts of seq in [first_seq, until_seq) were learnt at `learnt`.
// - identity: a profile is exactly one identifier (a user id, an e-mail); kind as profiles::IdentifierKind. Its
//   pseudonym is keyed, so that it can be shown.
// - link: dated facts that two identifiers are one person (joins) or are not (not joins); the last one counts.
// - stitched: made from link: who leads the profiles that are linked to others. A profile that is not there leads
// itself.
// - definition: every version of every definition; removed ones have a last version that says so.
constexpr const char* kVersion1 = R"sql(
CREATE SCHEMA tessera;
CREATE TABLE tessera.meta(key VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE tessera.catalogue(table_name VARCHAR NOT NULL, kind VARCHAR NOT NULL, event VARCHAR, person_columns VARCHAR[]);
CREATE TABLE tessera.property(event VARCHAR NOT NULL, property VARCHAR NOT NULL, type UTINYINT NOT NULL,
                              is_list BOOLEAN NOT NULL, column_name VARCHAR NOT NULL, class VARCHAR);
CREATE TABLE tessera.entry(id UBIGINT NOT NULL, kind VARCHAR NOT NULL, learnt TIMESTAMP_MS NOT NULL,
                           first_seq UINTEGER NOT NULL, until_seq UINTEGER NOT NULL, source VARCHAR NOT NULL, detail VARCHAR);
CREATE TABLE tessera.identity(profile UINTEGER NOT NULL, kind UTINYINT NOT NULL, value VARCHAR NOT NULL,
                              pseudonym VARCHAR NOT NULL);
CREATE TABLE tessera.link(a UINTEGER NOT NULL, b UINTEGER NOT NULL, seq UINTEGER NOT NULL, entry UBIGINT NOT NULL,
                          joins BOOLEAN NOT NULL, reason VARCHAR NOT NULL);
CREATE TABLE tessera.stitched(profile UINTEGER NOT NULL, leader UINTEGER NOT NULL);
CREATE TABLE tessera.reject(entry UBIGINT NOT NULL, source VARCHAR, line UBIGINT, reason VARCHAR NOT NULL, value VARCHAR,
                            row VARCHAR, fingerprint UBIGINT NOT NULL);
CREATE TABLE tessera.definition(kind UTINYINT NOT NULL, slug VARCHAR NOT NULL, name VARCHAR NOT NULL, text VARCHAR NOT NULL,
                                version UINTEGER NOT NULL, entry UBIGINT NOT NULL, removed BOOLEAN NOT NULL);
CREATE TABLE tessera.audit(done TIMESTAMP_MS NOT NULL, who VARCHAR NOT NULL, action VARCHAR NOT NULL, detail VARCHAR);

INSERT INTO tessera.catalogue VALUES
  ('tessera.meta', 'bookkeeping', NULL, NULL), ('tessera.catalogue', 'bookkeeping', NULL, NULL),
  ('tessera.property', 'bookkeeping', NULL, NULL), ('tessera.entry', 'bookkeeping', NULL, NULL),
  ('tessera.identity', 'people', NULL, ['profile']), ('tessera.link', 'people', NULL, ['a', 'b']),
  ('tessera.stitched', 'people', NULL, ['profile', 'leader']), ('tessera.reject', 'as received', NULL, NULL),
  ('tessera.definition', 'bookkeeping', NULL, NULL), ('tessera.audit', 'bookkeeping', NULL, NULL);

CREATE VIEW tessera.person AS
  SELECT own.profile, leader.profile AS leader, CASE leader.kind WHEN 1 THEN leader.value ELSE leader.pseudonym END AS customer
  FROM tessera.identity own LEFT JOIN tessera.stitched ON stitched.profile = own.profile
  JOIN tessera.identity leader ON leader.profile = coalesce(stitched.leader, own.profile);
CREATE VIEW main.customers AS
  SELECT customer, any_value(value) FILTER (kind = 1) AS user_id, list(value ORDER BY value) FILTER (kind = 2) AS emails,
         list(value ORDER BY value) FILTER (kind = 3) AS phones, count(*) FILTER (kind = 4) AS anonymous_ids
  FROM tessera.person JOIN tessera.identity USING (profile) GROUP BY customer;
)sql";

// Notes on version 2:
// - webhook: subscribers of changes and how far each has come; position and batch_until are ids of changes. The secrets
//   sign what is sent to them.
// - webhook_dead: ranges of changes that were given up; they name changes, not persons.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE tessera.webhook(id VARCHAR NOT NULL, url VARCHAR NOT NULL, segments VARCHAR NOT NULL, secret VARCHAR NOT NULL,
                             old_secret VARCHAR, created TIMESTAMP_MS NOT NULL, rotated TIMESTAMP_MS, position VARCHAR,
                             disabled VARCHAR, batch_until VARCHAR, attempts UTINYINT NOT NULL, next_attempt TIMESTAMP_MS,
                             last_error VARCHAR);
CREATE TABLE tessera.webhook_dead(number UBIGINT NOT NULL, webhook VARCHAR NOT NULL, after_id VARCHAR, until_id VARCHAR NOT NULL,
                                  changes UBIGINT NOT NULL, died TIMESTAMP_MS NOT NULL, error VARCHAR);
INSERT INTO tessera.catalogue VALUES
  ('tessera.webhook', 'bookkeeping', NULL, NULL), ('tessera.webhook_dead', 'bookkeeping', NULL, NULL);
)sql";

// Notes on version 3, a server:
// - applied: the record holds what the log says up to this offset; one row, none where no server ever ran.
// - learnt: finer than entry, for entries of kind "live": facts of seq < until_seq (and not before the row above) were
//   learnt then.
// - learnt_until: when each fact was learnt, from both.
// - change: the feed of membership changes; kind, cause as live::ChangeKind, live::Cause. The id is log_offset-ordinal.
// - source: who may send events; the write key as SDKs use it.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE tessera.applied(log_offset UBIGINT NOT NULL, learnt TIMESTAMP_MS NOT NULL);
CREATE TABLE tessera.learnt(until_seq UINTEGER NOT NULL, learnt TIMESTAMP_MS NOT NULL);
CREATE TABLE tessera.change(log_offset UBIGINT NOT NULL, ordinal UINTEGER NOT NULL, profile UINTEGER NOT NULL,
                            segment VARCHAR, version UINTEGER NOT NULL, kind UTINYINT NOT NULL, cause UTINYINT NOT NULL,
                            happened TIMESTAMP_MS NOT NULL, learnt TIMESTAMP_MS NOT NULL, correction_offset UBIGINT,
                            correction_ordinal UINTEGER, into_profile UINTEGER);
CREATE TABLE tessera.source(name VARCHAR NOT NULL, write_key VARCHAR NOT NULL, created TIMESTAMP_MS NOT NULL,
                            revoked TIMESTAMP_MS);

INSERT INTO tessera.catalogue VALUES
  ('tessera.applied', 'bookkeeping', NULL, NULL), ('tessera.learnt', 'bookkeeping', NULL, NULL),
  ('tessera.change', 'people', NULL, ['profile', 'into_profile']), ('tessera.source', 'bookkeeping', NULL, NULL);

CREATE VIEW tessera.learnt_until AS
  SELECT until_seq, max(learnt) AS learnt
  FROM (SELECT until_seq, learnt FROM tessera.entry WHERE until_seq > first_seq AND kind <> 'live'
        UNION ALL SELECT until_seq, learnt FROM tessera.learnt)
  GROUP BY until_seq;
CREATE VIEW main.segment_changes AS
  SELECT format('{}-{}', log_offset, ordinal) AS id, customer, segment, version,
         CASE kind WHEN 1 THEN 'entered' WHEN 2 THEN 'left' WHEN 3 THEN 'voided' WHEN 4 THEN 'merged' END AS change,
         CASE cause WHEN 1 THEN 'event' WHEN 2 THEN 'time' WHEN 3 THEN 'definition' WHEN 4 THEN 'identity' END AS cause,
         happened, learnt, format('{}-{}', correction_offset, correction_ordinal) AS correction_of
  FROM tessera.change JOIN tessera.person USING (profile);
)sql";

// Notes on version 4, rulings (profiles/ruling.hpp):
// - ruling: those on values: identifiers that are blocked or allowed, domains of the staff, categories of consent.
// - refused: fingerprints, made with the record's key, of the identifiers of those who refused to be recorded.
constexpr const char* kVersion4 = R"sql(
CREATE TABLE tessera.ruling(seq UINTEGER NOT NULL, learnt TIMESTAMP_MS NOT NULL, kind UTINYINT NOT NULL,
                            identifier UTINYINT NOT NULL, value VARCHAR NOT NULL, purpose VARCHAR, reason VARCHAR,
                            made_by VARCHAR NOT NULL);
CREATE TABLE tessera.refused(fingerprint UBIGINT NOT NULL, since TIMESTAMP_MS NOT NULL);
INSERT INTO tessera.catalogue VALUES
  ('tessera.ruling', 'bookkeeping', NULL, NULL), ('tessera.refused', 'bookkeeping', NULL, NULL);
)sql";

// Notes on version 5, runs of discover (lineage/runs.hpp):
// - discovery: one row a run; kind: runs of one goal and one set of features; options, lineage: JSON; definitions: its
//   file of segments; adopted: when; in_force: its definitions are those in use, or some of them.
// - discovery_segment: its groups in their order; parent: the group of the run before that it is, or came from.
// - discovery_member: who was in which; ordinal null: in none. A profile is here once a group.
constexpr const char* kVersion5 = R"sql(
CREATE TABLE tessera.discovery(run UBIGINT NOT NULL, as_of TIMESTAMP_MS NOT NULL, made TIMESTAMP_MS NOT NULL,
                               kind UBIGINT NOT NULL, options VARCHAR NOT NULL, goal VARCHAR, k UINTEGER NOT NULL,
                               customers UBIGINT NOT NULL, value_definition VARCHAR NOT NULL, definitions VARCHAR NOT NULL,
                               lineage VARCHAR, fingerprint UBIGINT NOT NULL, adopted TIMESTAMP_MS,
                               in_force BOOLEAN NOT NULL);
CREATE TABLE tessera.discovery_segment(run UBIGINT NOT NULL, ordinal UINTEGER NOT NULL, id VARCHAR NOT NULL,
                                       name VARCHAR NOT NULL, rule VARCHAR NOT NULL, set_apart BOOLEAN NOT NULL,
                                       size UBIGINT NOT NULL, active UBIGINT NOT NULL, value DOUBLE NOT NULL,
                                       parent VARCHAR);
CREATE TABLE tessera.discovery_member(run UBIGINT NOT NULL, ordinal UINTEGER, profile UINTEGER NOT NULL);
INSERT INTO tessera.catalogue VALUES
  ('tessera.discovery', 'bookkeeping', NULL, NULL), ('tessera.discovery_segment', 'bookkeeping', NULL, NULL),
  ('tessera.discovery_member', 'people', NULL, ['profile']);
)sql";

// Notes on version 6, whose a stream is (profiles/system_facts.hpp):
// - catalogue.system: of a table of events, the number of the system's stream; 0: a sender's. Until now nobody but the
//   system could write under these names.
constexpr const char* kVersion6 = R"sql(
ALTER TABLE tessera.catalogue ADD COLUMN system UTINYINT DEFAULT 0;
UPDATE tessera.catalogue SET system =
  CASE event WHEN '$identify' THEN 1 WHEN '$group' THEN 2 WHEN '$ruling' THEN 3 ELSE 0 END;
)sql";

// Notes on version 7, names without an end (profiles/tables.hpp):
// - rare_property: what is known of properties that have no column: those of rare events (all in the table of the
//   catalogue's event ''), and those beyond the columns that a table may have. Their values are in `extra`.
constexpr const char* kVersion7 = R"sql(
CREATE TABLE tessera.rare_property(event VARCHAR NOT NULL, property VARCHAR NOT NULL, type UTINYINT NOT NULL,
                                   is_list BOOLEAN NOT NULL);
INSERT INTO tessera.catalogue VALUES ('tessera.rare_property', 'bookkeeping', NULL, NULL, 0);
)sql";

// Notes on version 8, what definitions are read with (store/definitions.hpp, language/lookup.hpp):
// - definition.settled: what it found by the names in it when it was applied, JSON; null: applied before this version.
// - known_then: what the record knew when it came to this version. Those applied before are read with it, so that nothing
//   that is sent later makes them wrong.
constexpr const char* kVersion8 = R"sql(
ALTER TABLE tessera.definition ADD COLUMN settled VARCHAR;
CREATE TABLE tessera.known_then(event VARCHAR NOT NULL, system UTINYINT NOT NULL, property VARCHAR, type UTINYINT,
                                is_list BOOLEAN);
INSERT INTO tessera.known_then
  SELECT c.event, c.system, p.property, p.type, p.is_list
  FROM tessera.catalogue c LEFT JOIN (SELECT * FROM tessera.property WHERE type < 4) p ON p.event = c.event
  WHERE c.event IS NOT NULL AND EXISTS (SELECT 1 FROM tessera.definition);
INSERT INTO tessera.catalogue VALUES ('tessera.known_then', 'bookkeeping', NULL, NULL, 0);
)sql";

// Notes on version 9, what a change means for who keeps a set (feed/change.hpp):
// - change.is_member: whether the customer was in the segment when the entry was taken in. Of changes said before it is
//   worked out from those that stood by then: the last, by when it happened, of the customer's changes of the segment
//   that nothing had corrected and that no merge had made void.
constexpr const char* kVersion9 = R"sql(
ALTER TABLE tessera.change ADD COLUMN is_member BOOLEAN DEFAULT false;
UPDATE tessera.change SET is_member = last.is_in FROM (
  WITH corrected AS (
    SELECT correction_offset AS log_offset, correction_ordinal AS ordinal, min(log_offset) AS until
    FROM tessera.change WHERE correction_offset IS NOT NULL GROUP BY ALL),
  merged AS (
    SELECT c.log_offset, c.ordinal, min(m.log_offset) AS until
    FROM tessera.change c JOIN tessera.change m ON m.kind = 4 AND m.profile = c.profile AND m.log_offset >= c.log_offset
    GROUP BY ALL),
  standing AS (
    SELECT c.*, least(corrected.until, merged.until) AS until
    FROM tessera.change c LEFT JOIN corrected USING (log_offset, ordinal) LEFT JOIN merged USING (log_offset, ordinal)
    WHERE c.kind IN (1, 2))
  SELECT c.log_offset, c.ordinal, s.kind = 1 AS is_in
  FROM tessera.change c JOIN standing s ON s.profile = c.profile AND s.segment = c.segment
  WHERE s.log_offset <= c.log_offset AND (s.until IS NULL OR s.until > c.log_offset)
  QUALIFY row_number() OVER (PARTITION BY c.log_offset, c.ordinal
                             ORDER BY s.happened DESC, s.log_offset DESC, s.ordinal DESC) = 1
) last WHERE change.log_offset = last.log_offset AND change.ordinal = last.ordinal;
CREATE OR REPLACE VIEW main.segment_changes AS
  SELECT format('{}-{}', log_offset, ordinal) AS id, customer, segment, version,
         CASE kind WHEN 1 THEN 'entered' WHEN 2 THEN 'left' WHEN 3 THEN 'voided' WHEN 4 THEN 'merged' END AS change,
         CASE cause WHEN 1 THEN 'event' WHEN 2 THEN 'time' WHEN 3 THEN 'definition' WHEN 4 THEN 'identity' END AS cause,
         happened, learnt, format('{}-{}', correction_offset, correction_ordinal) AS correction_of, is_member
  FROM tessera.change JOIN tessera.person USING (profile);
)sql";

// Notes on version 10, what a token may (privacy/scopes.hpp): of a row whose name is $admin
// - token: its name, who asks; scopes: as given; expires: from then on it is none. Tokens of before are admin.
constexpr const char* kVersion10 = R"sql(
ALTER TABLE tessera.source ADD COLUMN token VARCHAR;
ALTER TABLE tessera.source ADD COLUMN scopes VARCHAR;
ALTER TABLE tessera.source ADD COLUMN expires TIMESTAMP_MS;
UPDATE tessera.source SET token = 'older-' || substr(write_key, 8, 8), scopes = 'admin' WHERE name = '$admin';
)sql";

// Notes on version 11, an audit that cannot be changed unseen (store/audit_log.hpp):
// - audit.number, hash: place in the tree of all rows, and the hash of its leaf; audit_head: one row, the tree's size and
//   the roots of its perfect trees.
constexpr const char* kVersion11 = R"sql(
ALTER TABLE tessera.audit ADD COLUMN number UBIGINT;
ALTER TABLE tessera.audit ADD COLUMN address VARCHAR;
ALTER TABLE tessera.audit ADD COLUMN hash VARCHAR;
CREATE TABLE tessera.audit_head(size UBIGINT NOT NULL, peaks VARCHAR NOT NULL);
INSERT INTO tessera.audit_head VALUES (0, '');
INSERT INTO tessera.catalogue(table_name, kind) VALUES ('tessera.audit_head', 'bookkeeping');
)sql";

// Notes on version 12, secrets in a keystore (store/keystore.hpp):
// - meta: keystore, its id, takes the place of pseudonym_key; rewrite: the file is to be written anew.
// - webhook.secret, old_secret: empty; source.write_key: of a write key, too, its SHA-256.
// The secrets are moved when the record is opened next (keystore_moves.hpp): not by SQL, as a file is written first. The
// number keeps programs out that would look for them here.
constexpr const char* kVersion12 = R"sql(
DELETE FROM tessera.meta WHERE key = 'rewrite';
)sql";

// Notes on version 13, orders as states that change (profiles/told_orders.hpp):
// - order_version: of an order that a later export told again, or whose export says when it was changed: how new what is
//   told of it is. Orders that are not here are as new as the export that told them.
constexpr const char* kVersion13 = R"sql(
CREATE TABLE tessera.order_version(order_id VARCHAR NOT NULL, profile UINTEGER NOT NULL, updated TIMESTAMP_MS NOT NULL,
                                   seen TIMESTAMP_MS NOT NULL);
INSERT INTO tessera.catalogue VALUES ('tessera.order_version', 'people', NULL, ['profile'], 0);
)sql";

// Notes on version 14, what a call is wrong in (profiles/reject.hpp), and who is shown by a pseudonym:
// - reject.member: of a call, the member that could not be used; null: all of it, or a row that is no call.
// - person.customer: a user id that is an e-mail address or a telephone number (profiles::is_contact) is a pseudonym too.
constexpr const char* kVersion14 = R"sql(
ALTER TABLE tessera.reject ADD COLUMN member VARCHAR;
CREATE OR REPLACE VIEW tessera.person AS
  SELECT own.profile, leader.profile AS leader,
         CASE WHEN leader.kind = 1 AND NOT regexp_matches(leader.value, '^[^@[:cntrl:] ]+@[^@[:cntrl:] ]+\.[^@[:cntrl:] .]+$|^(tel:)?\+[0-9][0-9 ()./-]{5,}$|^\([0-9]{2,5}\)[0-9 ./-]{5,}$|^0[0-9]+[ /-][0-9 ()./-]{5,}$')
              THEN leader.value ELSE leader.pseudonym END AS customer
  FROM tessera.identity own LEFT JOIN tessera.stitched ON stitched.profile = own.profile
  JOIN tessera.identity leader ON leader.profile = coalesce(stitched.leader, own.profile);
)sql";

// Notes on version 15, rates of currencies (store/record_currency.hpp): how many millionths of a currency one euro was
// worth on a day. The record's own currency, where it was set, is meta: currency.
constexpr const char* kVersion15 = R"sql(
CREATE TABLE tessera.rate(day DATE NOT NULL, currency VARCHAR NOT NULL, micros BIGINT NOT NULL);
INSERT INTO tessera.catalogue VALUES ('tessera.rate', 'bookkeeping', NULL, NULL, 0);
)sql";

constexpr Migration kMigrations[] = {
    {1, "the first tables", kVersion1},
    {2, "webhooks", kVersion2},
    {3, "a server's log, changes and sources", kVersion3},
    {4, "rulings", kVersion4},
    {5, "runs of discover", kVersion5},
    {6, "streams of the system", kVersion6},
    {7, "rare events and properties", kVersion7},
    {8, "what definitions are read with", kVersion8},
    {9, "what a change means for who keeps a set", kVersion9},
    {10, "what a token may", kVersion10},
    {11, "an audit that cannot be changed unseen", kVersion11},
    {12, "secrets in a keystore", kVersion12},
    {13, "orders as states that change", kVersion13},
    {14, "what a call is wrong in", kVersion14},
    {15, "rates of currencies", kVersion15},
};

}  // namespace

std::span<const Migration> known_migrations() {
  return kMigrations;
}

Result<int> version_of(Connection& connection) {
  const auto tables = TRY(connection.integer(
      "SELECT count(*) FROM duckdb_tables() WHERE NOT internal AND schema_name = 'tessera' AND table_name = 'meta'"));
  if (tables.value_or(0) > 0) {
    const auto version = TRY(connection.integer("SELECT value FROM tessera.meta WHERE key = 'format_version'"));
    if (!version) return fail("is damaged: it does not say which version it has", {}, try_restoring());
    return static_cast<int>(*version);
  }
  const auto others = TRY(connection.integer("SELECT count(*) FROM duckdb_tables() WHERE NOT internal"));
  if (others.value_or(0) > 0)
    return fail(fmt::format("is a DuckDB database with {} tables, but not a record of Tessera", *others), {},
                try_again().option("--store", "tessera.db").note("another file for the record"));
  return 0;
}

Result<void> migrate(Connection& connection, std::span<const Migration> migrations, Instant now) {
  const int have = TRY(version_of(connection)), last = migrations.back().version;
  if (have > last)
    return fail(
        fmt::format("was written by a newer Tessera: its tables have version {}, this program knows {}", have, last),
        {}, "use the newer program, or restore a backup from before the upgrade");
  for (const Migration& step : migrations) {
    if (step.version <= have) continue;
    auto transaction = TRY(Transaction::begin(connection));
    TRY(connection.run(step.sql));
    TRY(connection.run("DELETE FROM tessera.meta WHERE key = 'format_version'"));
    TRY(connection.run("INSERT INTO tessera.meta VALUES ('format_version', ?::VARCHAR)", {int64_t{step.version}}));
    TRY(connection.run("INSERT INTO tessera.audit(done, who, action, detail) VALUES (?, 'tessera', 'migrate', ?)",
                       {now, std::string_view(fmt::format("to version {}: {}", step.version, step.what))}));
    TRY(transaction.commit());
  }
  return {};
}

}  // namespace tessera::store

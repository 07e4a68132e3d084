#include "store/record.hpp"

#include <cstring>

#include <unistd.h>

#include "core/hash.hpp"
#include "core/logging.hpp"
#include "core/phone.hpp"
#include "store/audit_log.hpp"
#include "store/keystore_moves.hpp"
#include "store/private_file.hpp"

namespace tessera::store {

namespace fs = std::filesystem;

namespace {

constexpr size_t kKeyBytes = 32;

Error at_place(Error error, const std::string& path) {
  if (error.place.empty()) error.place = path;
  return error;
}

// Another DuckDB client (the duckdb shell, a BI tool) takes no lock of ours, but DuckDB's, and DuckDB says who has it.
Error explain_open(const Error& error, const std::string& path) {
  if (error.message.find("Could not set lock") != std::string::npos) {
    const size_t at = error.message.find("(PID ");
    const int64_t holder = at == std::string::npos ? 0 : std::atoll(error.message.c_str() + at + 5);
    return held_by(path, holder).error();
  }
  if (error.message.find("Permission denied") != std::string::npos)
    return {"cannot be opened: permission denied", path, try_shell("ls -l").argument(path).note("who may write it?")};
  return at_place(error, path);
}

// By which plan of numbers telephone numbers are read from now on.
Result<void> note_phone_plan(Connection& connection) {
  const auto noted = TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'phone_plan'"));
  if (noted == phone_plan_version()) return {};
  TRY(connection.run("DELETE FROM tessera.meta WHERE key = 'phone_plan'"));
  TRY(connection.run("INSERT INTO tessera.meta VALUES ('phone_plan', ?)", {phone_plan_version()}));
  return {};
}

Result<void> fill_new(Connection& connection, const Clock& clock, const RecordSettings& settings,
                      const Keystore& keystore) {
  TRY(migrate(connection, settings.migrations, clock.now()));
  TRY(connection.run("INSERT INTO tessera.meta VALUES ('keystore', ?), ('created', ?)",
                     {std::string_view(keystore.id()), std::string_view(text_of(clock.now()))}));
  return note_phone_plan(connection);
}

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

}  // namespace

Result<std::unique_ptr<Record>> Record::open(const std::string& path, OpenMode mode, const Clock& clock,
                                             const RecordSettings& settings) {
  std::error_code error;
  if (path.empty()) return usage("the name of the record is empty", try_again().option("--store", "tessera.db"));
  if (mode == OpenMode::CreateIfMissing && !fs::exists(path, error)) TRY(create(path, clock, settings));
  auto record = TRY(open_existing(path, mode, clock, settings));
  if (mode == OpenMode::ReadOnly || !TRY(is_to_be_rewritten(record->connection_))) return record;
  record.reset();
  // Without room for it the record works as it is: the next opening tries again.
  if (const auto rewritten = rewrite(path); !rewritten)
    say(settings.logger, LogLevel::Warning, "record not rewritten: what was secret before is in free blocks of it");
  return open_existing(path, mode, clock, settings);
}

// Made under another name and given its own when it is complete: whoever sees the file sees a record.
Result<void> Record::create(const std::string& path, const Clock& clock, const RecordSettings& settings) {
  TRY(check_can_create(path));
  const std::string unfinished = fmt::format("{}.new-{}", path, getpid());
  struct Remove {
    std::vector<std::string> files;
    ~Remove() {
      std::error_code ignored;
      for (const std::string& file : files) fs::remove(file, ignored);
    }
  } remove{{unfinished, unfinished + ".wal"}};
  const auto keystore = TRY(Keystore::create(Keystore::path_of(path)));
  remove.files.push_back(Keystore::path_of(path));
  {
    auto database = Database::open(unfinished, settings.database);
    if (!database) return std::unexpected(explain_open(database.error(), path));
    auto connection = TRY(database->connect());
    if (auto filled = fill_new(connection, clock, settings, *keystore); !filled)
      return std::unexpected(at_place(filled.error(), path));
    if (auto kept = connection.run("CHECKPOINT"); !kept) return std::unexpected(at_place(kept.error(), path));
  }
  TRY(publish(unfinished, path));
  remove.files.pop_back();  // there is a record that it is of
  return {};
}

Result<std::unique_ptr<Record>> Record::open_existing(const std::string& path, OpenMode mode, const Clock& clock,
                                                      const RecordSettings& settings) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) TRY(refuse_if_open_here(path));
  TRY(check_is_database(path));
  const bool read_only = mode == OpenMode::ReadOnly;
  if (!read_only && access(path.c_str(), W_OK) != 0)
    return fail(fmt::format("cannot be written: {}", std::strerror(errno)), path,
                try_shell("ls -l").argument(path).note("who may write it?"));
  auto lock = TRY(FileLock::take(path, read_only ? Sharing::Shared : Sharing::Exclusive));
  // Earlier versions made it as the umask said.
  for (const std::string& file : {path, path + ".wal"}) make_private(file);
  DatabaseSettings database_settings = settings.database;
  database_settings.read_only = read_only;
  auto database = Database::open(path, database_settings);
  if (!database) return std::unexpected(explain_open(database.error(), path));
  auto connection = TRY(database->connect());
  auto record = std::unique_ptr<Record>(new Record(path, std::move(lock), std::move(*database), std::move(connection)));
  const auto version = version_of(record->connection_);
  if (!version) return std::unexpected(at_place(version.error(), path));
  if (*version == 0)
    return fail("is an empty DuckDB database, not a record", path,
                try_shell("rm").argument(path).note("a new record can be made there then"));
  const int last = settings.migrations.back().version;
  if (read_only && *version < last)
    return fail(fmt::format("has tables of version {}, and this program reads version {}", *version, last), path,
                try_command("doctor").on(path).note("brings it up to date, where it may be written"));
  if (!read_only || *version > last)
    if (auto migrated = migrate(record->connection_, settings.migrations, clock.now()); !migrated)
      return std::unexpected(at_place(migrated.error(), path));
  if (*version < last)
    say(settings.logger, LogLevel::Info, "record migrated", {{"from_version", *version}, {"to_version", last}});
  if (!read_only) TRY(note_phone_plan(record->connection_));
  if (!read_only) TRY(record->open_audit());
  TRY(record->read_key(settings.may_lack_keystore));
  return record;
}

bool Record::is_of_older_version(const std::string& path, const RecordSettings& settings) {
  const auto lock = FileLock::take(path, Sharing::Shared);
  if (!lock) return false;
  DatabaseSettings reading = settings.database;
  reading.read_only = true;
  auto database = Database::open(path, reading);
  if (!database) return false;
  auto connection = database->connect();
  if (!connection) return false;
  const auto version = version_of(*connection);
  const auto has_secrets = has_own_secrets(*connection);
  return version && *version > 0 && (*version < settings.migrations.back().version || has_secrets.value_or(false));
}

Result<std::unique_ptr<Record>> Record::in_memory(const Clock& clock, const RecordSettings& settings) {
  auto database = TRY(Database::in_memory(settings.database));
  auto connection = TRY(database.connect());
  auto keystore = Keystore::in_memory();
  TRY(fill_new(connection, clock, settings, *keystore));
  auto record = std::unique_ptr<Record>(new Record({}, FileLock(), std::move(database), std::move(connection)));
  record->keystore_ = std::move(keystore);
  TRY(record->open_audit());
  TRY(record->read_key(false));
  return record;
}

Result<std::unique_ptr<Record>> Record::another() const {
  auto connection = TRY(database_.connect());
  std::unique_ptr<Record> record(new Record(path_, FileLock(), database_.share(), std::move(connection)));
  record->key_ = key_;
  record->audit_ = audit_;
  record->keystore_ = keystore_;
  return record;
}

namespace {

// That of the record. Where it is lost, nothing new is put under a pseudonym, for its key is nobody's.
Result<std::shared_ptr<Keystore>> keystore_of(Connection& connection, const std::string& path, bool is_read_only,
                                              bool may_lack) {
  if (TRY(has_own_secrets(connection))) {
    if (!is_read_only) return move_secrets(connection, path);
    return fail("has its secrets in itself, as an earlier version made it", path,
                try_command("doctor").on(path).note("moves them to a file beside it, where it may be written"));
  }
  const auto id = TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'keystore'"));
  if (!id) return fail("is damaged: it does not say which its keystore is", path, try_restoring());
  const std::string its_path = Keystore::path_of(path);
  auto keystore = Keystore::open(its_path);
  std::error_code ignored;
  const bool is_other = keystore && (*keystore)->id() != *id,
             is_gone = is_other || (!keystore && !fs::exists(its_path, ignored));
  if (is_other)
    keystore = fail("this keystore is another record's", its_path,
                    try_command("keystore new").on(path).note("makes a new one, if the record's own is lost"));
  if (!keystore && (is_read_only || (may_lack && is_gone))) return Keystore::lost(its_path);
  return keystore;
}

}  // namespace

Result<void> Record::read_key(bool may_lack_keystore) {
  if (!keystore_) keystore_ = TRY(keystore_of(connection_, path_, audit_ == nullptr, may_lack_keystore));
  key_ = bytes_of_hex(keystore_->get(kPseudonymKey).value_or(""));
  if (key_.size() != kKeyBytes) return fail("is damaged: its key for pseudonyms is missing", path_, try_restoring());
  return {};
}

Result<void> Record::open_audit() {
  // Of a record whose tables are older than the tree (a test's, opened with earlier migrations) there is none.
  const auto trees = TRY(connection_.integer(
      "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'tessera' AND table_name = 'audit_head'"));
  if (trees.value_or(0) > 0) audit_ = TRY(AuditLog::open(TRY(database_.connect())));
  return {};
}

Result<void> Record::audit(Instant at, std::string_view who, std::string_view action, std::string_view detail,
                           std::optional<std::string> address) {
  if (!audit_) return fail("was opened to be read, so nothing can be written to its audit", path_);
  return audit_->append({.number = {},
                         .done = at,
                         .who = std::string(who),
                         .address = std::move(address),
                         .action = std::string(action),
                         .detail = std::string(detail)});
}

std::optional<AuditHead> Record::audit_head() const {
  return audit_ ? std::optional(audit_->head()) : std::nullopt;
}

Result<Entry> next_entry(Connection& connection, std::string kind, Instant learnt) {
  auto answer = TRY(connection.query("SELECT id, until_seq, learnt FROM tessera.entry ORDER BY id DESC LIMIT 1"));
  Entry entry{.id = 1, .kind = std::move(kind), .learnt = learnt};
  if (const auto last = TRY(answer.next())) {
    entry.id = last->column(0).values<uint64_t>()[0] + 1;
    entry.first_seq = last->column(1).values<uint32_t>()[0];
    entry.learnt = std::max(learnt, instant_of_stored(last->column(2).values<int64_t>()[0]));
  }
  entry.until_seq = entry.first_seq;
  return entry;
}

Result<void> append_entry(Connection& connection, const Entry& entry) {
  TRY(connection.run(
      "INSERT INTO tessera.entry VALUES (?, ?, ?, ?, ?, ?, ?)",
      {entry.id, std::string_view(entry.kind), entry.learnt, uint64_t{entry.first_seq}, uint64_t{entry.until_seq},
       std::string_view(entry.source), entry.detail.empty() ? Value(nullptr) : Value(std::string_view(entry.detail))}));
  return {};
}

Result<std::vector<Entry>> entries(Connection& connection) {
  auto answer = TRY(connection.query(
      "SELECT id, kind, learnt, first_seq, until_seq, source, coalesce(detail, '') FROM tessera.entry ORDER BY id"));
  std::vector<Entry> entries;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row)
      entries.push_back({.id = chunk->column(0).values<uint64_t>()[row],
                         .kind = std::string(chunk->column(1).text(row)),
                         .learnt = instant_of_stored(chunk->column(2).values<int64_t>()[row]),
                         .first_seq = chunk->column(3).values<uint32_t>()[row],
                         .until_seq = chunk->column(4).values<uint32_t>()[row],
                         .source = std::string(chunk->column(5).text(row)),
                         .detail = std::string(chunk->column(6).text(row))});
  return entries;
}

}  // namespace tessera::store

#include "store/backup.hpp"

#include <fstream>
#include <sstream>

#include <unistd.h>

#include "store/keystore.hpp"
#include "store/private_file.hpp"

namespace tessera::store {

namespace fs = std::filesystem;

namespace {

// Record and keystore are a pair: so are their copies.
Result<void> copy_keystore(const std::string& from, const std::string& to) {
  const std::string source = Keystore::path_of(from), copy = Keystore::path_of(to);
  std::ifstream file(source, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail("the keystore cannot be read", source);
  return write_private(copy, text.str());
}

Result<void> refuse_keystore_at(const std::string& to) {
  const std::string copy = Keystore::path_of(to);
  std::error_code error;
  if (fs::exists(copy, error)) return fail("exists already", copy, try_moving(copy, copy + ".old"));
  return {};
}

// Where the record was lost and its keystore was not, that stays: it has what the backup's has, and what came since.
Result<bool> has_keystore_already(Record& backup, const std::string& to) {
  std::error_code error;
  if (!fs::exists(Keystore::path_of(to), error)) return false;
  const auto id = TRY(backup.connection().text("SELECT value FROM tessera.meta WHERE key = 'keystore'"));
  const auto there = Keystore::open(Keystore::path_of(to));
  if (id && there && (*there)->id() == *id) return true;
  TRY(refuse_keystore_at(to));
  return false;
}

// Opens the copy as a user would; a copy that cannot be opened is removed.
Result<BackupOutcome> verify_copy(const std::string& copy, int64_t entries, const Clock& clock) {
  const auto check = [&]() -> Result<BackupOutcome> {
    const auto record = TRY(Record::open(copy, OpenMode::ReadOnly, clock));
    const auto found = TRY(record->connection().integer("SELECT count(*) FROM tessera.entry")).value_or(0);
    if (found != entries) return fail(fmt::format("the copy has {} entries instead of {}", found, entries), copy);
    return BackupOutcome{.bytes = fs::file_size(copy), .entries = static_cast<uint64_t>(found)};
  };
  auto outcome = check();
  std::error_code ignored;
  if (!outcome) {
    fs::remove(copy, ignored);
    fs::remove(Keystore::path_of(copy), ignored);
  }
  return outcome;
}

}  // namespace

Result<BackupOutcome> backup(Record& record, const std::string& to, const Clock& clock, Progress& progress) {
  if (record.path().empty()) return fail("a record in memory has no file to back up");
  TRY(refuse_keystore_at(to));
  // Everything committed goes into the file itself, and the write-ahead log is empty afterwards.
  TRY(record.connection().run("CHECKPOINT"));
  std::error_code error;
  const std::string log = record.path() + ".wal";
  if (fs::exists(log, error) && fs::file_size(log, error) > 0)
    return fail("the record is being changed, so it cannot be copied now", record.path(),
                "try again when the change is done");
  const auto entries = TRY(record.connection().integer("SELECT count(*) FROM tessera.entry")).value_or(0);
  TRY(copy_whole(record.lock().descriptor(), to, progress));
  progress.finish();
  TRY(copy_keystore(record.path(), to));
  return verify_copy(to, entries, clock);
}

namespace {

constexpr int kMostTries = 100;
constexpr size_t kHeads = 3 * 4096;  // of a DuckDB file: what it is, and the two heads that a checkpoint writes in turn

// What every checkpoint changes.
Result<std::string> heads_of(int file) {
  std::string out(kHeads, '\0');
  if (pread(file, out.data(), out.size(), 0) != static_cast<ssize_t>(out.size()))
    return fail("the record cannot be read");
  return out;
}

Result<void> check_room(const std::string& from, const std::string& to) {
  std::error_code error;
  const fs::path folder = fs::path(to).has_parent_path() ? fs::path(to).parent_path() : fs::path(".");
  const auto room = fs::space(folder, error);
  const uint64_t size = fs::file_size(from, error);
  if (error || room.available > size + size / 16) return {};
  return fail(fmt::format("there is no room for a copy: {} MB are free, and the record has {} MB", room.available >> 20,
                          size >> 20),
              folder.string(), try_shell("df -h").note("where to free some room"));
}

}  // namespace

// Between two checkpoints DuckDB changes nothing in the file that the last one refers to: what is committed goes to the
// write-ahead log beside it. And it makes no checkpoint while somebody else's transaction has written something. So one
// is begun right after a checkpoint (with the time of the backup), and the file is copied
// while it is open. The heads of the file tell whether that held.
Result<BackupOutcome> backup_while_written(Record& record, const std::string& to, const Clock& clock,
                                           Progress& progress, const WhileStill& while_still) {
  if (record.path().empty()) return fail("a record in memory has no file to back up");
  TRY(check_room(record.path(), to));
  TRY(refuse_keystore_at(to));
  auto connection = TRY(record.connect());
  TRY(record.audit(clock.now(), "tessera", "backup", to));
  std::optional<Transaction> hold;
  std::string heads;
  int64_t entries = 0;
  for (int tries = 0; !hold; ++tries) {
    // Somebody else (a webhook's progress, a key) may write just now, for a few milliseconds.
    const auto held = while_still([&]() -> Result<void> {
      TRY(connection.run("CHECKPOINT"));
      entries = TRY(connection.integer("SELECT count(*) FROM tessera.entry")).value_or(0);
      auto transaction = TRY(Transaction::begin(connection));
      TRY(connection.run("DELETE FROM tessera.meta WHERE key = 'backup'"));
      TRY(connection.run("INSERT INTO tessera.meta VALUES ('backup', ?)", {std::string_view(text_of(clock.now()))}));
      heads = TRY(heads_of(record.lock().descriptor()));
      TRY(copy_keystore(record.path(), to));
      hold.emplace(std::move(transaction));
      return {};
    });
    if (held) break;
    std::error_code ignored;
    fs::remove(Keystore::path_of(to), ignored);
    if (tries == kMostTries) return std::unexpected(held.error());
  }
  TRY(copy_whole(record.lock().descriptor(), to, progress));
  progress.finish();
  const auto after = TRY(heads_of(record.lock().descriptor()));
  TRY(hold->commit());
  std::error_code ignored;
  if (after != heads) {
    fs::remove(to, ignored);
    fs::remove(Keystore::path_of(to), ignored);
    return fail("the record was checkpointed while it was copied", record.path(), "try again");
  }
  return verify_copy(to, entries, clock);
}

namespace {

// The log of the record that was copied need not be here: the new one may begin a log of its own, or go on with that.
// As a database: it may be of an earlier version, and without its keystore.
Result<void> let_log_be_missing(const std::string& copy) {
  const auto database = TRY(Database::open(copy, {}));
  auto connection = TRY(database.connect());
  TRY(connection.run("UPDATE tessera.meta SET value = '?' || value WHERE key = 'log' AND value NOT LIKE '?%'"));
  TRY(connection.run("CHECKPOINT"));
  return {};
}

}  // namespace

Result<BackupOutcome> restore(const std::string& from, const std::string& to, const Clock& clock, Progress& progress) {
  std::error_code error;
  if (fs::exists(to, error)) {
    const std::string aside = to + ".before-restore";
    return fail("exists, and a restore replaces nothing", to, try_moving(to, aside));
  }
  // Opened for reading only: also the proof that it is a record, and the lock that keeps others from changing it.
  const auto source = TRY(Record::open(from, OpenMode::ReadOnly, clock));
  const bool has_keystore_there = TRY(has_keystore_already(*source, to));
  const std::string log = from + ".wal";
  if (fs::exists(log, error) && fs::file_size(log, error) > 0)
    return fail("was not closed cleanly: a write-ahead log lies beside it", from,
                try_command("doctor").on(from).note("takes the log in"));
  const auto entries = TRY(source->connection().integer("SELECT count(*) FROM tessera.entry")).value_or(0);
  TRY(copy_whole(source->lock().descriptor(), to, progress));
  progress.finish();
  if (auto done = let_log_be_missing(to); !done) {
    fs::remove(to, error);
    return std::unexpected(done.error());
  }
  const bool is_with_keystore = !has_keystore_there && fs::exists(Keystore::path_of(from), error);
  if (is_with_keystore) TRY(copy_keystore(from, to));
  auto outcome = TRY(verify_copy(to, entries, clock));
  outcome.has_keystore = has_keystore_there || is_with_keystore;
  return outcome;
}

}  // namespace tessera::store

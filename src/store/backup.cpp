#include "store/backup.hpp"

namespace tessera::store {

namespace fs = std::filesystem;

namespace {

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
  if (!outcome) fs::remove(copy, ignored);
  return outcome;
}

}  // namespace

Result<BackupOutcome> backup(Record& record, const std::string& to, const Clock& clock, Progress& progress) {
  if (record.path().empty()) return fail("a record in memory has no file to back up");
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
  return verify_copy(to, entries, clock);
}

Result<BackupOutcome> restore(const std::string& from, const std::string& to, const Clock& clock, Progress& progress) {
  std::error_code error;
  if (fs::exists(to, error)) {
    const std::string aside = to + ".before-restore";
    return fail("exists, and a restore replaces nothing", to,
                fmt::format("move it away first: mv {} {}", shell_quoted(to), shell_quoted(aside)));
  }
  // Opened for reading only: also the proof that it is a record, and the lock that keeps others from changing it.
  const auto source = TRY(Record::open(from, OpenMode::ReadOnly, clock));
  const std::string log = from + ".wal";
  if (fs::exists(log, error) && fs::file_size(log, error) > 0)
    return fail("was not closed cleanly: a write-ahead log lies beside it", from,
                "open it once, which takes the log in: tessera --store " + shell_quoted(from) + " doctor");
  const auto entries = TRY(source->connection().integer("SELECT count(*) FROM tessera.entry")).value_or(0);
  TRY(copy_whole(source->lock().descriptor(), to, progress));
  progress.finish();
  return verify_copy(to, entries, clock);
}

}  // namespace tessera::store

#include "store/keystore_moves.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "core/hash.hpp"
#include "store/private_file.hpp"
#include "store/record_file.hpp"

namespace tessera::store {

namespace fs = std::filesystem;

namespace {

// What the record of before has, by the names of a keystore.
Result<Keystore::Changes> own_secrets(Connection& connection) {
  Keystore::Changes out;
  for (
      const auto& row : TRY(connection.rows(
          "SELECT ?, value FROM tessera.meta WHERE key = 'pseudonym_key' UNION ALL "
          "SELECT ? || id, secret FROM tessera.webhook UNION ALL "
          "SELECT ? || id, old_secret FROM tessera.webhook WHERE old_secret IS NOT NULL AND old_secret <> '' UNION ALL "
          "SELECT ? || 'sha256:' || sha256(write_key), write_key FROM tessera.source WHERE NOT starts_with(write_key, 'sha256:')",
          {kPseudonymKey, kWebhook, kOldWebhook, kWriteKey})))
    out.emplace_back(row[0].value_or(""), row[1].value_or(""));
  return out;
}

// That of a try that was killed, or a new one.
Result<std::shared_ptr<Keystore>> keystore_with(const std::string& path, const Keystore::Changes& secrets) {
  std::shared_ptr<Keystore> keystore;
  const auto key = std::ranges::find(secrets, kPseudonymKey, &Keystore::Changes::value_type::first);
  VERIFY(key != secrets.end());
  if (auto there = Keystore::open(path); there && (*there)->get(kPseudonymKey) == key->second)
    keystore = std::move(*there);
  else
    keystore = TRY(Keystore::create(path));
  TRY(keystore->change(secrets));
  return keystore;
}

Result<void> sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool is_synced = file >= 0 && fsync(file) == 0;
  const int why = errno;
  if (file >= 0) close(file);
  if (is_synced) return {};
  return fail(fmt::format("cannot be written: {}", std::strerror(why)), path);
}

Result<void> copy_tables(const std::string& from, const std::string& to) {
  const auto instance = TRY(Database::in_memory_for_files({}));
  auto connection = TRY(instance.connect());
  TRY(connection.run(fmt::format("ATTACH {} AS older (READ_ONLY)", quoted_text(from))));
  // Under the name that views were made with.
  TRY(connection.run(fmt::format("ATTACH {} AS record", quoted_text(to))));
  TRY(connection.run("USE record"));
  TRY(connection.run("COPY FROM DATABASE older TO record"));
  TRY(connection.run("DELETE FROM record.tessera.meta WHERE key = 'rewrite'"));
  TRY(connection.run("CHECKPOINT record"));
  for (
      const auto& row : TRY(connection.rows(
          "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'older' AND table_name <> 'meta'"))) {
    const std::string table = fmt::format("{}.{}", quoted_name(row[0].value_or("")), quoted_name(row[1].value_or("")));
    const auto same = TRY(connection.integer(
        fmt::format("SELECT ((SELECT count(*) FROM older.{0}) = (SELECT count(*) FROM record.{0}))::INTEGER", table)));
    if (same != 1) return fail(fmt::format("table {} was not copied whole", table), to);
  }
  return {};
}

}  // namespace

Result<bool> has_own_secrets(Connection& connection) {
  return TRY(connection.integer("SELECT count(*) FROM tessera.meta WHERE key = 'pseudonym_key'")).value_or(0) > 0;
}

Result<std::shared_ptr<Keystore>> move_secrets(Connection& connection, const std::string& record) {
  const auto secrets = TRY(own_secrets(connection));
  auto keystore = TRY(keystore_with(Keystore::path_of(record), secrets));
  auto transaction = TRY(Transaction::begin(connection));
  TRY(connection.run("INSERT INTO tessera.meta VALUES ('keystore', ?), ('rewrite', 'pending')",
                     {std::string_view(keystore->id())}));
  TRY(connection.run("DELETE FROM tessera.meta WHERE key = 'pseudonym_key'"));
  TRY(connection.run("UPDATE tessera.webhook SET secret = '', old_secret = ''"));
  TRY(connection.run(
      "UPDATE tessera.source SET write_key = 'sha256:' || sha256(write_key) WHERE NOT starts_with(write_key, 'sha256:')"));
  TRY(transaction.commit());
  TRY(connection.run("CHECKPOINT"));
  return keystore;
}

Result<bool> is_to_be_rewritten(Connection& connection) {
  return TRY(connection.integer("SELECT count(*) FROM tessera.meta WHERE key = 'rewrite'")).value_or(0) > 0;
}

Result<void> rewrite(const std::string& record) {
  const auto lock = TRY(FileLock::take(record, Sharing::Exclusive));
  const std::string fresh = record + ".rewritten";
  std::error_code error;
  const auto remove = [&] {
    for (const char* const end : {"", ".wal"}) fs::remove(fresh + end, error);
  };
  remove();  // of a try that was killed
  if (auto copied = copy_tables(record, fresh); !copied) {
    remove();
    return copied;
  }
  make_private(fresh);
  TRY(sync(fresh, O_RDWR));
  fs::rename(fresh, record, error);
  if (error) return fail(fmt::format("cannot be replaced: {}", error.message()), record);
  return sync(fs::absolute(record).parent_path().string(), O_RDONLY | O_DIRECTORY);
}

Result<void> replace_lost_keystore(const std::string& record) {
  TRY(check_is_database(record));
  const auto lock = TRY(FileLock::take(record, Sharing::Exclusive));
  const auto database = TRY(Database::open(record, {}));
  auto connection = TRY(database.connect());
  const auto id = TRY(connection.text("SELECT value FROM tessera.meta WHERE key = 'keystore'"));
  const std::string path = Keystore::path_of(record);
  if (!id)
    return fail("has its secrets in itself, as an earlier version made it", record, try_command("doctor").on(record));
  if (const auto there = Keystore::open(path); there && (*there)->id() == *id)
    return fail("the record has its keystore", path, "nothing is lost");
  const auto keystore = TRY(Keystore::create(path));
  auto transaction = TRY(Transaction::begin(connection));
  TRY(connection.run("UPDATE tessera.meta SET value = ? WHERE key = 'keystore'", {std::string_view(keystore->id())}));
  TRY(connection.run("UPDATE tessera.webhook SET disabled = 'its secret was lost with the keystore'"));
  return transaction.commit();
}

}  // namespace tessera::store

// The record: one DuckDB file that holds everything known, open to the user's own SQL.
//
// Schema `main` has a table an event name (Order Completed -> order_completed), and a view of it with the customer's
// public id (v_order_completed); schema `tessera` has the bookkeeping (migrations.cpp lists it). Every change is one
// numbered entry of tessera.entry, in one transaction: all of it or nothing.
//
// One process holds a record (several, if all open it read-only). Invariant: entries are numbered 1, 2, 3, ...; their
// ranges of seq follow each other without gaps; their log times never go back.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"
#include "store/migrations.hpp"
#include "store/record_file.hpp"

namespace tessera {
class Logger;
}

namespace tessera::store {

class AuditLog;
struct AuditHead;
class Keystore;

enum class OpenMode { CreateIfMissing, MustExist, ReadOnly };

struct RecordSettings {
  DatabaseSettings database;
  std::span<const Migration> migrations = known_migrations();
  const Logger* logger = nullptr;
  // A record whose keystore is not here is opened to write nevertheless (Keystore::is_lost). For a server, which then
  // answers and records nothing; nothing may be put under a pseudonym.
  bool may_lack_keystore = false;
};

class Record {
 public:
  // Errors name the file, what is wrong with it, and a remedy; a record that cannot be made leaves nothing behind.
  static Result<std::unique_ptr<Record>> open(const std::string& path, OpenMode mode, const Clock& clock,
                                              const RecordSettings& settings = {});
  // Without a file: for tests, benches and previews.
  static Result<std::unique_ptr<Record>> in_memory(const Clock& clock, const RecordSettings& settings = {});

  // Is it a record of an older version, which only a program that may write can bring up to date? False also where it
  // cannot be opened.
  static bool is_of_older_version(const std::string& path, const RecordSettings& settings = {});

  // The connection of the thread that opened the record. Others take one of their own.
  Connection& connection() { return connection_; }
  Result<Connection> connect() const { return database_.connect(); }
  // The same record with a connection of its own, for another thread. REQUIRES: this one outlives it.
  Result<std::unique_ptr<Record>> another() const;

  const std::string& path() const { return path_; }          // empty: in memory
  const std::string& pseudonym_key() const { return key_; }  // 32 random bytes, made with the record
  const FileLock& lock() const { return lock_; }
  // What signs and opens, beside the record in a file that DuckDB never opens (keystore.hpp).
  Keystore& keystore() const { return *keystore_; }

  // Who did and saw what; on disk when it returns, also where this connection's transaction comes to nothing. Customers
  // stand in `detail` by pseudonym. Error also where the record was opened to be read.
  Result<void> audit(Instant at, std::string_view who, std::string_view action, std::string_view detail,
                     std::optional<std::string> address = std::nullopt);
  // Nullopt: opened to be read.
  std::optional<AuditHead> audit_head() const;

 private:
  Record(std::string path, FileLock lock, Database database, Connection connection)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        database_(std::move(database)),
        connection_(std::move(connection)) {}
  static Result<std::unique_ptr<Record>> open_existing(const std::string& path, OpenMode mode, const Clock& clock,
                                                       const RecordSettings& settings);
  static Result<void> create(const std::string& path, const Clock& clock, const RecordSettings& settings);
  Result<void> read_key(bool may_lack_keystore);
  Result<void> open_audit();

  std::string path_, key_;
  FileLock lock_;  // declared before the database, so that it is released after it is closed
  Database database_;
  Connection connection_;
  // Of all that share the database.
  std::shared_ptr<AuditLog> audit_;  // null: opened to be read
  std::shared_ptr<Keystore> keystore_;
};

// One entry of the log.
struct Entry {
  uint64_t id = 0;   // 1, 2, 3, ...
  std::string kind;  // "import", "definitions", "links"
  Instant learnt = kEver;
  uint32_t first_seq = 0, until_seq = 0;
  std::string source;  // in words: "import of orders.csv, preset online-retail"
  std::string detail;  // JSON, or empty
};

// The entry that would follow the last one: its id, its first_seq, and `learnt` moved up to the last entry's if it is
// before that (the clock was set back). until_seq = first_seq.
Result<Entry> next_entry(Connection& connection, std::string kind, Instant learnt);
Result<void> append_entry(Connection& connection, const Entry& entry);
Result<std::vector<Entry>> entries(Connection& connection);

}  // namespace tessera::store

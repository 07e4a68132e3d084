// DuckDB behind one door. Everything that asks or fills a DuckDB instance goes through these few types; duckdb.h itself
// is included by database.cpp alone.
//
//   Database     an instance: the record's (locked down), or one in memory that may read files
//   Connection   one conversation with it, and one transaction at a time; not to be shared by threads
//   Answer       the result of a query, read chunk by chunk; a Chunk lends its columns as typed spans without copying
//   Writer       appends rows column by column to a table, 2048 at a time, without SQL
//   Transaction  everything or nothing: rolls back unless committed
//
// What may be read from a file and what may not is a property of the instance: the record's instance reads no file but
// its own (read_text('/etc/passwd') is refused), installs nothing, and its settings cannot be changed by SQL.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/number.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::store {

enum class ColumnType : uint8_t {
  Boolean,      // bool
  TinyInt,      // int8_t
  SmallInt,     // int16_t
  Integer,      // int32_t
  BigInt,       // int64_t
  HugeInt,      // int128
  UTinyInt,     // uint8_t
  USmallInt,    // uint16_t
  UInteger,     // uint32_t
  UBigInt,      // uint64_t
  Float,        // float
  Double,       // double
  Decimal,      // scaled int16_t, int32_t, int64_t or int128 by width: below 5, 10, 19, above
  Text,         // read with text()
  Blob,         // read with text()
  Date,         // int32_t, days since 1970-01-01
  Time,         // int64_t, microseconds of the day
  Timestamp,    // int64_t, microseconds since 1970-01-01
  TimestampTz,  // the same, in UTC
  TimestampS,   // int64_t, seconds
  TimestampMs,  // int64_t, milliseconds
  TimestampNs,  // int64_t, nanoseconds
  List,         // read with list() and child()
  Struct,       // read with child(field)
  Other,        // cast it in SQL
};

// A timestamp_ms of -infinity and +infinity: how kEver and kNever are stored.
inline constexpr int64_t kMinusInfinity = -INT64_MAX, kPlusInfinity = INT64_MAX;
int64_t stored_time(Instant instant);
Instant instant_of_stored(int64_t stored);

// DuckDB's 16-byte text: short ones in place, long ones behind a pointer. `words` of short ones compare for equality.
struct StoredText {
  static constexpr uint32_t kInlineBytes = 12;
  uint32_t length;
  char inlined[4];
  union {
    char rest[8];
    const char* pointer;
  };
  bool is_inlined() const { return length <= kInlineBytes; }
  // Borrows a text that is not short: it must stay where it is until the block is put.
  static StoredText of(std::string_view text) {
    StoredText stored{.length = static_cast<uint32_t>(text.size()), .inlined = {}, .rest = {}};
    if (stored.is_inlined()) {
      std::memcpy(reinterpret_cast<char*>(&stored) + sizeof(uint32_t), text.data(), text.size());
    } else {
      std::memcpy(stored.inlined, text.data(), sizeof stored.inlined);
      stored.pointer = text.data();
    }
    return stored;
  }
  std::string_view view() const {
    return {is_inlined() ? reinterpret_cast<const char*>(this) + sizeof(uint32_t) : pointer, length};
  }
};

struct ListPart {
  uint64_t offset, length;
};

// One column of a chunk, borrowed from it.
class Vector {
 public:
  template <typename T>
  std::span<const T> values() const {
    return {static_cast<const T*>(data_), size_};
  }
  bool has_nulls() const { return validity_ != nullptr; }
  bool is_null(size_t row) const { return validity_ && !((validity_[row / 64] >> (row % 64)) & 1); }
  std::string_view text(size_t row) const { return values<StoredText>()[row].view(); }
  ListPart list(size_t row) const { return values<ListPart>()[row]; }
  // The elements of all lists of the chunk end to end; the field of a struct.
  Vector child(size_t field = 0) const;
  size_t size() const { return size_; }
  ColumnType type() const;

 private:
  friend class Chunk;
  friend class Answer;
  Vector(void* handle, size_t size);
  void* handle_;
  const void* data_;
  const uint64_t* validity_;
  size_t size_;
};

class Chunk {
 public:
  Chunk(Chunk&& other) noexcept;
  Chunk& operator=(Chunk&& other) noexcept;
  ~Chunk();
  size_t rows() const;
  Vector column(size_t index) const;

 private:
  friend class Answer;
  explicit Chunk(void* handle) : handle_(handle) {}
  void* handle_;
};

class Answer {
 public:
  Answer(Answer&&) noexcept;
  Answer& operator=(Answer&&) noexcept;
  ~Answer();

  size_t columns() const;
  std::string name(size_t column) const;
  ColumnType type(size_t column) const;
  int decimal_scale(size_t column) const;      // 0 where it is no decimal
  std::string type_text(size_t column) const;  // as SQL says it: "DECIMAL(18,6)", "VARCHAR[]"
  uint64_t rows_changed() const;
  // nullopt at the end. Rows come in chunks of at most 2048.
  Result<std::optional<Chunk>> next();

 private:
  friend class Connection;
  struct State;
  explicit Answer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What can be bound to a '?' of a statement.
using Value = std::variant<std::nullptr_t, bool, int64_t, uint64_t, double, std::string_view, Instant, Number>;
using Values = std::span<const Value>;

class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // Runs one statement (or, without values, several separated by ';') and gives the number of rows changed by the last.
  Result<uint64_t> run(const std::string& sql, Values values = {});
  Result<uint64_t> run(const std::string& sql, std::initializer_list<Value> values) {
    return run(sql, Values(values.begin(), values.size()));
  }
  // One statement; the whole answer is kept.
  Result<Answer> query(const std::string& sql, Values values = {});
  Result<Answer> query(const std::string& sql, std::initializer_list<Value> values) {
    return query(sql, Values(values.begin(), values.size()));
  }
  // One statement; the answer is made while it is read, in bounded memory. The connection is busy until its end.
  Result<Answer> stream(const std::string& sql, Values values = {});

  // The one value of a one-row answer. nullopt where it is null or there is no row.
  Result<std::optional<int64_t>> integer(const std::string& sql, std::initializer_list<Value> values = {});
  Result<std::optional<std::string>> text(const std::string& sql, std::initializer_list<Value> values = {});
  // Every row as text (nulls as nullopt), for small answers: listings, tests, checks.
  Result<std::vector<std::vector<std::optional<std::string>>>> rows(const std::string& sql,
                                                                    std::initializer_list<Value> values = {});
  // Of the statement that runs now, 0 to 1, from another thread; nullopt where DuckDB cannot tell.
  std::optional<double> progress() const;
  // Ends the statement that runs now, from another thread.
  void interrupt() const;

 private:
  friend class Database;
  friend class Writer;
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  Result<Answer> execute(const std::string& sql, Values values, bool streaming);
  std::unique_ptr<State> state_;
};

// Rolls back in its destructor unless committed. REQUIRES: the connection outlives it and runs no other transaction.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  // Sees the database as it is now, whatever others commit, and can change nothing but temporary tables.
  static Result<Transaction> begin_reading(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

struct DatabaseSettings {
  uint64_t memory = 0;  // bytes DuckDB may use before it spills to disk; 0: half of the machine's
  int threads = 0;      // 0: thread_count()
  bool read_only = false;
};

class Database {
 public:
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // The record's instance on this file (created where missing): no other file, no extension, settings locked.
  static Result<Database> open(const std::string& path, const DatabaseSettings& settings = {});
  // In memory, locked down in the same way.
  static Result<Database> in_memory(const DatabaseSettings& settings = {});
  // In memory and allowed to read and write files: for imports and exports. It installs no extension and never sees the
  // record.
  static Result<Database> in_memory_for_files(const DatabaseSettings& settings = {});

  Result<Connection> connect() const;
  // The same instance.
  Database share() const { return Database(state_); }

 private:
  struct State;
  Result<Connection> connect_unattached() const;
  explicit Database(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // connections keep the instance alive
};

// Appends rows to a table: fill a block of at most kRows rows column by column, then put it. Rows are in the
// connection's transaction and visible to it after finish(). Columns not named get their default.
class Writer {
 public:
  static constexpr size_t kRows = 2048;
  // `columns` in the order in which they will be filled. Schema "temp": a temporary table.
  static Result<Writer> open(Connection& connection, const std::string& schema, const std::string& table,
                             std::span<const std::string> columns);
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer();

  // kRows values to be set; T as ColumnType says. Of a list column these are its ListParts.
  template <typename T>
  std::span<T> values(size_t column) {
    return {static_cast<T*>(data(column)), kRows};
  }
  // All rows are valid until said null: one at a time, or by the bits of these words (1 = valid), all set at first.
  void set_null(size_t column, size_t row);
  std::span<uint64_t> valid_bits(size_t column);
  // Copies; StoredText::of in values<StoredText>() borrows.
  void set_text(size_t column, size_t row, std::string_view text);
  // Makes room for `elements` elements of all lists of the block, end to end; call it before filling them.
  template <typename T>
  std::span<T> elements(size_t column, size_t elements) {
    return {static_cast<T*>(child_data(column, elements)), elements};
  }
  void set_element_null(size_t column, size_t element);
  void set_element_text(size_t column, size_t element, std::string_view text);

  // Appends the first `rows` rows of the block and empties it.
  Result<void> put(size_t rows);
  Result<void> finish();

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  void* data(size_t column);
  void* child_data(size_t column, size_t elements);
  std::unique_ptr<State> state_;
};

// "name" with its quotes doubled, and 'text' likewise: the only ways a name or a text may get into SQL.
std::string quoted_name(std::string_view name);
std::string quoted_text(std::string_view text);
// The selects as one, in their order: a tree as flat as can be, for a chain of a thousand is deeper than any SQL parser
// goes. REQUIRES: at least one.
std::string union_all(std::span<const std::string> selects);

}  // namespace tessera::store

// Long because all of DuckDB's C interface is behind this one door.
#include "store/database.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include <duckdb.h>

#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "store/database_memory.hpp"
#include "store/record_file.hpp"

namespace tessera::store {

static_assert(sizeof(StoredText) == sizeof(duckdb_string_t));
static_assert(sizeof(ListPart) == sizeof(duckdb_list_entry));

int64_t stored_time(Instant instant) {
  if (instant <= kEver) return kMinusInfinity;
  if (instant >= kNever) return kPlusInfinity;
  return instant.ms;
}

Instant instant_of_stored(int64_t stored) {
  if (stored == kMinusInfinity) return kEver;
  if (stored == kPlusInfinity) return kNever;
  return {stored};
}

namespace {

// What went wrong, in words a user can act on; DuckDB's own message, of which `begins` is the start, follows. (Not
// every call gives the type of its error, but every message begins with it.)
struct ErrorWords {
  std::string_view begins, words, remedy;
};
constexpr ErrorWords kErrorWords[] = {
    {"IO Error", "reading or writing a file failed", ""},
    {"Out of Memory Error", "the database ran out of the memory it may use",
     "give it more memory, or less data at once"},
    {"FATAL Error", "the database stopped after an error it could not undo",
     "start the command again; what was committed before is safe"},
    {"INTERNAL Error", "the database has an internal error", ""},
    {"Permission Error", "the database does not allow this", ""},
    {"Catalog Error", "the database has no such table, column or function", ""},
    {"Binder Error", "the statement does not fit the tables", ""},
    {"Parser Error", "the statement is not valid SQL", ""},
    {"Syntax Error", "the statement is not valid SQL", ""},
    {"Conversion Error", "a value cannot be converted", ""},
    {"Out of Range Error", "a value is out of range", ""},
    {"Constraint Error", "a value breaks a rule of its table", ""},
    {"TransactionContext Error", "the transaction cannot go on", ""},
    {"INTERRUPT Error", "the statement was interrupted", ""},
};

constexpr const ErrorWords& kInterrupted = std::end(kErrorWords)[-1];

constexpr std::string_view kMeetsDamage[] = {"IO Error", "Serialization Error", "FATAL Error", "INTERNAL Error"};
// The last one: of a file that ends before its blocks do.
constexpr std::string_view kDamage[] = {"orrupt", "hecksum", "eserializ", "ould not read enough bytes"};
bool is_of_damage(std::string_view text) {
  const auto says = [&](std::string_view each) { return text.find(each) != text.npos; };
  return std::ranges::any_of(kMeetsDamage, says) && std::ranges::any_of(kDamage, says);
}

// Where it is met while rows are appended or committed, the message does not begin with it.
constexpr std::string_view kOfMemory[] = {"allocate block of", "pin block of"};
constexpr const ErrorWords& kOutOfMemory = kErrorWords[1];

// `file`: that was being read; empty: none.
std::unexpected<Error> database_error(const char* message, const std::string& file = {}) {
  const std::string_view text = message ? message : "unknown error";
  if (text.starts_with(kInterrupted.begins))  // that it was stopped tells more than what was met by it
    if (auto goes = go_on(); !goes) return std::unexpected(std::move(goes.error()));
  if (is_of_damage(text)) return fail(fmt::format("is damaged: {}", text), file, try_restoring());
  if (text.find("No space left") != text.npos || text.find("File too large") != text.npos)
    return fail(fmt::format("the disk is full: {}", text), {},
                try_shell("df -h").note("where to free some room; then run the command again"));
  if (text.find("max_temp_directory_size") != text.npos)
    return fail(fmt::format("this needs more room on the disk than one question may take: {}", text), {},
                "ask for less at once, or give it more memory, of which that is a multiple");
  for (const std::string_view each : kOfMemory)
    if (text.find(each) != text.npos)
      return fail(fmt::format("{}: {}", kOutOfMemory.words, text), {}, kOutOfMemory.remedy);
  for (const auto& entry : kErrorWords)
    if (text.starts_with(entry.begins)) return fail(fmt::format("{}: {}", entry.words, text), {}, entry.remedy);
  return fail(std::string(text));
}

}  // namespace

bool is_of_memory(const Error& error) {
  return error.message.starts_with(kOutOfMemory.words);
}

namespace {

std::unexpected<Error> error_of(duckdb_error_data data, const std::string& file) {
  const auto error = database_error(duckdb_error_data_message(data), file);
  duckdb_destroy_error_data(&data);
  return error;
}

ColumnType type_of(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return ColumnType::Boolean;
    case DUCKDB_TYPE_TINYINT:
      return ColumnType::TinyInt;
    case DUCKDB_TYPE_SMALLINT:
      return ColumnType::SmallInt;
    case DUCKDB_TYPE_INTEGER:
      return ColumnType::Integer;
    case DUCKDB_TYPE_BIGINT:
      return ColumnType::BigInt;
    case DUCKDB_TYPE_HUGEINT:
      return ColumnType::HugeInt;
    case DUCKDB_TYPE_UTINYINT:
      return ColumnType::UTinyInt;
    case DUCKDB_TYPE_USMALLINT:
      return ColumnType::USmallInt;
    case DUCKDB_TYPE_UINTEGER:
      return ColumnType::UInteger;
    case DUCKDB_TYPE_UBIGINT:
      return ColumnType::UBigInt;
    case DUCKDB_TYPE_FLOAT:
      return ColumnType::Float;
    case DUCKDB_TYPE_DOUBLE:
      return ColumnType::Double;
    case DUCKDB_TYPE_DECIMAL:
      return ColumnType::Decimal;
    case DUCKDB_TYPE_VARCHAR:
      return ColumnType::Text;
    case DUCKDB_TYPE_BLOB:
      return ColumnType::Blob;
    case DUCKDB_TYPE_DATE:
      return ColumnType::Date;
    case DUCKDB_TYPE_TIME:
      return ColumnType::Time;
    case DUCKDB_TYPE_TIMESTAMP:
      return ColumnType::Timestamp;
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return ColumnType::TimestampTz;
    case DUCKDB_TYPE_TIMESTAMP_S:
      return ColumnType::TimestampS;
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return ColumnType::TimestampMs;
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return ColumnType::TimestampNs;
    case DUCKDB_TYPE_LIST:
      return ColumnType::List;
    case DUCKDB_TYPE_STRUCT:
      return ColumnType::Struct;
    default:
      return ColumnType::Other;
  }
}

// A logical type that is destroyed with its scope.
struct LogicalType {
  duckdb_logical_type type;
  explicit LogicalType(duckdb_logical_type from) : type(from) {}
  LogicalType(LogicalType&& other) noexcept : type(std::exchange(other.type, nullptr)) {}
  LogicalType& operator=(LogicalType&&) = delete;
  ~LogicalType() { duckdb_destroy_logical_type(&type); }
  ColumnType id() const { return type_of(duckdb_get_type_id(type)); }
};

constexpr std::string_view kTypeNames[] = {"BOOLEAN",      "TINYINT",      "SMALLINT",  "INTEGER",     "BIGINT",
                                           "HUGEINT",      "UTINYINT",     "USMALLINT", "UINTEGER",    "UBIGINT",
                                           "FLOAT",        "DOUBLE",       "DECIMAL",   "VARCHAR",     "BLOB",
                                           "DATE",         "TIME",         "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S",
                                           "TIMESTAMP_MS", "TIMESTAMP_NS", "LIST",      "STRUCT",      "OTHER"};

std::string text_of_type(duckdb_logical_type type) {
  const ColumnType id = type_of(duckdb_get_type_id(type));
  if (id == ColumnType::Decimal)
    return fmt::format("DECIMAL({},{})", duckdb_decimal_width(type), duckdb_decimal_scale(type));
  if (id == ColumnType::List) {
    const LogicalType child(duckdb_list_type_child_type(type));
    return text_of_type(child.type) + "[]";
  }
  return std::string(kTypeNames[static_cast<size_t>(id)]);
}

Result<void> bind(duckdb_prepared_statement statement, idx_t index, const Value& value) {
  const duckdb_state state = std::visit(
      Match{
          [&](std::nullptr_t) { return duckdb_bind_null(statement, index); },
          [&](bool truth) { return duckdb_bind_boolean(statement, index, truth); },
          [&](int64_t number) { return duckdb_bind_int64(statement, index, number); },
          [&](uint64_t number) { return duckdb_bind_uint64(statement, index, number); },
          [&](double number) { return duckdb_bind_double(statement, index, number); },
          [&](std::string_view text) { return duckdb_bind_varchar_length(statement, index, text.data(), text.size()); },
          [&](Instant instant) {
            duckdb_value stored = duckdb_create_timestamp_ms({stored_time(instant)});
            const duckdb_state bound = duckdb_bind_value(statement, index, stored);
            duckdb_destroy_value(&stored);
            return bound;
          },
          [&](Number number) {
            const int64_t high = number.micros < 0 ? -1 : 0;
            return duckdb_bind_decimal(
                statement, index, {.width = 18, .scale = 6, .value = {static_cast<uint64_t>(number.micros), high}});
          }},
      value);
  if (state == DuckDBError)
    return fail(fmt::format("value {} cannot be bound: {}", index, duckdb_prepare_error(statement)));
  return {};
}

}  // namespace

// --- reading

Vector::Vector(void* handle, size_t size)
    : handle_(handle),
      data_(duckdb_vector_get_data(static_cast<duckdb_vector>(handle))),
      validity_(duckdb_vector_get_validity(static_cast<duckdb_vector>(handle))),
      size_(size) {}

ColumnType Vector::type() const {
  return LogicalType(duckdb_vector_get_column_type(static_cast<duckdb_vector>(handle_))).id();
}

Vector Vector::child(size_t field) const {
  const auto vector = static_cast<duckdb_vector>(handle_);
  if (type() == ColumnType::Struct) return {duckdb_struct_vector_get_child(vector, field), size_};
  return {duckdb_list_vector_get_child(vector), duckdb_list_vector_get_size(vector)};
}

Chunk::Chunk(Chunk&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Chunk& Chunk::operator=(Chunk&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Chunk::~Chunk() {
  auto handle = static_cast<duckdb_data_chunk>(handle_);
  if (handle) duckdb_destroy_data_chunk(&handle);
}
size_t Chunk::rows() const {
  return duckdb_data_chunk_get_size(static_cast<duckdb_data_chunk>(handle_));
}
Vector Chunk::column(size_t index) const {
  return {duckdb_data_chunk_get_vector(static_cast<duckdb_data_chunk>(handle_), index), rows()};
}

struct Database::State {
  duckdb_database database = nullptr;
  std::string file;          // empty: in memory
  bool is_attached = false;  // the file, under kAttachedAs
  ~State() { duckdb_close(&database); }
};

struct Connection::State {
  std::shared_ptr<const void> database;  // outlives the connection
  duckdb_connection connection = nullptr;
  std::string file;  // the database's
  ~State() { duckdb_disconnect(&connection); }
};

struct Answer::State {
  duckdb_result result{};
  std::string file{};  // the database's
  ~State() { duckdb_destroy_result(&result); }
};

Answer::Answer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Answer::Answer(Answer&&) noexcept = default;
Answer& Answer::operator=(Answer&&) noexcept = default;
Answer::~Answer() = default;

size_t Answer::columns() const {
  return duckdb_column_count(&state_->result);
}
std::string Answer::name(size_t column) const {
  return duckdb_column_name(&state_->result, column);
}
ColumnType Answer::type(size_t column) const {
  return type_of(duckdb_column_type(&state_->result, column));
}
int Answer::decimal_scale(size_t column) const {
  const LogicalType type(duckdb_column_logical_type(&state_->result, column));
  return type.id() == ColumnType::Decimal ? duckdb_decimal_scale(type.type) : 0;
}
std::string Answer::type_text(size_t column) const {
  return text_of_type(LogicalType(duckdb_column_logical_type(&state_->result, column)).type);
}
uint64_t Answer::rows_changed() const {
  return duckdb_rows_changed(&state_->result);
}

Result<std::optional<Chunk>> Answer::next() {
  for (;;) {
    duckdb_data_chunk chunk = duckdb_fetch_chunk(state_->result);
    if (!chunk) {
      const char* message = duckdb_result_error(&state_->result);
      if (message && *message) return database_error(message, state_->file);
      return std::nullopt;
    }
    Chunk holder(chunk);
    if (holder.rows() > 0) return std::optional<Chunk>(std::move(holder));
  }
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Answer> Connection::execute(const std::string& sql, Values values, bool streaming) {
  duckdb_prepared_statement statement = nullptr;
  const struct Destroy {
    duckdb_prepared_statement& statement;
    ~Destroy() { duckdb_destroy_prepare(&statement); }
  } destroy{statement};
  auto answer = std::make_unique<Answer::State>();
  answer->file = state_->file;
  if (duckdb_prepare(state_->connection, sql.c_str(), &statement) == DuckDBError)
    return database_error(duckdb_prepare_error(statement), state_->file);
  for (size_t i = 0; i < values.size(); ++i) TRY(bind(statement, i + 1, values[i]));
  const auto run = streaming ? duckdb_execute_prepared_streaming : duckdb_execute_prepared;
  if (run(statement, &answer->result) == DuckDBError)
    return database_error(duckdb_result_error(&answer->result), state_->file);
  return Answer(std::move(answer));
}

Result<uint64_t> Connection::run(const std::string& sql, Values values) {
  if (!values.empty()) return TRY(execute(sql, values, false)).rows_changed();
  Answer::State answer;
  if (duckdb_query(state_->connection, sql.c_str(), &answer.result) == DuckDBError)
    return database_error(duckdb_result_error(&answer.result), state_->file);
  return duckdb_rows_changed(&answer.result);
}

Result<Answer> Connection::query(const std::string& sql, Values values) {
  return execute(sql, values, false);
}
Result<Answer> Connection::stream(const std::string& sql, Values values) {
  return execute(sql, values, true);
}

Result<std::vector<std::vector<std::optional<std::string>>>> Connection::rows(const std::string& sql,
                                                                              std::initializer_list<Value> values) {
  // DuckDB says each type as text in its own way; the cast is done by it too.
  auto answer = TRY(query("SELECT COLUMNS(*)::VARCHAR FROM (" + sql + ")", values));
  std::vector<std::vector<std::optional<std::string>>> rows;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      auto& cells = rows.emplace_back(answer.columns());
      for (size_t c = 0; c < cells.size(); ++c) {
        const Vector column = chunk->column(c);
        if (!column.is_null(row)) cells[c] = column.text(row);
      }
    }
  return rows;
}

Result<std::optional<std::string>> Connection::text(const std::string& sql, std::initializer_list<Value> values) {
  auto all = TRY(rows(sql, values));
  if (all.empty() || all[0].empty()) return std::nullopt;
  return std::move(all[0][0]);
}

Result<std::optional<int64_t>> Connection::integer(const std::string& sql, std::initializer_list<Value> values) {
  auto answer = TRY(query("SELECT (" + sql + ")::BIGINT", values));
  const auto chunk = TRY(answer.next());
  if (!chunk || chunk->column(0).is_null(0)) return std::nullopt;
  return chunk->column(0).values<int64_t>()[0];
}

std::optional<double> Connection::progress() const {
  const double percentage = duckdb_query_progress(state_->connection).percentage;
  if (percentage < 0) return std::nullopt;
  return percentage / 100;
}

void Connection::interrupt() const {
  duckdb_interrupt(state_->connection);
}

Result<Transaction> Transaction::begin(Connection& connection) {
  TRY(connection.run("BEGIN TRANSACTION"));
  return Transaction(connection);
}

Result<Transaction> Transaction::begin_reading(Connection& connection) {
  TRY(connection.run("BEGIN TRANSACTION READ ONLY"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  // An error here has no one to go to; DuckDB rolls back what was never committed anyway.
  if (connection_) (void)connection_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
  TRY(connection_->run("COMMIT"));
  connection_ = nullptr;
  return {};
}

// --- instances

namespace {

enum class Files { Forbidden, Allowed };

constexpr const char* kAttachedAs = "record";

constexpr uint64_t kLeastMemory = 32 << 20;  // of an instance: it does not start with much less
// All that DuckDB takes, by what it counts itself. Twice: texts on the way, what its allocator keeps; and what it takes
// when it is loaded, whatever it may.
constexpr uint64_t kUncounted = 2, kToStart = 256 << 20;
// What sorts and joins may put on the disk when their memory is full: so many times the memory, for the sorting of more
// would take hours; and no more than this part of what is free, for the log and the record live on the same disk.
constexpr uint64_t kSpilledOfMemory = 16, kSpilledOfRoom = 4;

uint64_t memory_of(const DatabaseSettings& settings) {
  return std::max(settings.memory > 0 ? settings.memory : memory_allowed() / 2, kLeastMemory);
}

uint64_t spilled_at_most(const std::string& path, const DatabaseSettings& settings) {
  std::error_code error;
  const auto folder = std::filesystem::absolute(path, error).parent_path();
  const auto room = std::filesystem::space(folder, error);
  const uint64_t most = kSpilledOfMemory * memory_of(settings);
  return error ? most : std::min<uint64_t>(most, room.available / kSpilledOfRoom);
}

Result<duckdb_database> open_instance(const char* path, const DatabaseSettings& settings, Files files) {
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) == DuckDBError) return fail("the database could not be configured");
  std::vector<std::pair<const char*, std::string>> options = {
      {"threads", std::to_string(settings.threads > 0 ? settings.threads : static_cast<int>(thread_count()))},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
  };
  const uint64_t memory = memory_of(settings);
  options.emplace_back("max_memory", fmt::format("{}MiB", memory >> 20));
  bound_database_memory(kUncounted * memory + kToStart);
  if (files == Files::Forbidden) {
    options.emplace_back("enable_external_access", "false");
    options.emplace_back("lock_configuration", "true");
  }
  std::string refused;
  for (const auto& [name, value] : options)
    if (duckdb_set_config(config, name, value.c_str()) == DuckDBError) refused = name;
  duckdb_database database = nullptr;
  char* message = nullptr;
  const duckdb_state state = duckdb_open_ext(path, &database, config, &message);
  duckdb_destroy_config(&config);
  if (state == DuckDBError) {
    const auto error = database_error(message);
    duckdb_free(message);
    return error;
  }
  if (!refused.empty()) {
    duckdb_close(&database);
    return fail("this DuckDB library does not know the setting " + refused);
  }
  return database;
}

}  // namespace

Database::Database(std::shared_ptr<State> state) : state_(std::move(state)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

// The file is attached under a name of ours: DuckDB would name it after the file, and a file called tessera.duckdb or
// main.db would then make every "tessera.entry" or "main.orders" ambiguous. Once attached, the doors are shut; files
// that are attached already stay reachable.
Result<Database> Database::open(const std::string& path, const DatabaseSettings& settings) {
  auto state = std::make_shared<State>();
  state->database = TRY(open_instance(nullptr, settings, Files::Allowed));
  state->file = path;
  state->is_attached = true;
  Database out(std::move(state));
  std::string quoted;
  for (const char c : path) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  Connection first = TRY(out.connect_unattached());
  // For what does not fit in memory; before the file is attached, for that may be what a kill left to be done again.
  TRY(first.run(fmt::format("SET temp_directory = '{}.tmp'", quoted)));
  TRY(first.run(fmt::format("ATTACH '{}' AS {}{}", quoted, kAttachedAs, settings.read_only ? " (READ_ONLY)" : "")));
  TRY(first.run(fmt::format("SET max_temp_directory_size = '{}MiB'", spilled_at_most(path, settings) >> 20)));
  TRY(first.run("SET enable_external_access = false"));
  TRY(first.run("SET lock_configuration = true"));
  return out;
}

Result<Database> Database::in_memory(const DatabaseSettings& settings) {
  auto state = std::make_shared<State>();
  state->database = TRY(open_instance(nullptr, settings, Files::Forbidden));
  return Database(std::move(state));
}

Result<Database> Database::in_memory_for_files(const DatabaseSettings& settings) {
  auto state = std::make_shared<State>();
  state->database = TRY(open_instance(nullptr, settings, Files::Allowed));
  return Database(std::move(state));
}

Result<Connection> Database::connect() const {
  Connection out = TRY(connect_unattached());
  if (state_->is_attached) TRY(out.run(fmt::format("USE {}", kAttachedAs)));
  return out;
}

Result<Connection> Database::connect_unattached() const {
  auto state = std::make_unique<Connection::State>();
  state->database = state_;
  state->file = state_->file;
  if (duckdb_connect(state_->database, &state->connection) == DuckDBError)
    return fail("cannot connect to the database");
  return Connection(std::move(state));
}

// --- writing

struct Writer::State {
  duckdb_appender appender = nullptr;
  duckdb_data_chunk chunk = nullptr;
  std::vector<LogicalType> types;
  std::vector<void*> data;  // of each column of the block: asking for it takes longer than setting a value
  std::string file;         // the database's
  ~State() {
    if (chunk) duckdb_destroy_data_chunk(&chunk);
    // Destroying flushes; rows of an unfinished writer belong to a transaction that is about to be rolled back.
    if (appender) duckdb_appender_destroy(&appender);
  }
  duckdb_vector vector(size_t column) const { return duckdb_data_chunk_get_vector(chunk, column); }
  void find_data() {
    data.clear();
    for (size_t c = 0; c < types.size(); ++c) data.push_back(duckdb_vector_get_data(vector(c)));
  }
  std::unexpected<Error> error() const { return error_of(duckdb_appender_error_data(appender), file); }
};

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

Result<Writer> Writer::open(Connection& connection, const std::string& schema, const std::string& table,
                            std::span<const std::string> columns) {
  auto state = std::make_unique<State>();
  state->file = connection.state_->file;
  const bool is_temporary = schema == "temp";  // a catalogue of its own in DuckDB
  if (duckdb_appender_create_ext(connection.state_->connection, is_temporary ? "temp" : nullptr,
                                 is_temporary ? "main" : schema.c_str(), table.c_str(),
                                 &state->appender) == DuckDBError)
    return state->error();
  for (const auto& column : columns)
    if (duckdb_appender_add_column(state->appender, column.c_str()) == DuckDBError) return state->error();
  std::vector<duckdb_logical_type> types;
  for (size_t c = 0; c < columns.size(); ++c) {
    state->types.emplace_back(duckdb_appender_column_type(state->appender, c));
    types.push_back(state->types.back().type);
  }
  state->chunk = duckdb_create_data_chunk(types.data(), types.size());
  state->find_data();
  return Writer(std::move(state));
}

void* Writer::data(size_t column) {
  return state_->data[column];
}

namespace {

void set_invalid(duckdb_vector vector, size_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

}  // namespace

void Writer::set_null(size_t column, size_t row) {
  set_invalid(state_->vector(column), row);
}

std::span<uint64_t> Writer::valid_bits(size_t column) {
  duckdb_vector_ensure_validity_writable(state_->vector(column));
  return {duckdb_vector_get_validity(state_->vector(column)), kRows / 64};
}

void Writer::set_text(size_t column, size_t row, std::string_view text) {
  duckdb_vector_assign_string_element_len(state_->vector(column), row, text.data(), text.size());
}

void* Writer::child_data(size_t column, size_t elements) {
  const duckdb_vector vector = state_->vector(column);
  duckdb_list_vector_reserve(vector, elements);
  duckdb_list_vector_set_size(vector, elements);
  return duckdb_vector_get_data(duckdb_list_vector_get_child(vector));
}

void Writer::set_element_null(size_t column, size_t element) {
  set_invalid(duckdb_list_vector_get_child(state_->vector(column)), element);
}

void Writer::set_element_text(size_t column, size_t element, std::string_view text) {
  duckdb_vector_assign_string_element_len(duckdb_list_vector_get_child(state_->vector(column)), element, text.data(),
                                          text.size());
}

Result<void> Writer::put(size_t rows) {
  duckdb_data_chunk_set_size(state_->chunk, rows);
  if (duckdb_append_data_chunk(state_->appender, state_->chunk) == DuckDBError) return state_->error();
  duckdb_data_chunk_reset(state_->chunk);
  state_->find_data();
  return {};
}

Result<void> Writer::finish() {
  if (duckdb_appender_close(state_->appender) == DuckDBError) return state_->error();
  return {};
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

// A statement ends at its first NUL.
std::string quoted_text(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\0')
      quoted += "'||chr(0)||'";
    else
      quoted.append(c == '\'' ? 2 : 1, c);
  }
  quoted += '\'';
  return text.find('\0') == std::string_view::npos ? quoted : "(" + quoted + ")";
}

std::string union_all(std::span<const std::string> selects) {
  VERIFY(!selects.empty());
  if (selects.size() == 1) return selects[0];
  const size_t half = selects.size() / 2;
  return "(" + union_all(selects.first(half)) + ") UNION ALL (" + union_all(selects.subspan(half)) + ")";
}

}  // namespace tessera::store

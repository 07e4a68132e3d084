#include <duckdb.h>
#include <fmt/format.h>

#include "bench/peer/sql.hpp"

namespace tessera::bench {
namespace {

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

class DuckDb final : public SqlPeer {
 public:
  DuckDb(duckdb_database database, duckdb_connection connection) : database_(database), connection_(connection) {}
  ~DuckDb() override {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }

  std::string name() const override { return fmt::format("DuckDB {}", duckdb_library_version()); }

  Result<std::string> query(std::string_view sql) override {
    duckdb_result result;
    const std::string text(sql);
    if (duckdb_query(connection_, text.c_str(), &result) == DuckDBError) {
      const std::string error = duckdb_result_error(&result);
      duckdb_destroy_result(&result);
      return fail(error, text);
    }
    std::string rows;
    const idx_t columns = duckdb_column_count(&result), count = duckdb_row_count(&result);
    if (duckdb_result_return_type(result) == DUCKDB_RESULT_TYPE_QUERY_RESULT)
      for (idx_t row = 0; row < count; ++row)
        for (idx_t column = 0; column < columns; ++column) {
          char* const cell = duckdb_value_varchar(&result, column, row);
          rows += csv_cell(cell ? cell : "");
          rows += column + 1 == columns ? '\n' : ',';
          duckdb_free(cell);
        }
    duckdb_destroy_result(&result);
    return rows;
  }

 private:
  duckdb_database database_;
  duckdb_connection connection_;
};

}  // namespace

Result<std::unique_ptr<SqlPeer>> open_duckdb(const std::string& path) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  char* error = nullptr;
  if (duckdb_open_ext(path.empty() ? nullptr : path.c_str(), &database, nullptr, &error) == DuckDBError) {
    const std::string text = error ? error : "cannot open";
    duckdb_free(error);
    return fail(text, path);
  }
  if (duckdb_connect(database, &connection) == DuckDBError) {
    duckdb_close(&database);
    return fail("DuckDB does not connect", path);
  }
  return std::make_unique<DuckDb>(database, connection);
}

}  // namespace tessera::bench

// The databases the benches measure themselves against, in this process: DuckDB through the library we ship, ClickHouse
// as chDB, loaded at run time from bench/node_modules (./run bench fetches it) so that nothing else depends on it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera::bench {

// One connection of one database. Not for use by several threads at a time; inside, a query uses all cores.
class SqlPeer {
 public:
  virtual ~SqlPeer() = default;
  virtual std::string name() const = 0;  // with its version: "DuckDB v1.4.4"
  // Runs one statement. Its rows as CSV without a header (strings quoted where they must be, NULL as DuckDB's "" or
  // ClickHouse's \N); empty where it gives none. Error: the database's own words.
  virtual Result<std::string> query(std::string_view sql) = 0;
};

// `path` empty: in memory. Error: cannot open.
Result<std::unique_ptr<SqlPeer>> open_duckdb(const std::string& path = {});
// `folder` empty: a temporary one of chDB's own, gone with the process. One per process: chDB allows no second.
// Error: the library is not there (the remedy says how to fetch it) or does not load.
Result<std::unique_ptr<SqlPeer>> open_chdb(const std::string& folder = {});

}  // namespace tessera::bench

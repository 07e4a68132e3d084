// The peers answer, and alike: one small question to DuckDB and ClickHouse, whose exact sums must agree with ours. Run
// first by every `./run bench`, so that a missing or changed peer is seen before the long benches start.
#include "bench/bench.hpp"
#include "bench/peer/sql.hpp"

namespace {

constexpr const char* kDuckDbSql =
    "SELECT i % 7 AS g, count(*), sum((i * 0.01)::DECIMAL(18,6)) FROM range({0}) t(i) GROUP BY g ORDER BY g";
constexpr const char* kClickHouseSql =
    "SELECT number % 7 AS g, count(), sum(toDecimal64(number, 6) * toDecimal64('0.01', 2)) FROM numbers({0}) GROUP BY "
    "g "
    "ORDER BY g";

// The sum of every line's last cell, in hundredths.
long long hundredths_of(const std::string& rows) {
  double sum = 0;
  for (size_t at = 0; at < rows.size();) {
    const size_t end = rows.find('\n', at);
    const std::string line = rows.substr(at, end - at);
    sum += std::stod(line.substr(line.rfind(',') + 1)) * 100;
    at = end == std::string::npos ? rows.size() : end + 1;
  }
  return std::llround(sum);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tessera::bench;
  const auto options = options_of(argc, argv);
  const long long rows = options.smoke ? 100'000 : 10'000'000, truth = rows * (rows - 1) / 2;
  Table table({"peer", "rows", "sum is exact"});
  bool exact = true;
  for (auto [open, sql] : {std::pair{&open_duckdb, kDuckDbSql}, std::pair{&open_chdb, kClickHouseSql}}) {
    const auto peer = open("");
    if (!peer) {
      fmt::print(stderr, "{}\n", peer.error().text());
      return 1;
    }
    const auto answer = (*peer)->query(fmt::format(fmt::runtime(sql), rows));
    if (!answer) {
      fmt::print(stderr, "{}\n", answer.error().text());
      return 1;
    }
    const bool same = hundredths_of(*answer) == truth;
    exact = exact && same;
    table.add({(*peer)->name(), std::to_string(rows), same ? "yes" : "NO"});
    if ((*peer)->query("SELECT nonsense FROM nowhere")) {
      fmt::print(stderr, "{} answered nonsense\n", (*peer)->name());
      return 1;
    }
  }
  table.print("The peers and their exact sums");
  return exact ? 0 : 1;
}

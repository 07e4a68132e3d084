// Files in, against DuckDB reading the same file. Reading alone (parsed, normalised, put into an intake that keeps
// nothing) and the whole import into a record in memory; the peer reads every value as text (CSV) or with the schema it
// finds (JSON), into a table. The peer does less: it keeps no identities, no duplicates, no rejects.
#include <filesystem>
#include <fstream>

#include "bench/bench.hpp"
#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "ingest/discard.hpp"
#include "ingest/import.hpp"
#include "store/database.hpp"
#include "store/record.hpp"

namespace {

using namespace tessera;
namespace fs = std::filesystem;

// Segment calls of a small shop: what a line of a customer data platform looks like, about 420 bytes.
uint64_t write_calls(const std::string& path, uint64_t events) {
  std::ofstream out(path, std::ios::binary);
  Rng rng(7);
  for (uint64_t i = 0; i < events; ++i) {
    const uint64_t user = rng.below(events / 20 + 1), product = rng.below(500);
    const Instant time = *parse_instant("2025-01-01") + kSecond * static_cast<int64_t>(i * 31'000'000 / events);
    if (i % 8 == 0) {
      out << fmt::format(
          R"({{"type":"track","event":"Order Completed","userId":"u{}","messageId":"m{}","timestamp":"{}","context":{{"locale":"en-GB","channel":"web","device":{{"type":"mobile"}}}},"properties":{{"order_id":"o{}","total":{}.50,"tax":1.20,"shipping":4.95,"currency":"EUR","products":[{{"product_id":"p{}","name":"Product {}","category":"c{}","price":{}.25,"quantity":2}},{{"product_id":"p1","name":"Product 1","category":"c1","price":9.99,"quantity":1}}]}}}})",
          user, i, text_of(time), i, 10 + rng.below(90), product, product, product % 12, 5 + rng.below(40));
    } else {
      out << fmt::format(
          R"({{"type":"track","event":"Product Viewed","userId":"u{}","anonymousId":"a{}","messageId":"m{}","timestamp":"{}","context":{{"locale":"en-GB","channel":"web","device":{{"type":"mobile"}},"page":{{"path":"/p/{}","url":"https://shop.example/p/{}"}}}},"properties":{{"product_id":"p{}","name":"Product {}","category":"c{}","price":{}.25}}}})",
          user, user, i, text_of(time), product, product, product, product, product % 12, 5 + rng.below(40));
    }
    out << '\n';
  }
  return fs::file_size(path);
}

uint64_t write_lines(const std::string& path, uint64_t lines) {
  std::ofstream out(path, std::ios::binary);
  out << "order_id,customer_id,date,item,category,quantity,price\n";
  Rng rng(7);
  for (uint64_t i = 0; i < lines; ++i) {
    const uint64_t order = i / 3;
    out << fmt::format(
        "o{},c{},{},Product {},c{},{},{}.{:02}\n", order, mix64(order) % (lines / 20 + 1),
        text_of(*parse_instant("2025-01-01") + kSecond * static_cast<int64_t>(order * 90'000'000 / lines)),
        rng.below(500), rng.below(12), 1 + rng.below(4), 1 + rng.below(90), rng.below(100));
  }
  return fs::file_size(path);
}

struct Format {
  std::string_view name, file, unit, peer;
  uint64_t (*write)(const std::string&, uint64_t);
  ingest::ImportOptions options;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace tessera::bench;
  const bool smoke = options_of(argc, argv).smoke;
  const fs::path folder = fs::temp_directory_path() / fmt::format("tessera-import-bench-{}", getpid());
  fs::create_directories(folder);
  const Instant now = *parse_instant("2026-03-01");
  const Format formats[] = {
      {"JSON lines, Segment calls",
       "calls.jsonl",
       "events",
       "SELECT * FROM read_json('{}', format = 'newline_delimited')",
       write_calls,
       {.preset = "segment", .learnt = now}},
      {"CSV, order lines",
       "lines.csv",
       "lines",
       "SELECT * FROM read_csv('{}', all_varchar = true)",
       write_lines,
       {.yes = true, .learnt = now}},
  };
  Table table({"file", "rows", "MB", "read, million/s", "import, million/s", "DuckDB, million/s", "import / DuckDB",
               "growth of import"});
  int status = 0;
  for (const Format& format : formats) {
    std::vector<double> sizes, costs;
    for (const uint64_t rows : {125'000ul, 500'000ul, 2'000'000ul}) {
      const uint64_t count = smoke ? rows / 50 : rows;
      const std::string path = (folder / format.file).string();
      const double megabytes = static_cast<double>(format.write(path, count)) / 1e6;
      SilentProgress progress;
      const double reading = best_seconds(2, [&] {
        ingest::DiscardIntake intake;
        ingest::ImportReport report;
        if (!ingest::feed_file(intake, path, format.options, {}, progress, report)) status = 1;
        if (report.findings.rows_read != count) status = 1;
      });
      const double importing = best_seconds(1, [&] {
        const FixedClock clock(now);
        auto record = store::Record::in_memory(clock);
        const auto report = record ? ingest::import_files(**record, std::vector{path}, format.options, {}, progress)
                                   : std::unexpected(record.error());
        if (!report || report->findings.rows_read != count || report->findings.rejected() != 0) status = 1;
      });
      const double peer = best_seconds(2, [&] {
        auto database = store::Database::in_memory_for_files();
        auto connection = database->connect();
        const auto done =
            connection->run(fmt::format(fmt::runtime("CREATE TABLE t AS " + std::string(format.peer)), path));
        const auto rows_read = connection->integer("SELECT count(*) FROM t");
        if (!done || static_cast<uint64_t>(rows_read->value_or(0)) != count) status = 1;
      });
      sizes.push_back(static_cast<double>(count));
      costs.push_back(importing);
      const double n = static_cast<double>(count) / 1e6;
      table.add({std::string(format.name), std::to_string(count), fmt::format("{:.0f}", megabytes),
                 fmt::format("{:.2f}", n / reading), fmt::format("{:.2f}", n / importing),
                 fmt::format("{:.2f}", n / peer), fmt::format("{:.2f}", peer / importing),
                 sizes.size() == 3 ? fmt::format("{:.2f}", growth(sizes, costs)) : ""});
    }
  }
  table.print(fmt::format("Import on {} cores", thread_count()));
  fs::remove_all(folder);
  return status;
}

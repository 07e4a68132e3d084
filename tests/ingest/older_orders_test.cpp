// Orders that a version before 0.4.0 recorded are the first state of their history: the same export again adds nothing,
// the next one brings only what is new. tests/ingest/older/make.sh says how the record came to be.
#include <gtest/gtest.h>

#include "core/gzip.hpp"
#include "ingest/fed.hpp"
#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::ingest {
namespace {

const std::string kOlder = TESSERA_SOURCE_DIR "/tests/ingest/older/";

class StillClock final : public Clock {
 public:
  Instant now() const override { return *parse_instant("2026-03-01"); }
};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Preset {
  const char* name;
  uint64_t events;  // that the next export brings
  const char* told;
};
// Of each event that is new, what it says of money: its total or its difference.
constexpr Preset kPresets[] = {
    {"shopify-orders", 3, "completed #4 100.000000; refunded #1 10.000000; refunded #2 15.000000"},
    {"woocommerce-orders", 3, "cancelled 2001 -45.000000; completed 2004 45.000000; refunded 2003 10.000000"},
    {"square-sales", 1, "updated q1 4.000000"},
    {"online-retail", 2, "refunded C536379 1.500000; updated 536365 7.650000"},
    {"transactions", 1, "updated 7 5.000000"},
};

class OlderOrders : public testing::TestWithParam<Preset> {
 protected:
  OlderOrders() {
    std::string record;
    inflate(bytes_of(kOlder + "record.duckdb.gz"), size_t{64} << 20, record);
    folder_.write("record.duckdb", record);
    record_ = MUST(store::Record::open(folder_.path("record.duckdb"), store::OpenMode::MustExist, clock_));
  }
  uint64_t import(const std::string& file) {
    ImportOptions options{.preset = GetParam().name, .yes = true, .learnt = clock_.now()};
    const std::string path = kOlder + file;
    SilentProgress progress;
    return MUST(import_files(*record_, {&path, 1}, options, {}, progress)).events_stored;
  }
  // Of the facts learnt from here on.
  std::string told_since(int64_t seq) {
    std::string out;
    for (
        const auto& row : MUST(record_->connection().rows(fmt::format(
            "SELECT what, order_id, money FROM (SELECT 'completed' AS what, seq, order_id, total AS money FROM "
            "order_completed UNION ALL SELECT 'refunded', seq, order_id, total FROM order_refunded{}{}) WHERE seq >= {} "
            "ORDER BY ALL",
            part("updated"), part("cancelled"), seq))))
      out += fmt::format("{}{} {} {}", out.empty() ? "" : "; ", *row[0], *row[1], *row[2]);
    return out;
  }
  int64_t next_seq() {
    return MUST(record_->connection().integer("SELECT max(until_seq) FROM tessera.entry")).value_or(0);
  }

 private:
  std::string part(std::string_view what) {
    const bool is_there =
        MUST(record_->connection().integer(fmt::format("SELECT count(*) FROM duckdb_columns() WHERE table_name = "
                                                       "'order_{}' AND column_name = 'total_change'",
                                                       what)))
            .value_or(0) > 0;
    return is_there ? fmt::format(" UNION ALL SELECT '{0}', seq, order_id, total_change FROM order_{0}", what) : "";
  }

  StillClock clock_;
  Folder folder_;
  std::unique_ptr<store::Record> record_;
};

TEST_P(OlderOrders, TheSameAgainAddsNothingAndTheNextExportItsDifference) {
  const std::string file = GetParam().name;
  EXPECT_EQ(import(file + ".csv"), 0u) << "the same file";
  const int64_t seq = next_seq();
  EXPECT_EQ(import(file + ".next.csv"), GetParam().events);
  EXPECT_EQ(told_since(seq), GetParam().told);
  EXPECT_EQ(import(file + ".next.csv"), 0u);
  EXPECT_EQ(import(file + ".csv"), 0u) << "the older export again";
}

INSTANTIATE_TEST_SUITE_P(Presets, OlderOrders, testing::ValuesIn(kPresets), [](const auto& of) {
  std::string name = of.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace tessera::ingest

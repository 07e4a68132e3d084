// The published facts of Online Retail, counted from the rows that reach the record.
#include "core/text.hpp"
#include "ingest/import.hpp"
#include "ingest/recording.hpp"
#include "profiles/intake.hpp"
#include "store/record.hpp"

namespace tessera::ingest {
namespace {

const std::string kFile = TESSERA_SOURCE_DIR "/../shared/data/online-retail.csv.gz";

int128 sum_of(const std::vector<const RecordedRow*>& rows) {
  int128 sum = 0;
  for (const RecordedRow* row : rows) sum += parse_number(row->get("total")).number.micros;
  return sum;
}

TEST(OnlineRetail, PublishedFigures) {
  if (!std::filesystem::exists(kFile)) GTEST_SKIP() << kFile << " is not there";
  RecordingIntake intake;
  ImportReport report;
  SilentProgress progress;
  const ImportOptions options{.preset = "online-retail", .learnt = *parse_instant("2012-01-01")};
  const auto fed = feed_file(intake, kFile, options, {}, progress, report);
  ASSERT_TRUE(fed) << fed.error().text();

  EXPECT_EQ(report.findings.rows_read, 541'909u);
  EXPECT_EQ(report.findings.rejected(), 0u);
  EXPECT_EQ(report.findings.rows_without_customer, 135'080u);
  const auto orders = intake.of("Order Completed"), refunds = intake.of("Order Refunded");
  EXPECT_EQ(orders.size(), 18'536u);
  EXPECT_EQ(refunds.size(), 3'654u);
  EXPECT_EQ(text_of_micros(sum_of(orders)), "8911407.904");
  EXPECT_EQ(text_of_micros(sum_of(orders) - sum_of(refunds)), "8300065.814");
  std::set<std::string> people;
  for (const RecordedRow& row : intake.rows) people.insert(row.who.front());
  EXPECT_EQ(people.size(), 4'372u);
  EXPECT_EQ(intake.fingerprints().size(), intake.rows.size());
  EXPECT_FALSE(report.zone_known);

  const RecordedRow& first = *orders.front();
  EXPECT_EQ(first.get("order_id"), "'536365'");
  EXPECT_EQ(first.who, std::vector<std::string>{"user 17850"});
  EXPECT_EQ(text_of(first.time), "2010-12-01T08:26:00Z");
  EXPECT_EQ(first.get("total"), "139.12");
  EXPECT_EQ(first.get("currency"), "'GBP'");
  EXPECT_EQ(first.list("products.quantity"), "6 6 8 6 6 2 6");
  EXPECT_EQ(first.list("products.amount"), "15.3 20.34 22 20.34 20.34 15.3 25.5");
  EXPECT_EQ(first.list("products.service"), "false false false false false false false");
}

TEST(OnlineRetail, IntoTheRecordAndAgain) {
  if (!std::filesystem::exists(kFile)) GTEST_SKIP() << kFile << " is not there";
  const FixedClock clock(*parse_instant("2012-01-01"));
  auto record = store::Record::in_memory(clock);
  ASSERT_TRUE(record) << record.error().text();
  SilentProgress progress;
  const std::vector<std::string> files{kFile};
  const ImportOptions options{.preset = "online-retail", .learnt = clock.now()};
  const auto first = import_files(**record, files, options, {}, progress);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->findings.rows_read, 541'909u);
  EXPECT_EQ(first->events_stored, 22'190u);
  EXPECT_EQ(first->duplicates, 0u);
  EXPECT_EQ(first->customers, 4'372u);
  EXPECT_EQ(text_of(first->from), "2010-12-01T08:26:00Z");
  EXPECT_EQ(text_of(first->to), "2011-12-09T12:50:00Z");

  const auto again = import_files(**record, files, options, {}, progress);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->events_stored, 0u);
  EXPECT_EQ(again->duplicates, 22'190u);
  EXPECT_EQ(again->entry, 0u);
  EXPECT_EQ(again->customers, 4'372u);
  fmt::print("{}", first->text());
}

}  // namespace
}  // namespace tessera::ingest

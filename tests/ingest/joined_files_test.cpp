// Tables that are one only together: orders, their lines, customers and products in files of their own.
#include "ingest/joined_files.hpp"

#include "ingest/fed.hpp"
#include "store/record.hpp"

namespace tessera::ingest {
namespace {

class StillClock final : public Clock {
 public:
  Instant now() const override { return {20'513 * kDay.ms}; }
};

struct File {
  std::string name, text;
};
constexpr auto kItems =
    "order_id,order_item_id,product_id,price,freight_value\n"
    "o1,1,p1,20.00,4.00\no1,2,p2,5.00,1.00\no2,1,p1,20.00,4.00\no9,1,p1,1.00,0.00\n";
constexpr auto kOrders =
    "order_id,customer_id,order_status,order_purchase_timestamp\n"
    "o1,c1,delivered,2018-03-01 10:00:00\no2,c2,canceled,2018-03-02 10:00:00\no3,c3,delivered,2018-03-03 10:00:00\n";
constexpr auto kCustomers = "customer_id,customer_unique_id,customer_city\nc1,u1,ulm\nc2,u1,ulm\nc3,u2,bonn\n";
constexpr auto kProducts = "product_id,product_category_name\np1,mugs\np2,teas\n";

struct Done {
  std::unique_ptr<store::Record> record;
  ImportReport report;
};

Done import_all_of(const std::vector<File>& files) {
  static const StillClock clock;
  Done out{.record = store::Record::in_memory(clock, {.database = {.threads = 1}}).value(), .report = {}};
  static Folder folder;
  std::vector<std::string> paths;
  for (const File& file : files) paths.push_back(folder.write(file.name, file.text));
  SilentProgress progress;
  const ImportOptions options{.yes = true, .zone = "UTC", .learnt = clock.now()};
  auto report = import_files(*out.record, paths, options, {}, progress);
  EXPECT_TRUE(report) << report.error().text();
  if (report) out.report = std::move(*report);
  return out;
}

std::string rows(store::Record& record, const std::string& sql) {
  std::string out;
  const auto found = record.connection().rows(sql).value();
  for (const auto& row : found) {
    for (const auto& cell : row) out += cell.value_or("-") + " ";
    out += "\n";
  }
  return out;
}

TEST(JoinedFiles, LinesGetTheirOrdersAndTheirPeopleInWhateverOrderTheyAreGiven) {
  std::vector<File> files{
      {"items.csv", kItems}, {"orders.csv", kOrders}, {"customers.csv", kCustomers}, {"products.csv", kProducts}};
  for (size_t turn = 0; turn < files.size(); ++turn) {
    std::ranges::rotate(files, files.begin() + 1);
    const Done done = import_all_of(files);
    EXPECT_EQ(rows(*done.record,
                   "SELECT customer, order_id, total, \"products.category\" FROM v_order_completed "
                   "ORDER BY order_id"),
              "u1 o1 25.000000 [mugs, teas] \nu2 o3 - - \n");
    EXPECT_EQ(rows(*done.record, "SELECT customer, order_id FROM v_order_cancelled"), "u1 o2 \n");
    // A line whose order is in no file says nobody.
    EXPECT_EQ(done.report.findings.rows_without_customer, 1u);
  }
}

TEST(JoinedFiles, WhatSpeaksForItselfIsLeftAlone) {
  const auto columns = [](std::string name, std::vector<std::string> of) {
    return TableFile{std::move(name), std::move(of)};
  };
  const TableFile orders = columns("orders", {"order_id", "customer_id", "date", "amount"});
  const TableFile customers = columns("customers", {"customer_id", "city"});
  const TableFile lines = columns("lines", {"order_id", "sku", "quantity"});
  const TableFile whole = columns("whole", {"order_id", "customer_id", "date", "sku", "price"});
  EXPECT_FALSE(plan_join(std::vector{orders, customers}));
  EXPECT_FALSE(plan_join(std::vector{whole, customers}));
  EXPECT_FALSE(plan_join(std::vector{lines, customers}));
  // Customers whose id is the orders' own are an import of their own: traits, not properties.
  const auto plan = plan_join(std::vector{customers, lines, orders});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->lines, 1u);
  EXPECT_FALSE(plan->uses(0));
  EXPECT_TRUE(plan->uses(2));
}

}  // namespace
}  // namespace tessera::ingest

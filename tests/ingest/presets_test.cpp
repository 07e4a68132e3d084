// Small files in the layout of each vendor's export, and what becomes of them.
#include "formats/presets.hpp"

#include "ingest/fed.hpp"
#include "store/database.hpp"

namespace tessera::ingest {
namespace {

const RecordedRow& only(const Fed& fed, std::string_view event, size_t index = 0) {
  static const RecordedRow none;
  const auto rows = fed.intake.of(event);
  EXPECT_GT(rows.size(), index) << event << (fed.error ? fed.error->text() : "");
  return rows.size() > index ? *rows[index] : none;
}

constexpr std::string_view kShopifyExport =
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts "
    "Marketing,Currency,Subtotal,Shipping,Taxes,"
    "Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem "
    "price,Lineitem "
    "compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing "
    "Name,Billing "
    "City,Billing Zip,Billing Country,Cancelled at,Payment Method,Refunded Amount,Vendor,Id,Tags,Source,Lineitem "
    "discount,Phone\n"
    "#1002,jo@example.com,partially_refunded,2024-03-02 10:00:00 -0500,fulfilled,2024-03-03 10:00:00 "
    "-0500,yes,USD,45.00,5.00,4.00,54.00,"
    "SPRING,5.00,Standard,2024-03-02 09:59:58 -0500,2,Mug - Blue,12.50,,MUG-B,true,true,fulfilled,Jo "
    "Doe,Austin,'78701,US,,"
    "Shopify Payments,12.50,Acme,5001,vip,web,0.00,\n"
    "#1002,jo@example.com,,,,,,,,,,,,,,2024-03-02 09:59:58 -0500,1,Gift "
    "Card,25.00,,GC,false,false,fulfilled,,,,,,,,Acme,,,,0.00,\n"
    "#1001,al@example.com,paid,2024-03-01 10:00:00 -0500,unfulfilled,,no,USD,20.00,0.00,0.00,20.00,,0.00,,2024-03-01 "
    "10:00:00 -0500,"
    "1,Rug,20.00,,RUG,true,true,pending,Al Roe,Boston,'02101,US,,manual,0.00,Acme,5000,,pos,0.00,\n"
    "#1000,,voided,,,,no,USD,9.00,0.00,0.00,9.00,,0.00,,2024-02-28 10:00:00 "
    "-0500,1,Pin,9.00,,PIN,true,true,pending,,,,,,manual,0.00,Acme,4999,,web,0.00,\n";

TEST(Presets, Shopify) {
  const Fed fed = feed(kShopifyExport, {.preset = "shopify-orders"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(fed.findings().rows_read, 4u);
  EXPECT_EQ(fed.findings().rows_without_customer, 1u);
  EXPECT_TRUE(fed.report.zone_known);
  const RecordedRow& first = only(fed, "Order Completed");
  EXPECT_EQ(first.get("order_id"), "'#1001'");  // the export is newest first; the record is in order of time
  const RecordedRow& order = only(fed, "Order Completed", 1);
  EXPECT_EQ(order.who, std::vector<std::string>{"email jo@example.com"});
  EXPECT_EQ(text_of(order.time), "2024-03-02T14:59:58Z");
  EXPECT_EQ(order.get("total"), "54");
  EXPECT_EQ(order.get("tax"), "4");
  EXPECT_EQ(order.get("shipping"), "5");
  EXPECT_EQ(order.get("revenue"), "45");
  EXPECT_EQ(order.get("coupon"), "'SPRING'");
  EXPECT_EQ(order.get("currency"), "'USD'");
  EXPECT_EQ(order.list("products.name"), "'Mug - Blue' 'Gift Card'");
  EXPECT_EQ(order.list("products.amount"), "25 25");
  EXPECT_EQ(order.list("products.service"), "false true");
  const RecordedRow& refund = only(fed, "Order Refunded");
  EXPECT_EQ(refund.get("total"), "12.5");
  EXPECT_EQ(refund.get("order_id"), "'#1002'");
  EXPECT_EQ(refund.get("currency"), "'USD'");
  const auto traits = fed.intake.of("$identify");
  ASSERT_EQ(traits.size(), 2u);
  EXPECT_EQ(traits[1]->get("city"), "'Austin'");
  EXPECT_EQ(traits[1]->get("accepts_marketing"), "true");
}

TEST(Presets, ShopifyIsRecognisedWithoutBeingNamed) {
  const Fed fed = feed(kShopifyExport, {});
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(fed.report.files[0].mapping.preset, "shopify-orders");
}

TEST(Presets, WooCommerce) {
  const Fed fed = feed(
      "Order Number,Order Status,Order Date,First Name (Billing),Last Name (Billing),Email (Billing),City "
      "(Billing),Country Code "
      "(Billing),Payment Method Title,Cart Discount Amount,Order Subtotal Amount,Order Shipping Amount,Order Refund "
      "Amount,Order "
      "Total Amount,Order Total Tax Amount,SKU,Item #,Item Name,Quantity,Item Cost,Coupon Code\n"
      "731,Completed,2024-03-01 "
      "10:15,Jo,Doe,Jo@Example.com,Ulm,DE,PayPal,0,40.00,4.90,0,53.43,8.53,A1,1,Lamp,1,30.00,\n"
      "731,Completed,2024-03-01 10:15,Jo,Doe,Jo@Example.com,Ulm,DE,PayPal,0,40.00,4.90,0,53.43,8.53,B2,2,Mug,1,10.00,\n"
      "732,On hold,2024-03-02 11:00,Al,Roe,al@example.com,Bonn,DE,Bank,0,30.00,0,0,30.00,0,A1,1,Lamp,1,30.00,\n"
      "733,Cancelled,2024-03-03 12:00,Al,Roe,al@example.com,Bonn,DE,Bank,0,30.00,0,0,30.00,0,A1,1,Lamp,1,30.00,\n",
      {.preset = "woocommerce-orders"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  const RecordedRow& order = only(fed, "Order Completed");
  EXPECT_EQ(order.get("total"), "53.43");
  EXPECT_EQ(order.get("revenue"), "40");
  EXPECT_EQ(order.list("products.name"), "'Lamp' 'Mug'");
  EXPECT_EQ(only(fed, "Order Pending").get("order_id"), "'732'");
  EXPECT_EQ(only(fed, "Order Cancelled").get("order_id"), "'733'");
  EXPECT_FALSE(fed.report.zone_known);
}

TEST(Presets, Square) {
  const Fed fed = feed(
      "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net "
      "Sales,Tax,Transaction "
      "ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Dining Option,Customer ID,Customer Name,Customer "
      "Reference ID\n"
      "03/14/24,18:05:11,Eastern Time (US & Canada),Coffee,Latte,2.0,Large,,,$9.00,-$1.00,$8.00,$0.64,tx1,p1,Till "
      "1,,,Payment,Main St,For Here,CUS1,Jo Doe,\n"
      "03/14/24,18:05:11,Eastern Time (US & Canada),Food,Bagel,1.0,Regular,,,$3.50,$0.00,$3.50,$0.28,tx1,p1,Till "
      "1,,,Payment,Main St,For Here,CUS1,Jo Doe,\n"
      "03/15/24,09:00:00,Eastern Time (US & Canada),Food,Bagel,-1.0,Regular,,,-$3.50,$0.00,-$3.50,-$0.28,tx2,p2,Till "
      "1,,,Refund,Main St,For Here,CUS1,Jo Doe,\n"
      "03/15/24,09:05:00,Eastern Time (US & Canada),Food,Bagel,1.0,Regular,,,$3.50,$0.00,$3.50,$0.28,tx3,p3,Till "
      "1,,,Payment,Main St,For Here,,,\n",
      {.preset = "square-sales"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  const RecordedRow& order = only(fed, "Order Completed");
  EXPECT_EQ(text_of(order.time), "2024-03-14T22:05:11Z");
  EXPECT_EQ(order.who, std::vector<std::string>{"user CUS1"});
  EXPECT_EQ(order.get("total"), "11.5");
  EXPECT_EQ(order.list("products.category"), "'Coffee' 'Food'");
  EXPECT_EQ(order.list("products.discount"), "-1 0");
  const RecordedRow& refund = only(fed, "Order Refunded");
  EXPECT_EQ(refund.get("total"), "3.5");
  EXPECT_EQ(refund.list("products.quantity"), "1");
  EXPECT_EQ(fed.findings().rows_without_customer, 1u);
  EXPECT_TRUE(fed.report.zone_known);
}

constexpr std::string_view kGa4 =
    R"json({"event_date":"20240301","event_timestamp":"1709281560250999","event_name":"purchase","event_params":[{"key":"page_location","value":{"string_value":"https://x.org/thanks"}},{"key":"currency","value":{"string_value":"EUR"}},{"key":"ga_session_id","value":{"int_value":"1709281000"}}],"user_id":null,"user_pseudo_id":"123.456","user_properties":[{"key":"plan","value":{"string_value":"pro"}}],"device":{"category":"mobile","operating_system":"iOS","language":"de-de"},"geo":{"country":"Germany","city":"(not set)"},"traffic_source":{"name":"spring","medium":"email","source":"news"},"platform":"WEB","ecommerce":{"transaction_id":"T1","purchase_revenue":49.9,"tax_value":7.97},"items":[{"item_id":"A1","item_name":"Lamp","item_category":"Light","price":24.95,"quantity":2}]}
{"event_date":"20240301","event_timestamp":"1709281570000000","event_name":"page_view","event_params":[],"user_id":"u7","user_pseudo_id":"123.456","user_properties":[],"device":{"category":"mobile"},"items":[]}
{"event_date":"20240301","event_timestamp":"1709281570000000","event_name":"page_view","event_params":[],"items":[]}
)json";

void expect_ga4(const Fed& fed) {
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(fed.findings().rows_read, 3u);
  EXPECT_EQ(fed.findings().rows_without_customer, 1u);
  const RecordedRow& order = only(fed, "Order Completed");
  EXPECT_EQ(order.who, std::vector<std::string>{"anonymous 123.456"});
  EXPECT_EQ(text_of(order.time), "2024-03-01T08:26:00.250Z");
  EXPECT_EQ(order.get("order_id"), "'T1'");
  EXPECT_EQ(order.get("total"), "49.9");
  EXPECT_EQ(order.get("currency"), "'EUR'");
  EXPECT_EQ(order.get("ga_session_id"), "1709281000");
  EXPECT_EQ(order.get("page.url"), "'https://x.org/thanks'");
  EXPECT_EQ(order.get("device"), "'mobile'");
  EXPECT_EQ(order.get("city"), "-");
  EXPECT_EQ(order.list("products.product_id"), "'A1'");
  EXPECT_EQ(order.list("products.amount"), "49.9");
  EXPECT_EQ(only(fed, "Page Viewed").who, (std::vector<std::string>{"user u7", "anonymous 123.456"}));
  EXPECT_EQ(only(fed, "$identify").get("plan"), "'pro'");
}

TEST(Presets, Ga4JsonLines) {
  expect_ga4(feed(kGa4, {.preset = "ga4"}, "ga4.jsonl"));
  expect_ga4(feed(kGa4, {}, "ga4.jsonl"));
}

// DuckDB writes the Parquet file, nested as BigQuery's are.
TEST(Presets, Ga4Parquet) {
  const Folder folder;
  const std::string json = folder.write("ga4.jsonl", kGa4), parquet = folder.path("ga4.parquet");
  auto database = store::Database::in_memory_for_files();
  ASSERT_TRUE(database);
  auto connection = database->connect();
  const auto copied = connection->run(fmt::format("COPY (SELECT * FROM read_json({})) TO {} (FORMAT parquet)",
                                                  store::quoted_text(json), store::quoted_text(parquet)));
  ASSERT_TRUE(copied) << copied.error().text();
  expect_ga4(feed_path(parquet, {.preset = "ga4"}));
  expect_ga4(feed_path(parquet));
}

TEST(Presets, ParquetTablesAreGuessedAsOthers) {
  const Folder folder;
  const std::string parquet = folder.path("orders.parquet");
  auto database = store::Database::in_memory_for_files();
  auto connection = database->connect();
  ASSERT_TRUE(connection->run(fmt::format(
      "COPY (SELECT 'c' || i % 3 AS customer_id, TIMESTAMP '2024-03-13 10:00:00' + to_days(i::INTEGER) AS order_date, "
      "(i * 1.25)::DECIMAL(10,2) AS total FROM range(1, 11) t(i)) TO {} (FORMAT parquet)",
      store::quoted_text(parquet))));
  const Fed fed = feed_path(parquet, {.yes = true, .zone = "UTC"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  ASSERT_EQ(fed.intake.of("Order Completed").size(), 10u);
  EXPECT_EQ(only(fed, "Order Completed", 2).get("total"), "3.75");
  EXPECT_EQ(text_of(only(fed, "Order Completed", 2).time), "2024-03-16T10:00:00Z");
  const Fed damaged = feed("PAR1 and no more", {}, "x.parquet");
  ASSERT_TRUE(damaged.error);
  EXPECT_NE(damaged.error->message.find("cannot be read as Parquet"), std::string::npos) << damaged.error->text();
}

TEST(Presets, KlaviyoEvents) {
  const Fed fed = feed(
      "Event ID,Metric,Timestamp,Email,Value,Campaign Name,Subject,URL,Extra\n"
      "e1,Opened Email,2024-03-01T10:00:00+00:00,jo@example.com,,Spring,Hello,,x\n"
      "e2,Placed Order,2024-03-02T10:00:00+00:00,jo@example.com,54.00,,,,y\n",
      {.preset = "klaviyo-events"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(only(fed, "Email Opened").get("campaign_name"), "'Spring'");
  EXPECT_EQ(only(fed, "Email Opened").get("extra"), "'x'");
  EXPECT_EQ(only(fed, "Order Completed").get("total"), "54");
}

TEST(Presets, MailchimpActivityAsTableAndAsJson) {
  const Fed table = feed(
      "Email Address,Action,Timestamp,Campaign Title,URL,IP\njo@example.com,open,2024-03-01 "
      "10:00:00,Spring,,192.0.2.1\n"
      "jo@example.com,click,2024-03-01 10:01:00,Spring,https://x.org,192.0.2.1\n",
      {.preset = "mailchimp-activity"});
  ASSERT_FALSE(table.error) << table.error->text();
  EXPECT_EQ(only(table, "Email Opened").get("campaign_name"), "'Spring'");
  EXPECT_EQ(only(table, "Email Link Clicked").get("link_url"), "'https://x.org'");
  const Fed json = feed(
      R"({"jo@example.com":[{"action":"open","timestamp":"2024-03-01 10:00:00","url":null,"ip":"192.0.2.1"},{"action":"click","timestamp":"2024-03-01 10:01:00","url":"https:\/\/x.org","ip":"192.0.2.1"}]}
{"al@example.com":[{"action":"bounce","timestamp":"2024-03-01 10:00:00"}]}
)",
      {}, "activity.jsonl");
  ASSERT_FALSE(json.error) << json.error->text();
  EXPECT_EQ(json.report.files[0].mapping.preset, "mailchimp-activity");
  EXPECT_EQ(only(json, "Email Link Clicked").get("link_url"), "'https://x.org'");
  EXPECT_EQ(only(json, "Email Bounced").who, std::vector<std::string>{"email al@example.com"});
  EXPECT_EQ(json.findings().rows_read, 3u);
}

TEST(Presets, SurveyKeepsAnswersAsProperties) {
  const Fed fed = feed(
      "Respondent ID,Email Address,End Date,How likely are you to recommend us?,What could be better?\n"
      "9,jo@example.com,2024-03-13,9,\"Faster, please\"\n",
      {.preset = "survey"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  const RecordedRow& answer = only(fed, "Survey Answered");
  EXPECT_EQ(answer.get("how_likely_are_you_to_recommend_us"), "9");
  EXPECT_EQ(answer.get("what_could_be_better"), "'Faster, please'");
}

TEST(Presets, TransactionsAndCustomers) {
  const Fed fed =
      feed("customer,date,amount,category\nA,2024-03-13,5.50,Fuel\nA,2024-03-13,5.50,Fuel\nB,2024-03-14,-2.00,Food\n",
           {.preset = "transactions"});
  ASSERT_FALSE(fed.error) << fed.error->text();
  EXPECT_EQ(fed.intake.of("Order Completed").size(), 2u);
  EXPECT_EQ(only(fed, "Order Completed").list("products.category"), "'Fuel'");
  EXPECT_EQ(only(fed, "Order Refunded").get("total"), "2");
  EXPECT_EQ(fed.intake.fingerprints().size(), 3u);

  const Fed people = feed("id,Email,Plan,Seats,Trial\n7,jo@example.com,pro,12,yes\n", {.preset = "customers"});
  ASSERT_FALSE(people.error) << people.error->text();
  const RecordedRow& row = only(people, "$identify");
  EXPECT_EQ(row.time, kEver);
  EXPECT_EQ(row.who, (std::vector<std::string>{"user 7", "email jo@example.com"}));
  EXPECT_EQ(row.get("email"), "'jo@example.com'");
  EXPECT_EQ(row.get("seats"), "12");
  EXPECT_EQ(row.get("trial"), "true");
}

TEST(Presets, AMissingColumnIsNamedAndAFittingPresetProposed) {
  const Fed fed = feed(kShopifyExport, {.preset = "online-retail"});
  ASSERT_TRUE(fed.error);
  EXPECT_NE(fed.error->message.find("no column 'InvoiceNo'"), std::string::npos) << fed.error->text();
  EXPECT_NE(fed.error->remedy.find("--preset shopify-orders"), std::string::npos);
  EXPECT_FALSE(formats::find_preset("shopify"));
  EXPECT_EQ(formats::find_preset("online-retial").error().remedy, "--preset online-retail");
}

TEST(Presets, EachHasATitleAndAUniqueName) {
  std::set<std::string_view> names;
  for (const formats::Preset& preset : formats::presets()) {
    EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
    EXPECT_FALSE(preset.title.empty()) << preset.name;
  }
  EXPECT_EQ(names.size(), 11u);
}

}  // namespace
}  // namespace tessera::ingest

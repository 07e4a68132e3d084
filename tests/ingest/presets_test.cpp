// What of the presets no case file can say: Parquet, and the table itself. The rest: tests/cases/import/presets.test.
#include "formats/presets.hpp"

#include <cstdlib>
#include <fstream>

#include "core/text.hpp"
#include "ingest/fed.hpp"
#include "ingest/fields.hpp"
#include "store/database.hpp"

namespace tessera::ingest {
namespace {

const RecordedRow& only(const Fed& fed, std::string_view event, size_t index = 0) {
  static const RecordedRow none;
  const auto rows = fed.intake.of(event);
  EXPECT_GT(rows.size(), index) << event << (fed.error ? fed.error->text() : "");
  return rows.size() > index ? *rows[index] : none;
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

TEST(Presets, EachHasATitleAndAUniqueName) {
  std::set<std::string_view> names;
  for (const formats::Preset& preset : formats::presets()) {
    EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
    EXPECT_FALSE(preset.title.empty()) << preset.name;
  }
  EXPECT_GE(names.size(), 40u);
}

// A file with the columns of a preset's table is taken for that preset's and no other's, however they are written.
TEST(Presets, EachKnowsItsOwnColumns) {
  for (const formats::Preset& preset : formats::presets()) {
    if (preset.signature.empty()) continue;
    std::vector<std::string> columns;
    const auto add = [&](std::string_view names) {
      const std::string_view name = names == "?" ? "Why?" : split(names, '|').front();
      if (!formats::find_column(names, columns)) columns.emplace_back(name);
    };
    for (const std::string_view names : preset.signature) add(names);
    for (const formats::PresetColumn& column : preset.columns)
      if (std::ranges::find(preset.made, column.names, &formats::MadeColumn::name) == preset.made.end())
        add(column.names);
    const formats::Preset* found = formats::recognise_preset(columns);
    ASSERT_NE(found, nullptr) << preset.name;
    EXPECT_EQ(found->name, preset.name);
    for (std::string& column : columns) column = " " + fold_case(column) + "_";
    EXPECT_EQ(formats::recognise_preset(columns), found) << preset.name << " in small letters";
  }
}

// What rows without an id of their own are known by, "PRESET|COLUMN|WHAT" a line.
const std::string kKnownBy = TESSERA_SOURCE_DIR "/tests/ingest/presets_known_by.txt";

std::map<std::string, std::string> known_by_column() {
  std::map<std::string, std::string> out;
  for (const formats::Preset& preset : formats::presets())
    for (const formats::PresetColumn& column : preset.columns)
      out[fmt::format("{}|{}", preset.name, split(column.names, '|').front())] =
          known_by({.column = "",
                    .role = column.role,
                    .target = std::string(column.target),
                    .known_as = std::string(column.known_as)});
  return out;
}

// A preset that is edited makes no row of the same file a new one: a column keeps what it is known by (PresetColumn::
// known_as says it where part or target change), and one that is read anew is no part of it. A new preset is added to the
// list by TESSERA_BLESS=1, which changes no line that is there.
TEST(Presets, RowsStayKnownByWhatTheyWere) {
  std::map<std::string, std::string> golden;
  std::set<std::string> listed;
  std::ifstream file(kKnownBy);
  for (std::string line; std::getline(file, line);) {
    const size_t end = line.rfind('|');
    golden[line.substr(0, end)] = line.substr(end + 1);
    listed.insert(line.substr(0, line.find('|')));
  }
  auto known = known_by_column();
  if (std::getenv("TESSERA_BLESS")) {
    std::ofstream out(kKnownBy);
    known.merge(golden);
    for (const auto& [column, what] : known)
      out << column << '|' << (golden.contains(column) ? golden[column] : what) << '\n';
  }
  ASSERT_GT(golden.size(), 200u);
  for (const auto& [column, what] : golden)
    EXPECT_EQ(known.contains(column) ? known[column] : "no such column", what) << column;
  for (const auto& [column, what] : known) {
    if (!listed.contains(column.substr(0, column.find('|'))) || golden.contains(column)) continue;
    EXPECT_EQ(what, formats::kNotKnownBy) << column << " is read anew";
  }
}

}  // namespace
}  // namespace tessera::ingest

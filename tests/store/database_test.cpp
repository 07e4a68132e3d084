#include "store/database.hpp"

#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::store;

namespace {

Connection connection_in_memory() {
  const auto database = MUST(Database::in_memory());
  return MUST(database.connect());
}

TEST(Database, AnswersWithTypedSpans) {
  auto connection = connection_in_memory();
  auto answer =
      MUST(connection.query("SELECT range AS n, range::VARCHAR || repeat('x', 20) AS t, [range, range + 1] AS l, "
                            "(range / 4)::DECIMAL(18,6) AS d, nullif(range, 3) AS maybe FROM range(5000)"));
  EXPECT_EQ(answer.columns(), 5u);
  EXPECT_EQ(answer.name(1), "t");
  EXPECT_EQ(answer.type_text(2), "BIGINT[]");
  EXPECT_EQ(answer.type_text(3), "DECIMAL(18,6)");
  int64_t expected = 0;
  while (const auto chunk = MUST(answer.next())) {
    const Vector n = chunk->column(0), t = chunk->column(1), l = chunk->column(2), d = chunk->column(3),
                 maybe = chunk->column(4);
    for (size_t row = 0; row < chunk->rows(); ++row, ++expected) {
      ASSERT_EQ(n.values<int64_t>()[row], expected);
      ASSERT_EQ(t.text(row), std::to_string(expected) + std::string(20, 'x'));
      ASSERT_EQ(l.list(row).length, 2u);
      ASSERT_EQ(l.child().values<int64_t>()[l.list(row).offset + 1], expected + 1);
      ASSERT_EQ(d.values<int64_t>()[row], expected * 250'000);
      ASSERT_EQ(maybe.is_null(row), expected == 3);
    }
  }
  EXPECT_EQ(expected, 5000);
}

TEST(Database, BindsEveryKindOfValue) {
  auto connection = connection_in_memory();
  const auto rows = MUST(connection.rows("SELECT ?, ?, ?, ?, ?, ?::TIMESTAMP_MS, ?, ?::TIMESTAMP_MS",
                                         {nullptr, true, int64_t{-5}, uint64_t{UINT64_MAX}, std::string_view("it's\"x"),
                                          Instant{0}, Number{-1'500'000}, kEver}));
  using Row = std::vector<std::optional<std::string>>;
  EXPECT_EQ(rows, std::vector<Row>({Row{std::nullopt, "true", "-5", "18446744073709551615", "it's\"x",
                                        "1970-01-01 00:00:00", "-1.500000", "-infinity"}}));
}

TEST(Database, WriterAppendsListsTextsAndNulls) {
  auto connection = connection_in_memory();
  MUST(connection.run("CREATE TABLE t(a UINTEGER, b VARCHAR, c VARCHAR[], unnamed INTEGER DEFAULT 7)"));
  const std::vector<std::string> columns = {"c", "a", "b"};
  auto writer = MUST(Writer::open(connection, "main", "t", columns));
  for (int block = 0; block < 3; ++block) {
    auto parts = writer.values<ListPart>(0);
    writer.elements<StoredText>(0, 2 * Writer::kRows);
    auto a = writer.values<uint32_t>(1);
    for (size_t row = 0; row < Writer::kRows; ++row) {
      parts[row] = {row * 2, 2};
      writer.set_element_text(0, row * 2, "first");
      writer.set_element_null(0, row * 2 + 1);
      a[row] = static_cast<uint32_t>(row);
      if (row % 2)
        writer.set_null(2, row);
      else
        writer.set_text(2, row, "a text that is longer than twelve bytes");
    }
    ASSERT_TRUE(writer.put(Writer::kRows));
  }
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(MUST(connection.integer(
                "SELECT count(*) FROM t WHERE c[1] = 'first' AND c[2] IS NULL AND len(c) = 2 AND unnamed = 7")),
            3 * int64_t{Writer::kRows});
  EXPECT_EQ(MUST(connection.integer("SELECT count(b) FROM t")), 3 * int64_t{Writer::kRows} / 2);
  EXPECT_EQ(MUST(connection.integer("SELECT sum(a) FROM t")), 3 * 2048 * 2047 / 2);
}

TEST(Database, WriterTakesBorrowedTextsAndValidityBits) {
  auto connection = connection_in_memory();
  MUST(connection.run("CREATE TABLE t(a VARCHAR)"));
  const std::string texts[] = {"", "short", "twelve bytes", "thirteen byte", std::string(5000, 'y')};
  const std::vector<std::string> columns = {"a"};
  auto writer = MUST(Writer::open(connection, "main", "t", columns));
  for (size_t row = 0; row < 5; ++row) writer.values<StoredText>(0)[row] = StoredText::of(texts[row]);
  writer.valid_bits(0)[0] &= ~uint64_t{2};
  MUST(writer.put(5));
  MUST(writer.put(0));
  writer.values<StoredText>(0)[0] = StoredText::of("again");
  MUST(writer.put(1));
  MUST(writer.finish());
  const auto rows = MUST(connection.rows("SELECT a FROM t"));
  ASSERT_EQ(rows.size(), 6u);
  for (size_t row = 0; row < 5; ++row) EXPECT_EQ(rows[row][0], row == 1 ? std::nullopt : std::optional(texts[row]));
  EXPECT_EQ(rows[5][0], "again");
  EXPECT_EQ(MUST(connection.integer("SELECT count(*) FROM t WHERE a = 'twelve bytes'")), 1);
}

TEST(Database, TransactionRollsBackUnlessCommitted) {
  auto connection = connection_in_memory();
  MUST(connection.run("CREATE TABLE t(a INTEGER)"));
  {
    const auto transaction = MUST(Transaction::begin(connection));
    MUST(connection.run("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(MUST(connection.integer("SELECT count(*) FROM t")), 0);
  auto transaction = MUST(Transaction::begin(connection));
  MUST(connection.run("INSERT INTO t VALUES (?)", {int64_t{1}}));
  ASSERT_TRUE(transaction.commit());
  EXPECT_EQ(MUST(connection.integer("SELECT count(*) FROM t")), 1);
}

TEST(Database, TheRecordsInstanceTouchesNoOtherFileAndCannotBeUnlocked) {
  auto connection = connection_in_memory();
  for (const char* sql :
       {"SELECT * FROM read_text('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/tessera-should-not-exist.csv'",
        "ATTACH '/tmp/tessera-should-not-exist.db'", "SET enable_external_access = true", "SET threads = 9",
        "INSTALL httpfs", "LOAD '/tmp/x.duckdb_extension'", "SELECT * FROM glob('/*')"}) {
    const auto refused = connection.run(sql);
    EXPECT_FALSE(refused) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/tessera-should-not-exist.csv"));
  auto files = MUST(Database::in_memory_for_files());
  auto reader = MUST(files.connect());
  EXPECT_TRUE(reader.run("SELECT * FROM read_text('/etc/passwd')"));
}

TEST(Database, ErrorsSayWhatFailed) {
  auto connection = connection_in_memory();
  EXPECT_THAT(connection.run("SELEC 1").error().text(), testing::HasSubstr("not valid SQL"));
  EXPECT_THAT(connection.query("SELECT * FROM nowhere").error().text(), testing::HasSubstr("nowhere"));
  EXPECT_THAT(connection.run("SELECT 'x'::INTEGER").error().text(), testing::HasSubstr("cannot be converted"));
}

TEST(Database, StreamsInChunks) {
  auto connection = connection_in_memory();
  auto answer = MUST(connection.stream("SELECT range FROM range(1000000)"));
  int64_t sum = 0;
  while (const auto chunk = MUST(answer.next()))
    for (const int64_t value : chunk->column(0).values<int64_t>()) sum += value;
  EXPECT_EQ(sum, 999'999'000'000 / 2);
}

TEST(Database, QuotesNamesAndTexts) {
  auto connection = connection_in_memory();
  const std::string_view nul("a\0'b", 4);
  EXPECT_EQ(MUST(connection.text("SELECT " + quoted_text(nul) + " || 'c'")), std::string(nul) + "c");
  EXPECT_EQ(MUST(connection.text("SELECT " + quoted_text("it's; \"x\" -- y"))), "it's; \"x\" -- y");
  MUST(connection.run("CREATE TABLE t(" + quoted_name("a\"b; drop") + " INTEGER)"));
  MUST(connection.run("SELECT " + quoted_name("a\"b; drop") + " FROM t"));
}

}  // namespace

#include "store/question.hpp"

#include <atomic>

#include "core/stop.hpp"
#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::store;
using testing::HasSubstr;

namespace {

Connection numbers() {
  const auto database = MUST(Database::in_memory());
  auto connection = MUST(database.connect());
  MUST(
      connection.run("CREATE TABLE t AS SELECT * FROM (VALUES (1, 'a \"b\", c', 1.50, [1, 2], true), (20, NULL, NULL, "
                     "[], NULL)) t(n, s, d, l, b)"));
  return connection;
}

TEST(Question, IsAnsweredAsTextCsvAndJson) {
  auto connection = numbers();
  const auto answer = MUST(ask(connection, " SELECT * FROM t ORDER BY n; "));
  EXPECT_EQ(answer.text(),
            " n  s            d  l       b\n 1  a \"b\", c  1.50  [1, 2]  true\n20                  []\n");
  EXPECT_EQ(answer.csv(), "n,s,d,l,b\n1,\"a \"\"b\"\", c\",1.50,\"[1, 2]\",true\n20,,,[],\n");
  EXPECT_EQ(
      answer.json().dump(),
      R"([{"n":1,"s":"a \"b\", c","d":1.50,"l":"[1, 2]","b":true},{"n":20,"s":null,"d":null,"l":"[]","b":null}])");
}

TEST(Question, IsCutAtTheLimitAndSaysSo) {
  auto connection = numbers();
  const auto answer = MUST(ask(connection, "SELECT range FROM range(100000) -- all of them", 10));
  EXPECT_EQ(answer.rows.size(), 10u);
  EXPECT_TRUE(answer.is_cut);
  EXPECT_FALSE(MUST(ask(connection, "SELECT range FROM range(10)", 10)).is_cut);
  EXPECT_EQ(MUST(ask(connection, "WITH x AS (SELECT 1 AS a) SELECT a FROM x")).rows.size(), 1u);
}

// Piece by piece it is what it is as a whole, whatever its size.
TEST(Question, IsSaidPieceByPiece) {
  auto connection = numbers();
  const auto said = [&](const std::string& sql, AnswerForm form) {
    std::string all;
    MUST(answer(connection, sql, form, {}, [&](std::string_view piece) { all += piece; }));
    return all;
  };
  for (const char* const sql :
       {"SELECT * FROM t ORDER BY n", "SELECT * FROM t WHERE false",
        "SELECT range AS r, repeat('é\n\"', (range % 7)::BIGINT) AS \"a b\", NULL AS z FROM range(9000)"}) {
    const auto whole = MUST(ask(connection, sql));
    EXPECT_EQ(said(sql, AnswerForm::Text), whole.text()) << sql;
    EXPECT_EQ(said(sql, AnswerForm::Csv), whole.csv()) << sql;
    EXPECT_EQ(said(sql, AnswerForm::Json), whole.json().dump(2) + "\n") << sql;
  }
  // A table of more rows than are looked at first: a wider one pushes its own line.
  const std::string table = said(
      "SELECT 'a' || CASE WHEN range = 20000 THEN repeat('b', 50) ELSE '' END AS x, 1 AS y "
      "FROM range(20001)",
      AnswerForm::Text);
  EXPECT_TRUE(table.starts_with("x  y\na  1\n"));
  EXPECT_TRUE(table.ends_with("a  1\na" + std::string(50, 'b') + "  1\n"));
}

TEST(Question, EndsAtItsLimitsAndNamesThem) {
  auto connection = numbers();
  const auto trouble = [&](const std::string& sql, const QuestionLimits& limits) {
    std::string all;
    const auto done = answer(connection, sql, AnswerForm::Csv, limits, [&](std::string_view piece) { all += piece; });
    return done ? "none, " + std::to_string(all.size()) : done.error().text();
  };
  EXPECT_THAT(trouble("SELECT * FROM range(11)", {.rows = 10}), HasSubstr("more than 10 rows"));
  EXPECT_THAT(trouble("SELECT * FROM range(10)", {.rows = 10}), HasSubstr("none"));
  EXPECT_THAT(trouble("SELECT '" + std::string(100, 'x') + "'", {.text_bytes = 100}), HasSubstr("at most 100 bytes"));
  EXPECT_THAT(
      trouble("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", {.time = Duration{100}}),
      HasSubstr("took longer"));
  // While it is being read too.
  EXPECT_THAT(trouble("SELECT * FROM range(100000000000)", {.time = Duration{500}}), HasSubstr("took longer"));
  EXPECT_THAT(trouble("SELECT 1", {.time = kMinute}), HasSubstr("none"));
#if !defined(TESSERA_SANITIZED)
  EXPECT_THAT(trouble("SELECT repeat('x', 50000000)", {.memory = 10 << 20}), HasSubstr("memory"));
  EXPECT_THAT(trouble("SELECT [repeat('x', 20) || range] FROM range(5)", {.memory = 10 << 20}), HasSubstr("none"));
#endif
  EXPECT_EQ(MUST(connection.integer("SELECT count(*) FROM t")), 2) << "and the next is answered";
}

TEST(Question, EndsWhenNobodyWaitsForIt) {
  auto connection = numbers();
  std::atomic<bool> is_gone{false};
  const StopWhen stop(is_gone);
  size_t pieces = 0;
  const auto done = answer(connection, "SELECT * FROM range(100000000000)", AnswerForm::Csv, {}, [&](std::string_view) {
    if (++pieces == 3) is_gone = true;
  });
  EXPECT_FALSE(done);
  EXPECT_LT(pieces, 100u);
}

TEST(Question, ChangesNothing) {
  auto connection = numbers();
  for (const char* sql :
       {"DELETE FROM t", "SELECT 1; DELETE FROM t", "SELECT 1) ; DELETE FROM t; SELECT * FROM (SELECT 1",
        "DROP TABLE t", "CREATE TABLE u(a INTEGER)", "SET threads = 1", "ATTACH ':memory:' AS m",
        "SELECT * FROM read_text('/etc/passwd')", "", ";"})
    EXPECT_FALSE(ask(connection, sql)) << sql;
  EXPECT_EQ(MUST(connection.integer("SELECT count(*) FROM t")), 2);
  EXPECT_THAT(ask(connection, "SELEC 1").error().text(), HasSubstr("not valid SQL"));
}

}  // namespace

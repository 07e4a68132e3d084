#include "store/question.hpp"

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

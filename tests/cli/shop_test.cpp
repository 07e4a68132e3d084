// A small shop, from file to list, as its owner would do it.
#include "cli/program.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

constexpr const char* kEvents =
    R"({"type":"identify","userId":"ann","timestamp":"2026-01-01T00:00:00Z","messageId":"m1","traits":{"email":"ann@example.org","country":"DE","accepts_marketing":true}}
{"type":"identify","userId":"bob","timestamp":"2026-01-01T00:00:00Z","messageId":"m2","traits":{"email":"bob@example.org","country":"AT","accepts_marketing":false}}
{"type":"identify","userId":"cem","timestamp":"2026-01-01T00:00:00Z","messageId":"m3","traits":{"country":"DE"}}
{"type":"track","userId":"ann","event":"Order Completed","timestamp":"2026-02-01T10:00:00Z","messageId":"m4","properties":{"order_id":"1","total":19.99}}
{"type":"track","userId":"ann","event":"Order Completed","timestamp":"2026-02-20T10:00:00Z","messageId":"m5","properties":{"order_id":"2","total":30}}
{"type":"track","userId":"bob","event":"Order Completed","timestamp":"2026-01-15T10:00:00Z","messageId":"m6","properties":{"order_id":"3","total":5}}
{"type":"track","userId":"cem","event":"Product Added","timestamp":"2026-02-28T22:00:00Z","messageId":"m7","properties":{"product_id":"9"}}
)";

class Shop : public ::testing::Test {
 protected:
  void SetUp() override {
    work.write("events.jsonl", kEvents);
    const Ran imported = work.sh("tessera import events.jsonl --preset segment --format json");
    ASSERT_EQ(imported.code, 0) << imported.err;
    report = *parse_json(imported.out);
  }
  std::string count(const std::string& condition, const std::string& at = "2026-03-01") const {
    const Ran ran = work.sh(fmt::format("tessera segments count --as-of {} -e '{}'", at, condition));
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  }
  Workplace work;
  Json report;
};

TEST_F(Shop, ImportReportsWhatHappened) {
  EXPECT_EQ(report.find("rows_read")->number_or(0), 7);
  EXPECT_EQ(report.find("rows_rejected")->number_or(-1), 0);
  EXPECT_EQ(report.find("customers")->number_or(0), 3);
  for (const char* key : {"rejects", "rows_without_customer", "events_stored", "duplicates", "from", "to"})
    EXPECT_TRUE(report.find(key)) << key;
}

TEST_F(Shop, ASecondImportChangesNothing) {
  const Ran again = work.sh("tessera import events.jsonl --preset segment --format json");
  ASSERT_EQ(again.code, 0) << again.err;
  const Json second = *parse_json(again.out);
  EXPECT_EQ(second.find("events_stored")->number_or(-1), 0);
  EXPECT_EQ(second.find("duplicates")->number_or(-1), 4);
  EXPECT_EQ(count("at least 1 \"Order Completed\""), "2\n");
}

TEST_F(Shop, CountPrintsTheNumberAlone) {
  EXPECT_EQ(count("at least 2 \"Order Completed\" in the last 30 days"), "1\n");
  EXPECT_EQ(count("trait country = \"DE\""), "2\n");
  EXPECT_EQ(count("sum(\"Order Completed\".total) >= 49.99"), "1\n");
  EXPECT_EQ(count("sum(\"Order Completed\".total) > 49.99"), "0\n");
}

TEST_F(Shop, AnyPastInstantCanBeAsked) {
  EXPECT_EQ(count("did \"Order Completed\"", "2026-01-31"), "1\n");
  EXPECT_EQ(count("last \"Product Added\" at least 2 hours ago", "2026-03-01T00:00:00Z"), "1\n");
  EXPECT_EQ(count("last \"Product Added\" at least 2 hours ago", "2026-02-28T23:59:59.999Z"), "0\n");
}

TEST_F(Shop, MembersAreIdsSorted) {
  const Ran ran = work.sh("tessera segments members --as-of 2026-03-01 -e 'did \"Order Completed\"'");
  EXPECT_EQ(ran.out, "ann\nbob\n") << ran.err;
}

TEST_F(Shop, AMistakeIsShownWithItsPlace) {
  const Ran ran = work.sh("tessera segments count -e 'at least 2 \"Order Completed\" in the last 30 dasy'");
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("did you mean 'days'?"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("^"), std::string::npos);
}

TEST_F(Shop, DefinitionsAreAppliedListedAndAsked) {
  work.write("shop.tsl",
             "segment \"Buyers\" =\n  did \"Order Completed\"\n\nsegment \"Germans, buying\" = in segment \"Buyers\" "
             "and trait country = \"DE\"\n");
  EXPECT_EQ(work.sh("tessera segments check shop.tsl").code, 0);
  const Ran applied = work.sh("tessera segments apply shop.tsl");
  ASSERT_EQ(applied.code, 0) << applied.err;
  const Ran members = work.sh("tessera segments members germans-buying --as-of 2026-03-01");
  EXPECT_EQ(members.out, "ann\n") << members.err;
  EXPECT_EQ(work.sh("tessera segments members 'Germans, buying' --as-of 2026-03-01").out, "ann\n");
  const Ran missing = work.sh("tessera segments members 'Germans, byuing'");
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("did you mean 'Germans, buying'?"), std::string::npos) << missing.err;
  const Ran listed = work.sh("tessera segments list --format json");
  EXPECT_EQ(parse_json(listed.out)->as_array()->size(), 2u) << listed.out;
}

TEST_F(Shop, AListLeavesOutWhoMayNotBeWrittenTo) {
  const Ran ran = work.sh(
      "tessera export -e 'trait country is known' --for mailchimp --identified --tag spring --as-of 2026-03-01");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "Email Address,Tags\nann@example.org,spring\n");
  EXPECT_NE(ran.err.find("1 left out: consent refused"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("1 left out: consent unknown"), std::string::npos) << ran.err;
  EXPECT_EQ(work.sh("tessera sql \"SELECT count(*) AS n FROM tessera.audit WHERE action = 'identified output: "
                    "export'\" --format csv")
                .out,
            "n\n1\n");
  const Ran unasked = work.sh("tessera export -e 'trait country is known' --for mailchimp");
  EXPECT_EQ(unasked.code, 2);
  EXPECT_EQ(work.sh("tessera export -e 'trait country is known' --as-of 2026-03-01").out, "customer\nann\n");
}

TEST_F(Shop, BackupAndRestoreAreTheSameRecord) {
  ASSERT_EQ(work.sh("tessera backup copy.duckdb").code, 0);
  ASSERT_EQ(work.sh("tessera --store again.duckdb restore copy.duckdb").code, 0);
  EXPECT_EQ(work.sh("tessera --store again.duckdb segments count --as-of 2026-03-01 -e 'did \"Order Completed\"'").out,
            "2\n");
  const Ran over = work.sh("tessera restore copy.duckdb");
  EXPECT_EQ(over.code, 1) << "an existing record must not be replaced";
  EXPECT_EQ(work.sh("tessera doctor").code, 0);
}

TEST_F(Shop, SqlReadsAndNeverWrites) {
  EXPECT_EQ(work.sh("tessera sql 'SELECT customer FROM v_order_completed ORDER BY total' --format csv").out,
            "customer\nbob\nann\nann\n");
  EXPECT_EQ(work.sh("tessera sql 'DELETE FROM order_completed'").code, 1);
  EXPECT_EQ(work.sh("tessera sql \"SELECT * FROM read_text('/etc/passwd')\"").code, 1);
  EXPECT_EQ(count("did \"Order Completed\""), "2\n");
}

}  // namespace
}  // namespace tessera::cli

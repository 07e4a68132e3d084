// The audit: rows of before are its first leaves, and whatever is changed in it shows.
#include "store/audit_log.hpp"

#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::store {
namespace {

class Audit : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 5; ++i)
      MUST(record->audit(kNow + Duration{i}, "ann", fmt::format("did {}", i), "of somebody", "203.0.113.7"));
  }
  Result<AuditHead> verify(const std::optional<AuditHead>& earlier = std::nullopt) {
    return verify_audit(record->connection(), earlier);
  }
  void run(const std::string& sql) { MUST(record->connection().run(sql)); }

  static constexpr Instant kNow{1'772'366'400'000};
  SystemClock clock;
  std::unique_ptr<Record> record = MUST(Record::in_memory(clock));
};

TEST_F(Audit, IsWholeAndGrows) {
  const AuditHead head = MUST(verify());
  EXPECT_EQ(head.size, record->audit_head()->size);
  EXPECT_EQ(head.root, record->audit_head()->root);
  MUST(record->audit(kNow, "bob", "saw", ""));
  // What was noted once is found again in what became of it.
  const AuditHead later = MUST(verify(head));
  EXPECT_EQ(later.size, head.size + 1);
  EXPECT_NE(later.root, head.root);
  const auto newest = MUST(list_audit(record->connection(), 2, 1));
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].action, "did 4");
  EXPECT_EQ(newest[0].address, "203.0.113.7");
}

TEST_F(Audit, WhatIsChangedShows) {
  MUST(verify());
  for (
      const std::string sql :
      {"UPDATE tessera.audit SET detail = 'of nobody' WHERE action = 'did 2'",
       "UPDATE tessera.audit SET who = 'bob' WHERE action = 'did 0'",
       "UPDATE tessera.audit SET address = NULL WHERE action = 'did 1'",
       "UPDATE tessera.audit SET done = done + INTERVAL 1 DAY WHERE action = 'did 3'",
       "DELETE FROM tessera.audit WHERE action = 'did 2'", "DELETE FROM tessera.audit WHERE action = 'did 4'",
       "UPDATE tessera.audit SET number = NULL WHERE action = 'did 4'",
       "UPDATE tessera.audit SET hash = repeat('0', 64) WHERE action = 'did 3'",
       "INSERT INTO tessera.audit SELECT done, who, action, detail, number + 1, address, hash FROM tessera.audit WHERE "
       "action = 'did 4'",
       "UPDATE tessera.audit_head SET size = size - 1"}) {
    auto transaction = MUST(Transaction::begin(record->connection()));
    run(sql);
    EXPECT_FALSE(verify()) << sql;
  }
  MUST(verify());
}

// Who can write the file can make another whole tree; whoever noted the head knows.
TEST_F(Audit, ATreeThatWasMadeAnewIsNotTheOneThatWasNoted) {
  const AuditHead head = MUST(verify());
  run("DELETE FROM tessera.audit WHERE action = 'did 4'");
  run("UPDATE tessera.audit SET number = NULL, hash = NULL");
  run("UPDATE tessera.audit_head SET size = 0, peaks = ''");
  const auto forged = MUST(AuditLog::open(MUST(record->connect())));
  EXPECT_TRUE(verify());
  EXPECT_FALSE(verify(head));
  MUST(forged->append({.number = {}, .done = kNow, .who = "x", .address = {}, .action = "y", .detail = {}}));
  EXPECT_EQ(forged->head().size, head.size);
  EXPECT_FALSE(verify(head));
}

TEST_F(Audit, RowsOfBeforeAreTheFirstLeavesInTheirOrder) {
  run("DELETE FROM tessera.audit");
  run("UPDATE tessera.audit_head SET size = 0, peaks = ''");
  run("INSERT INTO tessera.audit(done, who, action, detail) VALUES ('2026-01-02', 'cli', 'second', NULL), "
      "('2026-01-01', 'cli', 'first', 'x')");
  const auto log = MUST(AuditLog::open(MUST(record->connect())));
  EXPECT_EQ(log->head().size, 2U);
  MUST(log->append({.number = {}, .done = kNow, .who = "ann", .address = {}, .action = "third", .detail = {}}));
  const auto all = MUST(list_audit(record->connection(), 9, 0));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].action, "first");
  EXPECT_EQ(all[1].action, "second");
  EXPECT_EQ(all[0].number, 2U);
  EXPECT_EQ(MUST(verify()).size, 3U);
  // A second opening has nothing to do.
  EXPECT_EQ(MUST(AuditLog::open(MUST(record->connect())))->head().root, log->head().root);
}

// What was seen was seen, whatever becomes of the transaction around it.
TEST_F(Audit, StaysWhereTheWorkAroundItIsUndone) {
  {
    auto transaction = MUST(Transaction::begin(record->connection()));
    run("INSERT INTO tessera.meta VALUES ('undone', '1')");
    MUST(record->audit(kNow, "ann", "in the middle", ""));
  }
  EXPECT_EQ(MUST(list_audit(record->connection(), 1, 0))[0].action, "in the middle");
  MUST(verify());
}

}  // namespace
}  // namespace tessera::store

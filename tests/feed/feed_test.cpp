#include "feed/feed.hpp"

#include <atomic>
#include <thread>

#include "store/record.hpp"
#include "store/scratch.hpp"

namespace tessera::feed {
namespace {

class ListFeed final : public Feed {
 public:
  std::vector<Change> all;
  bool is_broken = false;
  Result<std::vector<Change>> changes_after(const Position& after, size_t limit) override {
    if (is_broken) return fail("the disk is gone");
    std::vector<Change> page;
    for (const Change& change : all)
      if ((!after || change.id > *after) && page.size() < limit) page.push_back(change);
    return page;
  }
  Subscription listen(std::function<void()> bell) override { return bells_.listen(std::move(bell)); }
  void happen(ChangeId id) {
    all.push_back({.id = id, .customer = "c", .segment = "s"});
    bells_.ring(id);
  }

 private:
  Bells bells_;
};

TEST(Position, IsATextThatReadsBack) {
  for (const Position& position : {Position(), Position(ChangeId{4711, 3}), Position(ChangeId{0, 0})})
    EXPECT_EQ(MUST(parse_position(text_of(position))), position);
  EXPECT_EQ(text_of(Position(ChangeId{4711, 3})), "4711-3");
  for (const char* bad : {"yesterday", "1", "1-", "-1", "1-2-3", "1-2 "}) {
    const auto wrong = parse_position(bad);
    ASSERT_FALSE(wrong.has_value()) << bad;
    EXPECT_EQ(wrong.error().blame, Blame::Usage);
  }
}

TEST(Cursor, GivesEveryChangeOnceAndStaysWhereAnErrorWas) {
  ListFeed feed;
  for (uint32_t i = 0; i < 7; ++i) feed.all.push_back({.id = {10 + i / 3, i % 3}});
  Cursor cursor(feed, Position());
  std::vector<ChangeId> seen;
  for (;;) {
    const auto page = MUST(cursor.next(2));
    if (page.empty()) break;
    for (const Change& change : page) seen.push_back(change.id);
    EXPECT_EQ(cursor.position(), seen.back());
  }
  ASSERT_EQ(seen.size(), 7u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  feed.all.push_back({.id = {20, 0}});
  feed.is_broken = true;
  EXPECT_FALSE(cursor.next(2).has_value());
  EXPECT_EQ(cursor.position(), seen.back());
  feed.is_broken = false;
  EXPECT_EQ(MUST(cursor.next(2)).size(), 1u);
}

// What a consumer decides and how far it has come are there together, or neither is.
TEST(Position, IsCommittedInTheConsumersOwnTransaction) {
  const FixedClock clock(*parse_instant("2026-03-01"));
  const auto record = MUST(store::Record::in_memory(clock));
  auto connection = MUST(record->connect());
  MUST(connection.run("CREATE TABLE tessera.decided(what VARCHAR)"));
  ListFeed feed;
  feed.all.push_back({.id = {10, 0}});
  feed.all.push_back({.id = {20, 1}});
  const auto decide = [&](bool is_kept) {
    Cursor cursor(feed, MUST(read_position(connection, "letters")));
    auto transaction = MUST(store::Transaction::begin(connection));
    for (const Change& change : MUST(cursor.next(1)))
      MUST(connection.run("INSERT INTO tessera.decided VALUES (?)", {std::string_view(text_of(change.id))}));
    MUST(write_position(connection, "letters", cursor.position()));
    if (is_kept) MUST(transaction.commit());
  };
  const auto decided = [&] { return MUST(connection.integer("SELECT count(*) FROM tessera.decided")); };
  EXPECT_EQ(MUST(read_position(connection, "letters")), std::nullopt);
  decide(false);  // it fell over before the end
  EXPECT_EQ(MUST(read_position(connection, "letters")), std::nullopt);
  EXPECT_EQ(decided(), 0);
  decide(true);
  EXPECT_EQ(MUST(read_position(connection, "letters")), (ChangeId{10, 0}));
  EXPECT_EQ(MUST(read_position(connection, "others")), std::nullopt) << "each has its own";
  decide(true);
  EXPECT_EQ(decided(), 2);
  EXPECT_EQ(MUST(read_position(connection, "letters")), (ChangeId{20, 1}));
}

TEST(Bells, ConcurrentListenersHearOfWhatLiesBehindTheirBeginning) {
  Bells bells;
  bells.start_at({5, 0});
  std::atomic<uint64_t> rung{0};
  auto first = bells.listen([&] { ++rung; });
  EXPECT_EQ(first.newest, (ChangeId{5, 0}));
  std::thread ringing([&] {
    for (uint64_t i = 6; i < 500; ++i) bells.ring({i, 0});
  });
  for (int i = 0; i < 100; ++i) {
    const Subscription heard = bells.listen([&] { ++rung; });
    EXPECT_GE(heard.newest, first.newest);
  }
  ringing.join();
  EXPECT_GE(rung, 494u);
  first.handle.reset();
  const uint64_t before = rung;
  bells.ring({500, 0});
  EXPECT_EQ(rung, before) << "who has let go of the handle is not told";
  EXPECT_EQ(bells.listen([] {}).newest, (ChangeId{500, 0}));
}

}  // namespace
}  // namespace tessera::feed

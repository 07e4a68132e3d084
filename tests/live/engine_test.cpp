// The engine around the fold: threads, log and record. What it says after a restart, or after its record was lost
// behind its log, is what it would say had it never stopped.
#include "live/engine.hpp"

#include <atomic>
#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/entry.hpp"
#include "live/random_world.hpp"
#include "profiles/doctor.hpp"
#include "profiles/load.hpp"
#include "segment/check.hpp"
#include "segment/parse.hpp"
#include "segment/print.hpp"
#include "store/definitions.hpp"

namespace tessera::live {
namespace {

namespace fs = std::filesystem;

class SetClock final : public Clock {
 public:
  Instant now() const override { return Instant{ms}; }
  std::atomic<int64_t> ms{0};
};

// A body is the number of a row of the world.
class WorldReader final : public Reader {
 public:
  WorldReader(profiles::Intake& intake, const std::vector<WorldRow>& world) : intake_(intake), world_(world) {}
  void read(const Submission& submission, Instant) override {
    if (submission.body == "bad")
      intake_.reject({.source = "test", .line = 0, .reason = "bad", .value = {}, .row = submission.body});
    else
      put(intake_, world_[std::stoul(submission.body)]);
  }

 private:
  profiles::Intake& intake_;
  const std::vector<WorldRow>& world_;
};

constexpr const char* kDefinitions = R"(
event order = "Order Completed"
let spent = sum(order.total, last 20 days)
segment "Buyers" = at least 1 order in the last 10 days
segment "Lookers" = last "Product Viewed" less than 5 days ago and no order since then
segment "Spenders" = spent > 3
segment "Germans" = trait country = "DE"
segment "Quiet" = no any event in the last 7 days
)";

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("tessera-engine-{}-{}", getpid(), counter_++);
    fs::create_directories(folder_);
    clock_.ms = (Instant{20'000 * kDay.ms} - kDay).ms;
  }
  void TearDown() override {
    engine_.reset();
    record_.reset();
    fs::remove_all(folder_);
  }

  void start(const Settings& settings = {}) {
    auto record = store::Record::open((folder_ / "r.db").string(), store::OpenMode::CreateIfMissing, clock_);
    ASSERT_TRUE(record.has_value()) << record.error().text();
    record_ = std::move(*record);
    auto engine = Engine::start(
        *record_, (folder_ / "r.db.log").string(),
        [this](profiles::Intake& intake) { return std::make_unique<WorldReader>(intake, world_); }, settings, clock_);
    ASSERT_TRUE(engine.has_value()) << engine.error().text();
    engine_ = std::move(*engine);
  }
  void stop() {
    const auto stopped = engine_->stop();
    EXPECT_TRUE(stopped.has_value()) << stopped.error().text();
    engine_.reset();
    record_.reset();
  }
  void send(const std::string& body) {
    std::promise<Result<uint64_t>> promise;
    auto logged = promise.get_future();
    ASSERT_EQ(engine_->submit({"test", "", body}, [&](Result<uint64_t> offset) { promise.set_value(offset); }),
              Taken::Yes);
    const auto offset = logged.get();
    ASSERT_TRUE(offset.has_value()) << offset.error().text();
    engine_->catch_up();
  }

  static inline int counter_ = 0;
  fs::path folder_;
  SetClock clock_;
  std::vector<WorldRow> world_;
  std::unique_ptr<store::Record> record_;
  std::unique_ptr<Engine> engine_;
};

std::map<std::string, uint64_t> counts_of(const Json& segments) {
  std::map<std::string, uint64_t> out;
  for (const Json& segment : *segments.as_array())
    out[segment.find("id")->text_or("")] = static_cast<uint64_t>(segment.find("members")->number_or(-1));
  return out;
}

segment::Program program_of(std::string_view text) {
  return segment::check(segment::parse_definitions(text).definitions, segment::Schema{}).program;
}

// Members by the batch evaluator over the record.
std::map<std::string, uint64_t> batch_counts(store::Record& record, const segment::Program& program, Instant as_of,
                                             Instant known_at) {
  const auto history = *profiles::load(record, {}, known_at);
  const auto plan = *segment::compile(program);
  const auto bound = *segment::Bound::bind(plan, history);
  const auto found = segment::evaluate_all(bound, as_of, known_at);
  std::map<std::string, uint64_t> out;
  for (size_t s = 0; s < plan.segments.size(); ++s) out[plan.outputs[plan.segments[s]].slug] = found.count(s);
  return out;
}

TEST_F(EngineTest, RestartsGoOnAsIfNothingHappened) {
  Rng rng(5);
  world_ = random_world(rng, {.customers = 30, .rows = 300, .many_ids = true});
  start();
  const auto applied = engine_->apply_definitions(kDefinitions);
  ASSERT_TRUE(applied.has_value()) << applied.error().text();
  const auto program = program_of(kDefinitions);
  std::map<Instant, std::map<std::string, uint64_t>> live_at;
  std::vector<Change> feed;
  for (size_t r = 0; r < world_.size(); ++r) {
    clock_.ms = world_[r].learnt.ms;
    send(std::to_string(r));
    if (r % 10 == 0) live_at[world_[r].learnt] = counts_of(engine_->segments());
    if (r % 61 != 60) continue;
    stop();
    start();
  }
  send("bad");
  const auto changes = engine_->changes_after("", 100'000);
  ASSERT_TRUE(changes.has_value()) << changes.error().text();
  EXPECT_GT(changes->size(), 100u);
  const auto live = counts_of(engine_->segments());
  stop();

  // The feed in the record is the feed.
  start();
  EXPECT_EQ(*engine_->changes_after("", 100'000), *changes);
  EXPECT_EQ(engine_->changes_after(text_of((*changes)[40].id), 5)->front(), (*changes)[41]);
  EXPECT_EQ(engine_->subscribe([](std::span<const Change>) {}).second, text_of(changes->back().id))
      << "from now on is from the newest, also after a restart";
  EXPECT_EQ(counts_of(engine_->segments()), live);
  stop();

  record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
  EXPECT_EQ(batch_counts(*record_, program, clock_.now(), kNever), live);
  // The last of the instants of one learnt time is the one to compare with.
  for (const auto& [at, counts] : live_at) {
    if (std::ranges::count(world_, at, &WorldRow::learnt) > 1) continue;
    EXPECT_EQ(batch_counts(*record_, program, at, at), counts) << text_of(at);
  }
  const auto findings = profiles::examine(*record_);
  ASSERT_TRUE(findings.has_value());
  EXPECT_FALSE(profiles::has_problems(*findings)) << profiles::text_of(*findings);
  EXPECT_EQ(*record_->connection().integer("SELECT count(*) FROM tessera.reject"), 1);
}

// The record falls back to an earlier copy (a restored backup, a crash): the log brings it up again, with the same ids.
TEST_F(EngineTest, TheLogBringsAnOlderRecordUpWithTheSameChanges) {
  Rng rng(6);
  world_ = random_world(rng, {.customers = 10, .rows = 150, .many_ids = true});
  start();
  ASSERT_TRUE(engine_->apply_definitions(kDefinitions).has_value());
  const auto half = world_.size() / 2;
  for (size_t r = 0; r < half; ++r) {
    clock_.ms = world_[r].learnt.ms;
    send(std::to_string(r));
  }
  stop();
  fs::copy_file(folder_ / "r.db", folder_ / "older.db");
  start();
  for (size_t r = half; r < world_.size(); ++r) {
    clock_.ms = world_[r].learnt.ms;
    send(std::to_string(r));
  }
  ASSERT_TRUE(engine_->apply_definitions("segment \"Two\" = at least 2 \"Product Added\"").has_value());
  ASSERT_TRUE(engine_->remove_definition("germans").has_value());
  const auto changes = *engine_->changes_after("", 100'000);
  const auto counts = counts_of(engine_->segments());
  EXPECT_TRUE(counts.contains("two"));
  EXPECT_FALSE(counts.contains("germans"));
  stop();
  fs::remove(folder_ / "r.db");
  fs::rename(folder_ / "older.db", folder_ / "r.db");
  start();
  EXPECT_EQ(*engine_->changes_after("", 100'000), changes);
  EXPECT_EQ(counts_of(engine_->segments()), counts);
}

TEST_F(EngineTest, TimeAloneMovesMembers) {
  world_ = {{.learnt = {},
             .who = {{profiles::IdentifierKind::UserId, "u"}},
             .row = {.customer = {}, .event = "Order Completed", .time = Instant{20'000 * kDay.ms}, .properties = {}},
             .fingerprint = 1}};
  start();
  ASSERT_TRUE(engine_->apply_definitions(kDefinitions).has_value());
  clock_.ms = world_[0].row.time.ms + 5;
  send("0");
  EXPECT_EQ(counts_of(engine_->segments())["buyers"], 1u);
  // The writer notices by itself that a timer is due.
  std::promise<void> told;
  const auto heard = engine_->subscribe([&](std::span<const Change>) { told.set_value(); });
  clock_.ms = (world_[0].row.time + kDay * 10).ms;
  ASSERT_EQ(told.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(counts_of(engine_->segments())["buyers"], 0u);
  const auto changes = *engine_->changes_after("", 100);
  EXPECT_EQ(changes.back().at, world_[0].row.time + kDay * 10) << "to the millisecond";
  EXPECT_EQ(changes.back().cause, Cause::Time);
}

TEST_F(EngineTest, WrongDefinitionsAreRefusedWithPlaces) {
  start();
  const auto refused = engine_->apply_definitions("segment \"A\" = at least 2 ordr in the last 30 dasy");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().text(), testing::HasSubstr("dasy"));
  EXPECT_FALSE(engine_->remove_definition("a").has_value());
  EXPECT_EQ(engine_->segments().as_array()->size(), 0u);
}

TEST(LogEntry, ReadsBackWhatItWrote) {
  const LogEntry entry{
      .kind = EntryKind::Events, .learnt = Instant{-5}, .calls = {{"a", "", "{}"}, {"", "x", ""}}, .text = {}};
  const std::string bytes = encode(entry);
  const auto read = decode(bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->learnt, entry.learnt);
  ASSERT_EQ(read->calls.size(), 2u);
  EXPECT_EQ(read->calls[0].body, "{}");
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto part = decode(bytes.substr(0, cut));
    EXPECT_TRUE(!part || part->calls.size() < 2) << cut;
  }
  EXPECT_FALSE(decode("\x09" + bytes.substr(1)).has_value());
}

}  // namespace
}  // namespace tessera::live

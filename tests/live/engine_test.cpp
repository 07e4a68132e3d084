// The engine around the fold: threads, log and record. What it says after a restart, or after its record was lost
// behind its log, is what it would say had it never stopped.
#include "live/engine.hpp"

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/machine.hpp"
#include "core/text.hpp"
#include "fold/values.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "live/entry.hpp"
#include "live/log_reader.hpp"
#include "live/random_world.hpp"
#include "profiles/doctor.hpp"
#include "profiles/load.hpp"
#include "profiles/schema.hpp"
#include "profiles/set_back.hpp"
#include "profiles/tables.hpp"
#include "soak.hpp"
#include "store/definitions.hpp"

namespace tessera::live {
namespace {

namespace fs = std::filesystem;

class SetClock final : public Clock {
 public:
  Instant now() const override { return Instant{ms}; }
  std::atomic<int64_t> ms{0};
};

class SetMachine final : public Machine {
 public:
  Duration since_boot() const override { return Duration{ms}; }
  std::string boot() const override { return "one"; }
  std::atomic<int64_t> ms{kHour.ms};
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
        [this](profiles::Intake& intake) { return std::make_unique<WorldReader>(intake, world_); }, settings, clock_,
        above_);
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

  // The one reader of a room above, from the next start on.
  template <typename OfAbove>
  OfAbove& follow() {
    auto reader = std::make_unique<OfAbove>();
    OfAbove& out = *reader;
    above_ = {&out};
    readers_.push_back(std::move(reader));
    return out;
  }

  static inline int counter_ = 0;
  fs::path folder_;
  SetClock clock_;
  SetMachine machine_;
  std::vector<WorldRow> world_;
  // The readers of rooms above; they outlive the engine.
  std::vector<std::unique_ptr<LogReader>> readers_;
  std::vector<LogReader*> above_;
  std::unique_ptr<store::Record> record_;
  std::unique_ptr<Engine> engine_;
};

std::map<std::string, uint64_t> counts_of(const std::vector<SegmentState>& segments) {
  std::map<std::string, uint64_t> out;
  for (const SegmentState& segment : segments) out[segment.slug] = segment.members;
  return out;
}

language::Program program_of(std::string_view text) {
  return language::check(language::parse_definitions(text).definitions, language::Schema{}).program;
}

// Members by the batch evaluator over the record.
std::map<std::string, uint64_t> batch_counts(store::Record& record, const language::Program& program, Instant as_of,
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
  std::vector<feed::Change> feed;
  for (size_t r = 0; r < world_.size(); ++r) {
    clock_.ms = world_[r].learnt.ms;
    send(std::to_string(r));
    if (r % 10 == 0) live_at[world_[r].learnt] = counts_of(engine_->segments());
    if (r % 61 != 60) continue;
    stop();
    start();
  }
  send("bad");
  const auto changes = engine_->changes_after({}, 100'000);
  ASSERT_TRUE(changes.has_value()) << changes.error().text();
  EXPECT_GT(changes->size(), 100u);
  const auto live = counts_of(engine_->segments());
  stop();

  // The feed in the record is the feed.
  start();
  EXPECT_EQ(*engine_->changes_after({}, 100'000), *changes);
  EXPECT_EQ(engine_->changes_after((*changes)[40].id, 5)->front(), (*changes)[41]);
  EXPECT_EQ(engine_->listen([] {}).newest, changes->back().id)
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

// A room above says facts: they are in the log, count at once, and are there after a restart.
TEST_F(EngineTest, FactsThatARoomSaysAreWhatAnyFactIs) {
  world_ = {{.learnt = clock_.now(),
             .who = {{profiles::IdentifierKind::UserId, "ann"}},
             .row = {.customer = "ann", .event = "Seen", .time = clock_.now(), .properties = {}},
             .fingerprint = 1,
             .ruling = {}}};
  start();
  ASSERT_TRUE(engine_->apply_definitions("segment \"Golden\" = trait tier = \"gold\" and did \"Seen\"").has_value());
  send("0");
  const auto golden = [&] { return counts_of(engine_->segments()).at("golden"); };
  const profiles::SystemFact gold{.stream = profiles::SystemStream::Identify,
                                  .who = {profiles::IdentifierKind::UserId, "ann"},
                                  .time = clock_.now(),
                                  .values = {{"tier", std::string("gold")}},
                                  .fingerprint = 5};
  EXPECT_EQ(golden(), 0u);
  profiles::SystemFact of_nobody = gold;
  of_nobody.who.value = "nobody";
  EXPECT_FALSE(engine_->put(std::vector{gold, of_nobody}).has_value());
  EXPECT_EQ(golden(), 0u) << "all or nothing";
  ASSERT_TRUE(engine_->put({&gold, 1}).has_value());
  ASSERT_TRUE(engine_->put({&gold, 1}).has_value());
  EXPECT_EQ(golden(), 1u);
  stop();
  start();
  EXPECT_EQ(golden(), 1u);
  ASSERT_TRUE(engine_->put({&gold, 1}).has_value());
  // A mark that a room says is the gate's like that of a ruling, and stands against detectors.
  const profiles::SystemFact mark{.stream = profiles::SystemStream::Ruling,
                                  .who = gold.who,
                                  .time = clock_.now(),
                                  .values = {{"$marked", std::string("staff")}, {"$by", std::string("payroll")}}};
  ASSERT_TRUE(engine_->put({&mark, 1}).has_value());
  EXPECT_EQ(golden(), 0u);
  const auto changes = engine_->changes_after({}, 100);
  ASSERT_TRUE(changes.has_value());
  EXPECT_EQ(changes->size(), 2u) << "entered, left";
  stop();
  record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
  EXPECT_EQ(*record_->connection().integer("SELECT count(*) FROM main.identify"), 1) << "put three times, there once";
  EXPECT_EQ(*record_->connection().integer("SELECT system FROM tessera.catalogue WHERE event = '$ruling'"), 3);
  EXPECT_EQ(
      batch_counts(*record_, program_of("segment \"Golden\" = trait tier = \"gold\""), clock_.now(), kNever)["golden"],
      0u);
}

// Whatever a reader lets through: the intake takes facts of the system by their row alone.
TEST_F(EngineTest, NoEventCountsAsAFactOfTheSystem) {
  for (const profiles::SystemStreamRow& row : profiles::kSystemStreams)
    world_.push_back({.learnt = clock_.now(),
                      .who = {{profiles::IdentifierKind::UserId, "ann"}},
                      .row = {.customer = "ann",
                              .event = std::string(row.name),
                              .time = clock_.now(),
                              .properties = {{"$marked", profiles::HistoryBuilder::Value(std::string("bot"))}},
                              .is_sent = true},
                      .fingerprint = world_.size() + 1,
                      .ruling = {}});
  start();
  for (size_t i = 0; i < world_.size(); ++i) send(std::to_string(i));
  stop();
  record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
  EXPECT_EQ(*record_->connection().integer("SELECT count(*) FROM tessera.catalogue WHERE kind = 'event'"), 0);
  EXPECT_EQ(*record_->connection().integer("SELECT count(DISTINCT value) FROM tessera.reject WHERE reason = "
                                           "'reserved-event-name'"),
            static_cast<int64_t>(std::size(profiles::kSystemStreams)));
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
  const auto changes = *engine_->changes_after({}, 100'000);
  const auto counts = counts_of(engine_->segments());
  EXPECT_TRUE(counts.contains("two"));
  EXPECT_FALSE(counts.contains("germans"));
  stop();
  fs::remove(folder_ / "r.db");
  fs::rename(folder_ / "older.db", folder_ / "r.db");
  start();
  EXPECT_EQ(*engine_->changes_after({}, 100'000), changes);
  EXPECT_EQ(counts_of(engine_->segments()), counts);
}

// What a crash leaves: the record as it was when the definitions came into force, and the log of all that followed. The
// clock has gone back meanwhile. Every change has the id and the cause that subscribers were told.
TEST_F(EngineTest, AfterACrashEveryChangeIsSaidAgainAsItWas) {
  Rng rng(8);
  world_ = random_world(rng, {.customers = 20, .rows = 400, .many_ids = true});
  start({.flush_after = kDay * 10'000});
  ASSERT_TRUE(engine_->apply_definitions(kDefinitions).has_value());
  fs::create_directory(folder_ / "crash");
  for (const char* name : {"r.db", "r.db.wal"})
    if (fs::exists(folder_ / name)) fs::copy_file(folder_ / name, folder_ / "crash" / name);
  for (size_t r = 0; r < world_.size(); ++r) {
    clock_.ms = world_[r].learnt.ms;
    send(std::to_string(r));
  }
  const auto changes = *engine_->changes_after({}, 100'000);
  const auto counts = counts_of(engine_->segments());
  const Instant as_of = engine_->status().as_of;
  EXPECT_GT(changes.size(), 200u);
  stop();
  for (const char* name : {"r.db", "r.db.wal"}) fs::remove(folder_ / name);
  for (const auto& file : fs::directory_iterator(folder_ / "crash"))
    fs::rename(file.path(), folder_ / file.path().filename());
  clock_.ms -= kDay.ms;
  start();
  const auto again = *engine_->changes_after({}, 100'000);
  ASSERT_EQ(again.size(), changes.size());
  for (size_t i = 0; i < changes.size(); ++i)
    ASSERT_EQ(json_of(again[i]).dump(), json_of(changes[i]).dump()) << "change " << i;
  EXPECT_EQ(counts_of(engine_->segments()), counts);
  send("bad");
  EXPECT_EQ(engine_->status().as_of, as_of) << "what is learnt is never learnt before the rest";
}

WorldRow row_of(const std::string& who, const char* event, Instant at, uint64_t fingerprint) {
  return {.learnt = at,
          .who = {{profiles::IdentifierKind::UserId, who}},
          .row = {.customer = who, .event = event, .time = at, .properties = {}},
          .fingerprint = fingerprint,
          .ruling = {}};
}

// Members as somebody keeps them who goes by is_member of each change of the feed.
std::map<std::string, std::set<std::string>> kept_by_feed(Engine& engine) {
  std::map<std::string, std::set<std::string>> out;
  const auto changes = *engine.changes_after({}, 100'000);
  for (const feed::Change& change : changes)
    if (change.is_member)
      out[change.segment].insert(change.customer);
    else
      out[change.segment].erase(change.customer);
  std::erase_if(out, [](const auto& each) { return each.second.empty(); });
  return out;
}
std::map<std::string, std::set<std::string>> members_of(Engine& engine) {
  std::map<std::string, std::set<std::string>> out;
  for (const SegmentState& segment : engine.segments()) {
    const auto ids = *engine.members(segment.slug, "", 10'000);
    if (!ids.empty()) out[segment.slug] = {ids.begin(), ids.end()};
  }
  return out;
}

TEST_F(EngineTest, AJumpOfTheClockIsNotLogged) {
  const Instant begin = clock_.now();
  const auto pass = [&](Duration time) {
    clock_.ms += time.ms;
    machine_.ms += time.ms;
  };
  world_ = {row_of("ann", "Order Completed", begin, 1), row_of("bob", "Order Completed", begin, 2)};
  start({.machine = &machine_});
  ASSERT_TRUE(engine_->apply_definitions(kDefinitions).has_value());
  send("0");
  clock_.ms += 30 * kDay.ms;
  pass(kSecond);
  send("1");
  EXPECT_EQ(engine_->status().as_of, begin + kSecond);
  ASSERT_TRUE(engine_->status().held_clock.has_value());
  EXPECT_EQ(counts_of(engine_->segments()).at("buyers"), 2u) << "no window moved on";
  // Held back as it was by the same start of the machine, whatever is started again meanwhile.
  stop();
  start({.machine = &machine_});
  EXPECT_EQ(engine_->status().held_clock->jump, kDay * 30);
  EXPECT_EQ(engine_->clock().now(), begin + kSecond);
  clock_.ms -= 30 * kDay.ms;
  pass(kSecond);
  send("bad");
  EXPECT_EQ(engine_->status().as_of, begin + kSecond * 2);
  EXPECT_FALSE(engine_->status().held_clock.has_value());
  // Right after all, says somebody.
  clock_.ms += 30 * kDay.ms;
  (void)engine_->status();
  ASSERT_TRUE(engine_->accept_clock().has_value());
  send("bad");
  EXPECT_EQ(counts_of(engine_->segments()).at("buyers"), 0u);
  EXPECT_EQ(kept_by_feed(*engine_), members_of(*engine_));
}

// A version that followed the clock has left a record that is ahead of it by 30 days.
TEST_F(EngineTest, ARecordThatIsAheadIsSetBackAndTheFeedSaysWhatComesOfIt) {
  const Instant begin = clock_.now();
  world_ = {row_of("ann", "Order Completed", begin, 1), row_of("bob", "Order Completed", begin + kDay * 30, 2),
            row_of("ann", "Product Viewed", begin + kDay * 30, 3)};
  start();
  ASSERT_TRUE(engine_->apply_definitions(kDefinitions).has_value());
  send("0");
  EXPECT_EQ(members_of(*engine_)["buyers"], std::set<std::string>{"ann"});
  clock_.ms += 30 * kDay.ms;
  send("1");
  send("2");
  EXPECT_EQ(members_of(*engine_)["buyers"], std::set<std::string>{"bob"});
  EXPECT_EQ(members_of(*engine_)["lookers"], std::set<std::string>{"ann"});
  stop();
  clock_.ms = (begin + kHour).ms;
  record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
  const auto back = profiles::set_back(*record_, clock_.now(), clock_.now());
  ASSERT_TRUE(back.has_value()) << back.error().text();
  EXPECT_EQ(back->newest, begin + kDay * 30);
  EXPECT_EQ(back->events, 2u);
  EXPECT_FALSE(profiles::set_back(*record_, clock_.now(), clock_.now()).has_value()) << "it is not ahead any more";
  const auto findings = profiles::examine(*record_);
  EXPECT_FALSE(profiles::has_problems(*findings)) << profiles::text_of(*findings);
  record_.reset();
  for (int starts = 0; starts < 2; ++starts) {
    start();
    send("bad");
    EXPECT_EQ(engine_->status().as_of, clock_.now());
    EXPECT_EQ(members_of(*engine_)["buyers"], (std::set<std::string>{"ann", "bob"}));
    EXPECT_EQ(kept_by_feed(*engine_), members_of(*engine_));
    const auto live = counts_of(engine_->segments());
    const size_t changes = engine_->changes_after({}, 100'000)->size();
    stop();
    record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
    EXPECT_EQ(batch_counts(*record_, program_of(kDefinitions), clock_.now(), kNever), live);
    EXPECT_EQ(*record_->connection().integer("SELECT count(*) FROM tessera.change"), static_cast<int64_t>(changes));
    record_.reset();
  }
}

TEST_F(EngineTest, AClockThatGoesBackDoesNotTurnTimeBack) {
  Rng rng(9);
  world_ = random_world(rng, {.customers = 10, .rows = 120, .many_ids = true});
  start();
  ASSERT_TRUE(engine_->apply_definitions(kDefinitions).has_value());
  Instant latest = kEver;
  for (size_t r = 0; r < world_.size(); ++r) {
    // A step of up to two days either way; now and then a restart in between.
    clock_.ms = world_[r].learnt.ms + static_cast<int64_t>(rng.below(4 * kDay.ms)) - 2 * kDay.ms;
    if (r % 40 == 39) {
      stop();
      start();
    }
    send(std::to_string(r));
    latest = std::max(latest, clock_.now());
    EXPECT_EQ(engine_->status().as_of, latest);
  }
  const auto changes = *engine_->changes_after({}, 100'000);
  EXPECT_TRUE(std::ranges::is_sorted(changes, {}, &feed::Change::learnt));
  EXPECT_TRUE(std::ranges::is_sorted(changes, {}, &feed::Change::id));
  const auto live = counts_of(engine_->segments());
  stop();
  record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
  EXPECT_EQ(batch_counts(*record_, program_of(kDefinitions), latest, kNever), live);
}

// Names beyond the tables are kept all the same, before and after a restart, and known when they come again.
TEST_F(EngineTest, NamesOfEventsBeyondTheTablesAreKept) {
  if (kSanitized) GTEST_SKIP() << "a thousand tables take a minute; IntakeTest.EventNamesBeyondTheTables* is sanitized";
  constexpr size_t kRare = 7;
  const size_t names = profiles::kMaxEvents + kRare;
  for (size_t n = 0; n < names + 2; ++n)
    world_.push_back({.learnt = {},
                      .who = {{profiles::IdentifierKind::UserId, "u"}},
                      .row = {.customer = {},
                              .event = fmt::format("name {}", n < names ? n : 5),
                              .time = Instant{clock_.ms + static_cast<int64_t>(n)},
                              .properties = {}},
                      .fingerprint = n + 1});
  start({.flush_after = kDay * 10'000});
  clock_.ms += kDay.ms;
  const auto expect = [&](uint64_t received, uint64_t duplicates) {
    const Status status = engine_->status();
    EXPECT_EQ(status.received, received);
    EXPECT_EQ(status.duplicates, duplicates);
    EXPECT_EQ(status.rejects, 0u);
  };
  const std::string last =
      fmt::format("segment \"Last\" = did \"name {}\"\nsegment \"All\" = at least {} any event", names - 1, names + 1);
  ASSERT_TRUE(engine_->apply_definitions(last).has_value());
  for (size_t n = 0; n <= names; ++n) send(std::to_string(n));
  expect(names + 1, 0);
  const std::map<std::string, uint64_t> both = {{"all", 1}, {"last", 1}};
  EXPECT_EQ(counts_of(engine_->segments()), both);
  stop();
  start();
  EXPECT_EQ(counts_of(engine_->segments()), both);
  send(std::to_string(names - 1));
  send(std::to_string(names + 1));
  expect(1, 1);
  stop();
  record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
  auto& connection = record_->connection();
  EXPECT_EQ(*connection.integer("SELECT count(*) FROM main.name_5"), 3);
  EXPECT_EQ(*connection.integer("SELECT count(*) FROM main.rare_events"), kRare);
  EXPECT_EQ(profiles::list_events(connection, profiles::Counting::No)->size(), names);
  const auto findings = profiles::examine(*record_);
  ASSERT_TRUE(findings.has_value());
  EXPECT_FALSE(profiles::has_problems(*findings)) << profiles::text_of(*findings);
}

// Of what came before the last two days of the record a start remembers nothing, and says so; a clock that is far ahead
// when it starts makes it no longer ago.
TEST_F(EngineTest, WhatIsRememberedAfterARestartIsOfTheRecordsLastDays) {
  for (uint64_t n = 0; n < 3; ++n)
    world_.push_back({.learnt = {},
                      .who = {{profiles::IdentifierKind::UserId, "u"}},
                      .row = {.customer = {}, .event = "Paid", .time = Instant{20'000 * kDay.ms}, .properties = {}},
                      .fingerprint = n + 1});
  clock_.ms = 20'000 * kDay.ms;
  start();
  send("0");
  EXPECT_EQ(engine_->status().duplicates_known_since, std::nullopt);
  clock_.ms += 3 * kDay.ms;
  const Instant last{clock_.ms};
  send("1");
  stop();
  clock_.ms += 20 * kDay.ms;
  start();
  EXPECT_EQ(engine_->status().duplicates_known_since, last - kDay * 2);
  send("1");
  EXPECT_EQ(engine_->status().duplicates, 1u);
  send("0");
  EXPECT_EQ(engine_->status().duplicates, 1u) << "too long ago";
  stop();
  record_ = std::move(*store::Record::open((folder_ / "r.db").string(), store::OpenMode::MustExist, clock_));
  const auto findings = profiles::examine(*record_);
  ASSERT_TRUE(findings.has_value());
  EXPECT_FALSE(profiles::has_problems(*findings)) << profiles::text_of(*findings);
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
  const auto heard = engine_->listen([&] { told.set_value(); });
  clock_.ms = (world_[0].row.time + kDay * 10).ms;
  ASSERT_EQ(told.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(counts_of(engine_->segments())["buyers"], 0u);
  const auto changes = *engine_->changes_after({}, 100);
  EXPECT_EQ(changes.back().at, world_[0].row.time + kDay * 10) << "to the millisecond";
  EXPECT_EQ(changes.back().cause, feed::Cause::Time);
}

TEST_F(EngineTest, ASilentSourceIsShownWithWhatRestsOnItAlsoAfterARestart) {
  for (uint64_t n = 0; n < 40; ++n)
    world_.push_back({.learnt = {},
                      .who = {{profiles::IdentifierKind::UserId, "u"}},
                      .row = {.customer = {},
                              .event = n % 2 ? "Product Viewed" : "Order Completed",
                              .time = Instant{20'000 * kDay.ms},
                              .properties = {}},
                      .fingerprint = n + 1});
  const auto from = [&](const std::string& source, size_t row) {
    std::promise<Result<uint64_t>> promise;
    auto logged = promise.get_future();
    ASSERT_EQ(
        engine_->submit({source, "", std::to_string(row)}, [&](Result<uint64_t> offset) { promise.set_value(offset); }),
        Taken::Yes);
    ASSERT_TRUE(logged.get().has_value());
    engine_->catch_up();
  };
  using Names = std::vector<std::string>;
  const auto stale = [&](const std::string& id) {
    for (const SegmentState& segment : engine_->segments())
      if (segment.slug == id) return segment.stale_sources;
    return Names{"no such segment"};
  };
  clock_.ms = 20'000 * kDay.ms;
  start();
  ASSERT_TRUE(engine_
                  ->apply_definitions("let viewed = count(\"Product Viewed\", last 7 days)\n"
                                      "segment \"Buyers\" = did \"Order Completed\"\n"
                                      "segment \"Lookers\" = viewed > 0\n"
                                      "segment \"Both\" = in segment \"Buyers\" and in segment \"Lookers\"\n"
                                      "segment \"Anything\" = did any event\n")
                  .has_value());
  // The shop sends orders every ten minutes, the site views every minute; the shop's come from a place of a topic.
  for (size_t n = 0; n < 20; ++n) {
    clock_.ms += kMinute.ms;
    from("site", 2 * n + 1);
    if (n % 10 == 0) from(fmt::format("shop/0@{}", n), 2 * n);
  }
  for (const char* segment : {"buyers", "lookers", "both"}) EXPECT_EQ(stale(segment), Names{});
  clock_.ms += kMinute.ms * 10;
  const auto expected = [&] {
    EXPECT_EQ(stale("buyers"), Names{}) << "ten minutes are nothing unusual for the shop";
    EXPECT_EQ(stale("lookers"), Names{"site"}) << "by way of a let";
    EXPECT_EQ(stale("both"), Names{"site"}) << "by way of another segment";
    EXPECT_EQ(stale("anything"), Names{"site"});
    for (const SourceState& source : engine_->status().sources) EXPECT_EQ(source.is_silent, source.name == "site");
  };
  expected();
  const auto before = engine_->status().sources;
  stop();
  start();
  EXPECT_EQ(engine_->status().sources, before) << "the record keeps it";
  expected();
  clock_.ms += kHour.ms;
  EXPECT_EQ(stale("both"), (Names{"shop", "site"}));
  from("site", 39);  // a duplicate says as well that the source is there
  EXPECT_EQ(stale("both"), Names{"shop"});
  EXPECT_EQ(stale("lookers"), Names{});
}

// A reader of a room above: greets whoever becomes a member, by their first name, and comes back after a day. What it
// did and how far the log is are in the record together.
class Greeter final : public LogReader {
 public:
  struct Kept {
    std::vector<std::string> greetings{}, notes{};
    Instant due = kNever;
    bool operator==(const Kept&) const = default;
  };
  Kept kept() const { return *kept_.lock(); }
  uint64_t applied() const { return applied_; }

  fold::Wanted wanted() const override { return fold::Wanted::of_traits(std::array<std::string, 1>{"first_name"}); }
  Result<void> restore(store::Connection& record) override {
    const auto rows = TRY(record.rows("SELECT value FROM tessera.meta WHERE key = 'greeter'"));
    if (rows.empty()) return {};
    const auto kept = kept_.lock();
    const std::string text = rows[0][0].value_or("");
    const auto lines = split(text, '\n');
    kept->due = Instant{std::stoll(std::string(lines[0]))};
    for (size_t i = 1; i < lines.size(); ++i)
      (lines[i][0] == '+' ? kept->greetings : kept->notes).emplace_back(lines[i]);
    return {};
  }
  void apply(AppliedEntry& entry) override {
    const auto kept = kept_.lock();
    ++applied_;
    for (const fold::Flip& change : entry.changes) {
      if (change.kind != feed::ChangeKind::Entered) continue;
      const auto values = fold::values_of(*entry.fold, {&change.profile, 1}, {.traits = {"first_name"}});
      const auto* name = values ? std::get_if<std::string>(&(*values)[0].traits[0]) : nullptr;
      kept->greetings.push_back(fmt::format("+{} {}", text_of(change.id), name ? *name : "whoever you are"));
      kept->due = std::min(kept->due, entry.entry.learnt + kDay);
    }
    if (entry.entry.kind == EntryKind::Note)
      for (const auto& call : entry.entry.calls)
        kept->notes.push_back(fmt::format("-{} {} {}", call.source, call.type, call.body));
    if (entry.entry.learnt < kept->due) return;
    kept->notes.push_back("-back at " + text_of(kept->due));
    kept->due = kNever;
  }
  WritePage page() override {
    std::string text = std::to_string(kept_.lock()->due.ms);
    for (const auto& line : kept().greetings) text += "\n" + line;
    for (const auto& line : kept().notes) text += "\n" + line;
    return [text](store::Connection& record) -> Result<void> {
      TRY(record.run("DELETE FROM tessera.meta WHERE key = 'greeter'"));
      TRY(record.run("INSERT INTO tessera.meta VALUES ('greeter', ?)", {std::string_view(text)}));
      return {};
    };
  }
  Instant next_due() override { return kept_.lock()->due; }

 private:
  Guarded<Kept> kept_;
  std::atomic<uint64_t> applied_{0};
};

WorldRow row_of(const std::string& who, const std::string& event, Instant at, uint64_t fingerprint,
                std::map<std::string, profiles::HistoryBuilder::Values> properties = {}) {
  return {.learnt = {},
          .who = {{profiles::IdentifierKind::UserId, who}},
          .row = {.customer = {}, .event = event, .time = at, .properties = std::move(properties)},
          .fingerprint = fingerprint};
}

TEST_F(EngineTest, AConcurrentReaderFromAboveFollowsTheLogAndGoesOnAfterARestart) {
  const Instant begin{20'000 * kDay.ms};
  using Value = profiles::HistoryBuilder::Value;
  world_ = {row_of("ann", "$identify", begin, 1, {{"first_name", Value(std::string("Ann"))}}),
            row_of("ann", "Order Completed", begin, 2), row_of("bob", "Order Completed", begin + kHour, 3),
            row_of("eve", "Order Completed", begin + kDay * 2, 4)};
  Greeter& before = follow<Greeter>();
  clock_.ms = begin.ms;
  start();
  ASSERT_TRUE(engine_->apply_definitions("segment \"Buyers\" = did \"Order Completed\"").has_value());
  // Somebody asks all the while.
  std::atomic<bool> is_over{false};
  std::thread asking([&] {
    while (!is_over) {
      (void)before.kept();
      (void)engine_->segments();
      (void)engine_->customer("ann");
      (void)engine_->status();
    }
  });
  send("0");
  send("1");
  clock_.ms = (begin + kHour).ms;
  send("2");
  const auto noted = engine_->note({"greeter", "remember", "the milk"});
  ASSERT_TRUE(noted.has_value()) << noted.error().text();
  is_over = true;
  asking.join();
  const auto feed = *engine_->changes_after({}, 100);
  ASSERT_EQ(feed.size(), 2u);
  EXPECT_THAT(before.kept().greetings,
              testing::ElementsAre("+" + text_of(feed[0].id) + " Ann", "+" + text_of(feed[1].id) + " whoever you are"));
  EXPECT_THAT(before.kept().notes, testing::ElementsAre("-greeter remember the milk"));
  EXPECT_EQ(before.kept().due, begin + kDay) << "the earliest of all";
  stop();

  // The record has what it knew; nothing is told again.
  Greeter& after = follow<Greeter>();
  start();
  EXPECT_EQ(after.kept(), before.kept());
  EXPECT_EQ(after.applied(), 0u);
  // Its time comes, though nothing else does: an entry of the log.
  clock_.ms = (begin + kDay).ms;
  while (after.applied() == 0) std::this_thread::yield();
  engine_->catch_up();
  EXPECT_THAT(after.kept().notes, testing::Contains("-back at " + text_of(begin + kDay)));
  EXPECT_EQ(after.kept().due, kNever);
  clock_.ms = (begin + kDay * 2).ms;
  send("3");
  EXPECT_EQ(after.kept().greetings.size(), 3u);
}

// A reader that is behind the record's page (a crash) takes the rest of the log in again.
TEST_F(EngineTest, WhatAReaderFromAboveDidNotKeepItDoesAgain) {
  const Instant begin{20'000 * kDay.ms};
  world_ = {row_of("ann", "Order Completed", begin, 1), row_of("bob", "Order Completed", begin, 2)};
  Greeter& before = follow<Greeter>();
  clock_.ms = begin.ms;
  start({.flush_after = kDay * 10'000});
  ASSERT_TRUE(engine_->apply_definitions("segment \"Buyers\" = did \"Order Completed\"").has_value());
  fs::create_directory(folder_ / "crash");
  for (const char* name : {"r.db", "r.db.wal"})
    if (fs::exists(folder_ / name)) fs::copy_file(folder_ / name, folder_ / "crash" / name);
  send("0");
  ASSERT_TRUE(engine_->note({"greeter", "n", "1"}).has_value());
  send("1");
  stop();
  for (const char* name : {"r.db", "r.db.wal"}) fs::remove(folder_ / name);
  for (const auto& file : fs::directory_iterator(folder_ / "crash"))
    fs::rename(file.path(), folder_ / file.path().filename());
  Greeter& after = follow<Greeter>();
  start();
  EXPECT_EQ(after.applied(), 3u);
  EXPECT_EQ(after.kept(), before.kept());
}

TEST_F(EngineTest, ValuesOfLetsAndTraitsCanBeAskedFor) {
  const Instant begin{20'000 * kDay.ms};
  using Value = profiles::HistoryBuilder::Value;
  const auto total = [](int64_t micros) { return Value(Number{micros}); };
  world_ = {row_of("ann", "$identify", begin, 1,
                   {{"first_name", Value(std::string("Ann"))}, {"country", Value(std::string("DE"))}}),
            row_of("ann", "Order Completed", begin, 2, {{"total", total(10'500'000)}}),
            row_of("ann", "Order Completed", begin + kHour, 3, {{"total", total(5'000'000)}}),
            row_of("ann", "$identify", begin + kHour * 2, 4, {{"first_name", Value(std::string("Anna"))}}),
            row_of("bob", "Ping", begin, 5),
            row_of("ann", "$identify", begin + kHour * 3, 6, {{"first_name", Value(nullptr)}})};
  follow<Greeter>();  // asks for first names
  clock_.ms = (begin + kHour * 2).ms;
  start();
  ASSERT_TRUE(engine_
                  ->apply_definitions("event order = \"Order Completed\"\n"
                                      "let spent = sum(order.total)\nlet mean = avg(order.total)\n"
                                      "let last_order = last order\nlet is_buyer = did order\n"
                                      "let home = trait country\nsegment \"Germans\" = home = \"DE\"")
                  .has_value());
  for (int i = 0; i < 5; ++i) send(std::to_string(i));
  const auto ann = engine_->values(
      "ann", {.definitions = {"spent", "mean", "last_order", "is_buyer", "home"}, .traits = {"first_name", "country"}});
  ASSERT_TRUE(ann.has_value()) << ann.error().text();
  EXPECT_EQ(ann->definitions,
            (std::vector<fold::Value>{Number{15'500'000}, Number{7'750'000}, begin + kHour, true, std::string("DE")}));
  EXPECT_EQ(ann->traits, (std::vector<fold::Value>{std::string("Anna"), std::string("DE")}));
  const auto bob = engine_->values("bob", {.definitions = {"last_order", "is_buyer"}, .traits = {"first_name"}});
  ASSERT_TRUE(bob.has_value()) << bob.error().text();
  EXPECT_EQ(bob->definitions, (std::vector<fold::Value>{std::monostate(), false}));
  EXPECT_EQ(bob->traits, (std::vector<fold::Value>{std::monostate()}));
  const auto facts = engine_->customer("ann")->facts;
  EXPECT_EQ(facts.events, (std::map<std::string, uint64_t>{{"Order Completed", 2}}));
  EXPECT_EQ(facts.traits,
            (std::map<std::string, fold::Value>{{"first_name", std::string("Anna")}, {"country", std::string("DE")}}));
  // What was cleared is unknown; also after a restart, from the record.
  clock_.ms = (begin + kHour * 3).ms;
  send("5");
  EXPECT_EQ(engine_->values("ann", {.traits = {"first_name"}})->traits[0], fold::Value());
  stop();
  start();
  EXPECT_EQ(engine_->values("ann", {.traits = {"first_name"}})->traits[0], fold::Value());
  EXPECT_EQ(engine_->values("ann", {.definitions = {"spent"}})->definitions[0], fold::Value(Number{15'500'000}));
  // What cannot be asked for is said.
  EXPECT_THAT(engine_->values("ann", {.traits = {"shoe_size"}}).error().text(), testing::HasSubstr("shoe_size"));
  EXPECT_THAT(engine_->values("ann", {.definitions = {"germans"}}).error().text(), testing::HasSubstr("germans"));
  EXPECT_FALSE(engine_->values("nobody", {}).has_value());
}

TEST_F(EngineTest, WrongDefinitionsAreRefusedWithPlaces) {
  start();
  const auto refused = engine_->apply_definitions("segment \"A\" = at least 2 ordr in the last 30 dasy");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().text(), testing::HasSubstr("dasy"));
  EXPECT_FALSE(engine_->remove_definition("a").has_value());
  EXPECT_TRUE(engine_->segments().empty());
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

// Bytes as logs have them, written out by hand: what was logged once is read for good.
TEST(LogEntry, ReadsWhatLogsHaveEverHad) {
  const std::string at("\x05\0\0\0\0\0\0\0", 8);
  const auto text = [](std::string_view of) {
    return std::string(1, static_cast<char>(of.size())) + std::string(3, '\0') + std::string(of);
  };
  const auto calls = text("web") + text("track") + text("{}");
  for (const auto& [kind, number, payload] :
       {std::tuple(EntryKind::Events, '\x01', calls + calls), std::tuple(EntryKind::Tick, '\x02', std::string()),
        std::tuple(EntryKind::Define, '\x03', text("let x = 1")), std::tuple(EntryKind::Remove, '\x04', text("x")),
        std::tuple(EntryKind::Ruling, '\x05', text("{\"ruling\":\"block\"}")),
        std::tuple(EntryKind::Facts, '\x06', text("[]")), std::tuple(EntryKind::Note, '\x07', calls),
        std::tuple(EntryKind::Accept, '\x08', text("{}"))}) {
    const std::string bytes = number + at + payload;
    const auto read = decode(bytes);
    ASSERT_TRUE(read.has_value()) << int{number};
    EXPECT_EQ(read->kind, kind);
    EXPECT_EQ(read->learnt, Instant{5});
    EXPECT_EQ(encode(*read), bytes);
    EXPECT_FALSE(decode(bytes + "x").has_value()) << int{number};
  }
}

}  // namespace
}  // namespace tessera::live

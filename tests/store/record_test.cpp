#include "store/record.hpp"

#include <fstream>

#include <rapidcheck/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/captured_log.hpp"
#include "core/random.hpp"
#include "store/backup.hpp"
#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::store;
using tessera::testing_support::Scratch;
using testing::HasSubstr;

namespace {

const FixedClock kClock(*parse_instant("2026-03-01T10:00:00Z"));

std::unique_ptr<Record> make(const std::string& path) {
  return MUST(Record::open(path, OpenMode::CreateIfMissing, kClock));
}

std::string error_of_opening(const std::string& path, OpenMode mode = OpenMode::CreateIfMissing) {
  const auto record = Record::open(path, mode, kClock);
  return record ? "opened" : record.error().text();
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(Record, IsMadeOnceAndKeepsItsKey) {
  const Scratch scratch;
  const std::string key = make(scratch.file("a.db"))->pseudonym_key();
  EXPECT_EQ(key.size(), 32u);
  EXPECT_EQ(make(scratch.file("a.db"))->pseudonym_key(), key);
  EXPECT_NE(make(scratch.file("b.db"))->pseudonym_key(), key);
  EXPECT_EQ(scratch.files(), 4u) << "two records, each with its keystore: no half-made or temporary files stay behind";
}

TEST(Record, EveryTableIsInTheCatalogue) {
  const auto record = MUST(Record::in_memory(kClock));
  EXPECT_EQ(
      MUST(record->connection().integer(
          "SELECT count(*) FROM duckdb_tables() t WHERE NOT internal AND NOT EXISTS (SELECT 1 FROM tessera.catalogue c "
          "WHERE c.table_name = t.schema_name || '.' || t.table_name)")),
      0);
}

TEST(Record, WhatIsNoRecordIsRefusedWithAReasonAndLeftAlone) {
  const Scratch scratch;
  write_file(scratch.file("empty.db"), "");
  write_file(scratch.file("orders.csv"), "customer,time,total\n1,2026-01-01,5\n");
  {
    auto other = MUST(Database::open(scratch.file("other.db")));
    MUST(MUST(other.connect()).run("CREATE TABLE mine(a INTEGER)"));
  }
  EXPECT_THAT(error_of_opening(scratch.file("empty.db")), HasSubstr("empty file"));
  EXPECT_THAT(error_of_opening(scratch.file("orders.csv")), HasSubstr("import " + scratch.file("orders.csv")));
  EXPECT_THAT(error_of_opening(scratch.file("other.db")), HasSubstr("but not a record of Tessera"));
  EXPECT_THAT(error_of_opening(scratch.path().string()), HasSubstr("is a folder"));
  EXPECT_THAT(error_of_opening(scratch.file("none/deep/a.db")), HasSubstr("mkdir -p " + scratch.file("none/deep")));
  EXPECT_THAT(error_of_opening(scratch.file("missing.db"), OpenMode::MustExist), HasSubstr("there is no such record"));
  EXPECT_THAT(error_of_opening(""), HasSubstr("empty"));
  EXPECT_EQ(bytes_of(scratch.file("orders.csv")), "customer,time,total\n1,2026-01-01,5\n");
  EXPECT_EQ(scratch.files(), 3u);
}

TEST(Record, AWriteAheadLogWithoutItsRecordIsNotMixedIntoANewOne) {
  const Scratch scratch;
  write_file(scratch.file("a.db.wal"), "left behind");
  EXPECT_THAT(error_of_opening(scratch.file("a.db")), HasSubstr("without its record"));
  EXPECT_EQ(scratch.files(), 1u);
}

TEST(Record, DamageIsReportedNotCrashedOn) {
  const Scratch scratch;
  make(scratch.file("a.db"));
  const std::string whole = bytes_of(scratch.file("a.db"));
  Rng rng(7);
  for (int round = 0; round < 30; ++round) {
    std::string damaged = whole;
    const size_t at = 12 + rng.below(damaged.size() - 12);
    for (size_t i = at; i < std::min(at + 64, damaged.size()); ++i) damaged[i] = static_cast<char>(rng.next());
    if (round % 3 == 0) damaged.resize(at);
    write_file(scratch.file("b.db"), damaged);
    const auto record = Record::open(scratch.file("b.db"), OpenMode::MustExist, kClock);
    if (!record) {
      EXPECT_THAT(record.error().text(), HasSubstr("b.db"));
    }
    std::filesystem::remove(scratch.file("b.db"));
    std::filesystem::remove(scratch.file("b.db.wal"));
  }
  write_file(scratch.file("b.db"), whole.substr(0, 5000));
  EXPECT_THAT(error_of_opening(scratch.file("b.db")), HasSubstr("b.db"));
}

TEST(Record, IsOpenOnceInAProcess) {
  const Scratch scratch;
  const auto first = make(scratch.file("a.db"));
  EXPECT_THAT(error_of_opening(scratch.file("a.db")), HasSubstr("this process has the record open already"));
  MUST(first->audit(Instant{0}, "test", "still", "writable"));
}

// Opens the record in a child process and keeps it until told.
class Holder {
 public:
  template <typename Open>
  explicit Holder(const Open& open_it) {
    if (pipe(ready_) != 0 || pipe(end_) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) {
      const auto held = open_it();
      char byte = 'r';
      if (write(ready_[1], &byte, 1) != 1) _exit(2);
      if (read(end_[0], &byte, 1) < 0) _exit(3);
      _exit(0);
    }
    char byte = 0;
    if (read(ready_[0], &byte, 1) != 1) std::abort();
  }
  ~Holder() {
    if (write(end_[1], "e", 1) != 1) kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    for (const int descriptor : {ready_[0], ready_[1], end_[0], end_[1]}) close(descriptor);
  }
  pid_t process() const { return child_; }

 private:
  int ready_[2], end_[2];
  pid_t child_;
};

TEST(Record, ASecondProcessIsToldWhoHoldsIt) {
  const Scratch scratch;
  make(scratch.file("a.db"));
  {
    const Holder holder([&] { return make(scratch.file("a.db")); });
    const std::string error = error_of_opening(scratch.file("a.db"));
    EXPECT_THAT(error, HasSubstr(fmt::format("(process {}) has the record open", holder.process())));
    EXPECT_THAT(error, HasSubstr(fmt::format("ps -p {}", holder.process())));
  }
  EXPECT_EQ(error_of_opening(scratch.file("a.db")), "opened");
}

TEST(Record, AnotherDuckDBProgramHoldingItIsNamedToo) {
  const Scratch scratch;
  make(scratch.file("a.db"));
  const Holder holder([&] {
    auto database = MUST(Database::open(scratch.file("a.db")));
    return std::pair(MUST(database.connect()), std::move(database));
  });
  EXPECT_THAT(error_of_opening(scratch.file("a.db")), HasSubstr(fmt::format("process {}", holder.process())));
}

TEST(Record, ReadersShareItAndCannotWrite) {
  const Scratch scratch;
  make(scratch.file("a.db"));
  const Holder holder([&] { return MUST(Record::open(scratch.file("a.db"), OpenMode::ReadOnly, kClock)); });
  const auto record = MUST(Record::open(scratch.file("a.db"), OpenMode::ReadOnly, kClock));
  EXPECT_EQ(MUST(record->connection().integer("SELECT count(*) FROM tessera.entry")), 0);
  EXPECT_FALSE(record->audit(Instant{0}, "a", "b", "c"));
  EXPECT_THAT(error_of_opening(scratch.file("a.db")), HasSubstr("has the record open"));
}

TEST(Record, AFolderThatCannotBeWrittenIsSaid) {
  if (geteuid() == 0) {
    // Root writes everywhere; ask as someone else, in a child process.
    const Scratch scratch;
    std::filesystem::permissions(scratch.path(), std::filesystem::perms(0555));
    const pid_t child = fork();
    if (child == 0) {
      if (setuid(65534) != 0) _exit(9);
      const std::string error = error_of_opening(scratch.file("a.db"));
      _exit(error.find("cannot be written") != std::string::npos && error.find("ls -ld") != std::string::npos ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    return;
  }
  const Scratch scratch;
  std::filesystem::permissions(scratch.path(), std::filesystem::perms(0555));
  EXPECT_THAT(error_of_opening(scratch.file("a.db")), HasSubstr("cannot be written"));
}

// Runs in a child whose files cannot grow beyond `limit` bytes: writes fail as on a full disk.
template <typename Run>
int with_small_disk(uint64_t limit, const Run& run) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit small{limit, limit};
    if (setrlimit(RLIMIT_FSIZE, &small) != 0) _exit(99);
    _exit(run());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Record, AFullDiskWhileMakingItLeavesNothing) {
  const Scratch scratch;
  EXPECT_EQ(with_small_disk(10'000,
                            [&] {
                              const std::string error = error_of_opening(scratch.file("a.db"));
                              return error.find("the disk is full") != std::string::npos &&
                                             error.find("df -h") != std::string::npos
                                         ? 0
                                         : 1;
                            }),
            0);
  EXPECT_EQ(scratch.files(), 0u);
}

TEST(Record, AFullDiskInATransactionLeavesItAsItWas) {
  const Scratch scratch;
  MUST(make(scratch.file("a.db"))->audit(Instant{0}, "before", "x", "y"));
  const uint64_t size = std::filesystem::file_size(scratch.file("a.db"));
  EXPECT_EQ(
      with_small_disk(
          size + 200'000,
          [&] {
            const auto record = make(scratch.file("a.db"));
            auto transaction = MUST(Transaction::begin(record->connection()));
            const auto written = record->connection().run(
                "INSERT INTO tessera.audit(done, who, action, detail) SELECT 'epoch'::TIMESTAMP_MS, 'x', 'y', md5(range::VARCHAR) FROM "
                "range(1000000)");
            if (!written) return written.error().text().find("the disk is full") != std::string::npos ? 0 : 1;
            const auto committed = transaction.commit();
            return !committed && committed.error().text().find("the disk is full") != std::string::npos ? 0 : 2;
          }),
      0);
  const auto record = make(scratch.file("a.db"));
  EXPECT_EQ(MUST(record->connection().integer("SELECT count(*) FROM tessera.audit WHERE who <> 'tessera'")), 1);
}

// --- migrations

constexpr Migration kTwo[] = {
    {1, "the first tables", nullptr},
    {2, "a colour for every entry", "ALTER TABLE tessera.entry ADD COLUMN colour VARCHAR DEFAULT 'grey'"},
};

std::vector<Migration> two_versions(const char* second = kTwo[1].sql) {
  return {known_migrations()[0], {2, kTwo[1].what, second}};
}

TEST(Migrations, AnOlderRecordIsBroughtUpToDateAndKeepsWhatItHad) {
  const Scratch scratch;
  {
    const auto old = MUST(Record::open(scratch.file("a.db"), OpenMode::CreateIfMissing, kClock,
                                       {.migrations = known_migrations().first(1)}));
    MUST(append_entry(old->connection(), {.id = 1, .kind = "import", .learnt = Instant{5}, .source = "old"}));
  }
  const auto migrations = two_versions();
  const auto read_only = Record::open(scratch.file("a.db"), OpenMode::ReadOnly, kClock, {.migrations = migrations});
  EXPECT_THAT(read_only.error().text(), HasSubstr("brings it up to date"));
  testing_support::CapturedLog log(kClock);
  const RecordSettings settings{.migrations = migrations, .logger = log.logger()};
  {
    const auto record = MUST(Record::open(scratch.file("a.db"), OpenMode::MustExist, kClock, settings));
    EXPECT_EQ(MUST(record->connection().text("SELECT source || colour FROM tessera.entry")), "oldgrey");
    EXPECT_EQ(MUST(version_of(record->connection())), 2);
  }
  EXPECT_THAT(log.lines(), testing::ElementsAre(HasSubstr("info    record migrated from_version=1 to_version=2")));
  MUST(Record::open(scratch.file("a.db"), OpenMode::MustExist, kClock, settings));
  EXPECT_THAT(log.lines(), testing::IsEmpty());
}

TEST(Migrations, ANewerRecordIsRefused) {
  const Scratch scratch;
  const auto migrations = two_versions();
  MUST(Record::open(scratch.file("a.db"), OpenMode::CreateIfMissing, kClock, {.migrations = migrations}));
  const auto opened =
      Record::open(scratch.file("a.db"), OpenMode::MustExist, kClock, {.migrations = known_migrations().first(1)});
  EXPECT_THAT(opened.error().text(), HasSubstr("written by a newer Tessera"));
  EXPECT_THAT(opened.error().text(), HasSubstr("version 2, this program knows 1"));
}

TEST(Migrations, AStepThatFailsChangesNothing) {
  const Scratch scratch;
  MUST(Record::open(scratch.file("a.db"), OpenMode::CreateIfMissing, kClock,
                    {.migrations = known_migrations().first(1)}));
  const auto broken = two_versions("ALTER TABLE tessera.entry ADD COLUMN colour VARCHAR; SELECT * FROM nowhere");
  EXPECT_FALSE(Record::open(scratch.file("a.db"), OpenMode::MustExist, kClock, {.migrations = broken}));
  const auto record = MUST(
      Record::open(scratch.file("a.db"), OpenMode::MustExist, kClock, {.migrations = known_migrations().first(1)}));
  EXPECT_EQ(MUST(version_of(record->connection())), 1);
  EXPECT_FALSE(record->connection().run("SELECT colour FROM tessera.entry"));
}

// --- entries

TEST(Entries, AreNumberedAndNeverGoBackInTime) {
  const auto record = MUST(Record::in_memory(kClock));
  auto& connection = record->connection();
  auto first = MUST(next_entry(connection, "import", Instant{1000}));
  EXPECT_EQ(first.id, 1u);
  first.until_seq = 7;
  first.source = "it's one";
  MUST(append_entry(connection, first));
  const auto second = MUST(next_entry(connection, "import", Instant{400}));
  EXPECT_EQ(second.id, 2u);
  EXPECT_EQ(second.first_seq, 7u);
  EXPECT_EQ(second.learnt, Instant{1000});
  const auto all = MUST(entries(connection));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].source, "it's one");
}

// --- backup and restore

TEST(Backup, IsARecordEqualToTheOriginal) {
  const Scratch scratch;
  SilentProgress progress;
  const auto record = make(scratch.file("a.db"));
  auto& connection = record->connection();
  MUST(
      connection.run("CREATE TABLE order_completed AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range(100000)"));
  MUST(append_entry(connection, {.id = 1, .kind = "import", .learnt = Instant{5}, .source = "x"}));
  const auto outcome = MUST(backup(*record, scratch.file("b.db"), kClock, progress));
  EXPECT_EQ(outcome.entries, 1u);
  EXPECT_EQ(outcome.bytes, std::filesystem::file_size(scratch.file("b.db")));
  // The original is still held by this process and still writable: the copy did not drop its lock.
  EXPECT_THAT(error_of_opening(scratch.file("a.db")), HasSubstr("open already"));
  const pid_t child = fork();
  if (child == 0) _exit(Database::open(scratch.file("a.db")) ? 1 : 0);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "DuckDB's own lock must still stand";
  MUST(append_entry(connection, {.id = 2, .kind = "import", .learnt = Instant{6}, .source = "y"}));

  MUST(restore(scratch.file("b.db"), scratch.file("c.db"), kClock, progress));
  const auto restored = make(scratch.file("c.db"));
  EXPECT_EQ(restored->pseudonym_key(), record->pseudonym_key());
  for (const char* sql :
       {"SELECT count(*) FROM order_completed", "SELECT bit_xor(hash(a, b))::BIGINT FROM order_completed"})
    EXPECT_EQ(MUST(restored->connection().text(sql)), MUST(connection.text(sql)));
  EXPECT_EQ(MUST(entries(restored->connection())).size(), 1u);
}

TEST(Backup, ReplacesNothing) {
  const Scratch scratch;
  SilentProgress progress;
  const auto record = make(scratch.file("a.db"));
  write_file(scratch.file("b.db"), "mine");
  EXPECT_THAT(backup(*record, scratch.file("b.db"), kClock, progress).error().text(), HasSubstr("exists already"));
  EXPECT_THAT(backup(*record, scratch.file("no/b.db"), kClock, progress).error().text(), HasSubstr("mkdir -p"));
  EXPECT_EQ(bytes_of(scratch.file("b.db")), "mine");
  MUST(backup(*record, scratch.file("c.db"), kClock, progress));
  EXPECT_THAT(restore(scratch.file("c.db"), scratch.file("b.db"), kClock, progress).error().text(), HasSubstr("mv "));
  EXPECT_THAT(restore(scratch.file("b.db"), scratch.file("d.db"), kClock, progress).error().text(),
              HasSubstr("is not a record"));
  EXPECT_THAT(restore(scratch.file("none.db"), scratch.file("d.db"), kClock, progress).error().text(),
              HasSubstr("no such record"));
  EXPECT_FALSE(std::filesystem::exists(scratch.file("d.db")));
}

TEST(Backup, AFullDiskLeavesNoHalfCopy) {
  const Scratch scratch;
  {
    const auto record = make(scratch.file("a.db"));
    MUST(record->connection().run("CREATE TABLE big AS SELECT md5(range::VARCHAR) AS b FROM range(100000)"));
  }
  EXPECT_EQ(with_small_disk(1'000'000,
                            [&] {
                              SilentProgress progress;
                              const auto done = restore(scratch.file("a.db"), scratch.file("b.db"), kClock, progress);
                              return !done && done.error().text().find("df -h") != std::string::npos ? 0 : 1;
                            }),
            0);
  EXPECT_EQ(scratch.files(), 2u);  // with its keystore
}

}  // namespace

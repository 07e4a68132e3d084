#include "store/log.hpp"

#include <atomic>
#include <csignal>
#include <thread>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/log_support.hpp"

using namespace tessera;
using namespace tessera::store;
using tessera::testing_support::in_memory;
using tessera::testing_support::Scratch;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using SystemDisk = LogDisk;

TEST(Log, KeepsGroupsInOrderAcrossReopeningAndNamesThemForEver) {
  const Scratch scratch;
  const std::string folder = scratch.file("log");
  LogOffset second = 0, empty = 0;
  {
    const auto log = MUST(Log::open(folder));
    EXPECT_EQ(log->first(), 0u);
    EXPECT_EQ(log->end(), 0u);
    EXPECT_EQ(MUST(append(*log, {"a", "bb"})), 0u);
    second = log->end();
    EXPECT_EQ(MUST(append(*log, {"ccc"})), second);
    empty = MUST(append(*log, {""}));
    EXPECT_EQ(MUST(append(*log, {})), log->end()) << "a group of nothing is nothing";
  }
  const auto log = MUST(Log::open(folder));
  EXPECT_EQ(log->torn_bytes(), 0u);
  EXPECT_THAT(MUST(texts_from(*log, 0)), ElementsAre("a", "bb", "ccc", ""));
  EXPECT_THAT(MUST(texts_from(*log, second)), ElementsAre("ccc", ""));
  EXPECT_THAT(MUST(texts_from(*log, empty)), ElementsAre(""));
  EXPECT_THAT(MUST(texts_from(*log, log->end())), ElementsAre());
  auto reader = MUST(log->read_from(0));
  LogOffset expected = 0;
  while (const auto frame = MUST(reader.next())) {
    EXPECT_EQ(frame->offset, expected);
    EXPECT_EQ(MUST(texts_from(*log, frame->offset)).front(), frame->payload) << "every frame can be gone to";
    expected = frame->next;
  }
  EXPECT_EQ(expected, log->end());
}

TEST(Log, APlaceThatIsNoFramesIsRefused) {
  const Scratch scratch;
  const auto log = MUST(Log::open(scratch.file("log")));
  MUST(append(*log, {"payload", "another"}));
  size_t good = 0;
  for (LogOffset offset = 0; offset <= log->end(); ++offset) good += log->read_from(offset).has_value();
  EXPECT_EQ(good, 3u) << "two frames and the end";
  EXPECT_THAT(text_of_error(log->read_from(1)), HasSubstr("no frame begins at offset 1"));
  EXPECT_THAT(text_of_error(log->read_from(log->end() + 1)), HasSubstr("beyond the end of the log"));
}

TEST(Log, HundredThousandFramesOfRandomSizesInManySegments) {
  // A group a fdatasync: fewer, larger groups keep the test short on any disk.
  const Scratch scratch;
  Rng rng(1);
  Texts all;
  const LogSettings settings{.segment_bytes = 4 << 20};
  for (int opened = 0; opened < 4; ++opened) {
    const auto log = MUST(Log::open(scratch.file("log"), settings));
    for (int group = 0; group < 25; ++group) {
      Texts texts(1000);
      for (std::string& text : texts)
        text = random_text(rng, rng.chance(0.001) ? 300'000 : rng.chance(0.1) ? 2000 : 100);
      const LogOffset before = log->end();
      EXPECT_EQ(MUST(append(*log, texts)), before);
      all.insert(all.end(), texts.begin(), texts.end());
    }
  }
  const auto log = MUST(Log::open(scratch.file("log"), settings));
  EXPECT_EQ(all.size(), 100'000u);
  EXPECT_TRUE(MUST(texts_from(*log, 0)) == all);
  EXPECT_GT(segments_in(scratch.file("log")).size(), 5u);
  EXPECT_LT(segments_in(scratch.file("log")).size(), 12u);
}

TEST(Log, SegmentsAreLaidOutBeforeTheyAreNeededConcurrently) {
  const Scratch scratch;
  const std::string folder = scratch.file("log"), text(1000, 'x');
  const LogSettings settings{.segment_bytes = 40'000, .prepare_from = 2000};
  size_t written = 0;
  {
    const auto log = MUST(Log::open(folder, settings));
    // The first one grows; the next is there as soon as its zeros are.
    const auto write_until = [&](const auto& is_there) {
      while (!is_there()) MUST(append(*log, {text})), ++written;
    };
    const auto newest = [&] {
      auto paths = segments_in(folder);
      std::erase_if(paths, [](const auto& path) { return path.extension() != ".log"; });
      return paths.back();
    };
    write_until([&] { return written > 0 && std::filesystem::file_size(newest()) == settings.segment_bytes; });
    const auto second = newest();
    write_until([&] { return newest() != second; });
    EXPECT_LE(std::filesystem::file_size(second), settings.segment_bytes + 2000) << "what was not needed is cut off";
    EXPECT_EQ(MUST(texts_from(*log, 0)), Texts(written, text));
  }
  for (const auto& path : segments_in(folder)) EXPECT_THAT(path.string(), HasSubstr(".log")) << "no spare is left";
  const auto log = MUST(Log::open(folder, settings));
  EXPECT_EQ(log->torn_bytes(), 0u);
  EXPECT_EQ(MUST(texts_from(*log, 0)), Texts(written, text));
}

TEST(Log, OpeningTwiceSaysWhoHoldsIt) {
  const Scratch scratch;
  const auto log = MUST(Log::open(scratch.file("log")));
  EXPECT_THAT(text_of_error(Log::open(scratch.file("log"))), HasSubstr("this process has the log open already"));
  int says[2];
  ASSERT_EQ(pipe(says), 0);
  const pid_t parent = getpid(), child = fork();
  if (child == 0) {
    // The child inherits the descriptor, not the ownership: the lock is the parent's.
    const std::string text = text_of_error(Log::open(scratch.file("log")));
    (void)!write(says[1], text.data(), text.size());
    _exit(0);
  }
  close(says[1]);
  char text[1000] = {};
  (void)!read(says[0], text, sizeof text - 1);
  close(says[0]);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(text, HasSubstr(fmt::format("(process {}) has the log open", parent)));
}

TEST(Log, WhatIsNoFolderOfALogIsRefusedWithARemedy) {
  const Scratch scratch;
  write_bytes(scratch.file("file"), "text");
  EXPECT_THAT(text_of_error(Log::open(scratch.file("file"))), HasSubstr("is not a folder"));
  EXPECT_THAT(text_of_error(Log::open(scratch.file("none/log"))), HasSubstr("mkdir -p"));
  EXPECT_THAT(text_of_error(Log::open("")), HasSubstr("empty"));

  const std::string folder = scratch.file("log");
  MUST(Log::open(folder));
  const auto segment = segments_in(folder).front();
  const std::string head = bytes_of(segment);
  const auto error_with = [&](std::string bytes) {
    write_bytes(segment, bytes);
    return text_of_error(Log::open(folder));
  };
  EXPECT_THAT(error_with(""), HasSubstr("is 0 bytes long"));
  EXPECT_THAT(error_with("customer,time,total\n1,2,3\n"), HasSubstr("is not a file of the log"));
  EXPECT_THAT(error_with("TESSLOG2" + head.substr(8)), HasSubstr("another version of Tessera"));
  EXPECT_THAT(error_with(head.substr(0, 9) + "x" + head.substr(10)), HasSubstr("damaged head"));
  write_bytes(segment, head);
  std::filesystem::rename(segment, folder + "/00000000000000000099.log");
  EXPECT_THAT(text_of_error(Log::open(folder)), HasSubstr("was given another name"));
}

TEST(Log, LargePayloadsAreRefusedAndNothingIsWritten) {
  const Scratch scratch;
  const auto log = MUST(Log::open(scratch.file("log"), {.most_payload = 100}));
  EXPECT_THAT(text_of_error(append(*log, {"fits", std::string(101, 'x')})), HasSubstr("101 bytes is too large"));
  EXPECT_EQ(log->end(), 0u);
  MUST(append(*log, {std::string(100, 'x')}));
  EXPECT_EQ(MUST(texts_from(*log, 0)).size(), 1u);
}

TEST(Log, OldSegmentsAreDroppedAndTheRestKeepsItsOffsets) {
  const Scratch scratch;
  const std::string folder = scratch.file("log");
  std::vector<LogOffset> offsets;
  {
    const auto log = MUST(Log::open(folder, {.segment_bytes = 1000}));
    for (int i = 0; i < 40; ++i) offsets.push_back(MUST(append(*log, {fmt::format("{} {}", i, std::string(90, '.'))})));
    const size_t before = segments_in(folder).size();
    auto old = MUST(log->read_from(0));
    MUST(old.next());
    MUST(log->drop_before(offsets[20]));
    EXPECT_LT(segments_in(folder).size(), before);
    EXPECT_GT(log->first(), 0u);
    EXPECT_LE(log->first(), offsets[20]) << "only whole segments that lie before";
    EXPECT_THAT(text_of_error(log->read_from(0)), HasSubstr("was dropped; the oldest kept is"));
    std::string error;
    while (error.empty()) {
      const auto frame = old.next();
      if (!frame) error = frame.error().text();
    }
    EXPECT_THAT(error, HasSubstr("was dropped")) << "a reader that was behind is told, it skips nothing";
    MUST(log->drop_before(log->end() + 1000));
    EXPECT_EQ(segments_in(folder).size(), 1u) << "the last one stays";
    MUST(log->drop_before(0));
  }
  const auto log = MUST(Log::open(folder, {.segment_bytes = 1000}));
  EXPECT_GT(log->first(), 0u);
  EXPECT_THAT(MUST(texts_from(*log, offsets[39])).front(), HasSubstr("39 "));
  EXPECT_EQ(MUST(append(*log, {"next"})), offsets[39] + (offsets[39] - offsets[38]));
}

TEST(Log, AMissingOrShortenedOlderSegmentIsAnError) {
  const Scratch scratch;
  const std::string folder = scratch.file("log");
  {
    const auto log = MUST(Log::open(folder, {.segment_bytes = 100}));
    for (int i = 0; i < 9; ++i) MUST(append(*log, {std::string(100, 'x')}));
  }
  const auto segments = segments_in(folder);
  ASSERT_EQ(segments.size(), 9u);
  const std::string bytes = bytes_of(segments[3]);
  write_bytes(segments[3], bytes.substr(0, bytes.size() - 1));
  EXPECT_THAT(text_of_error(Log::open(folder)),
              testing::AllOf(HasSubstr(segments[3].string()), HasSubstr("must have 140"), HasSubstr("backup")));
  std::filesystem::remove(segments[3]);
  EXPECT_THAT(text_of_error(Log::open(folder)), HasSubstr("one between them is missing"));
}

TEST(Log, DamageInAnOlderSegmentIsAnErrorWhenItIsRead) {
  const Scratch scratch;
  const std::string folder = scratch.file("log");
  {
    const auto log = MUST(Log::open(folder, {.segment_bytes = 100}));
    for (int i = 0; i < 3; ++i) MUST(append(*log, {std::string(100, static_cast<char>('a' + i))}));
  }
  const auto segment = segments_in(folder)[1];
  std::string bytes = bytes_of(segment);
  bytes[50] ^= 4;
  write_bytes(segment, bytes);
  const auto log = MUST(Log::open(folder));
  auto reader = MUST(log->read_from(0));
  EXPECT_EQ(MUST(reader.next())->payload, std::string(100, 'a'));
  const std::string error = text_of_error(reader.next());
  EXPECT_THAT(error, HasSubstr(segment.string() + ": is damaged at byte 16 (offset 124 of the log)"));
  EXPECT_THAT(error, HasSubstr("truncate -s 16"));
  EXPECT_THAT(error, HasSubstr("rm " + segments_in(folder)[2].string())) << "what follows the damage";
}

TEST(Log, AReaderBesideTheWriterConcurrently) {
  const Scratch scratch;
  const auto log = MUST(Log::open(scratch.file("log"), {.segment_bytes = 2000}));
  constexpr uint64_t kGroups = 150;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint64_t i = 0; i < kGroups && !stop; ++i) MUST(append(*log, {fmt::format("{}a", i), fmt::format("{}b", i)}));
  });
  auto reader = MUST(log->read_from(0));
  uint64_t seen = 0;
  while (seen < 2 * kGroups) {
    const auto frame = MUST(reader.next());
    if (!frame) {
      std::this_thread::yield();
      continue;
    }
    EXPECT_EQ(frame->payload, fmt::format("{}{}", seen / 2, seen % 2 ? 'b' : 'a'));
    if (++seen % 50 == 0) MUST(log->drop_before(frame->offset - 3000 < frame->offset ? frame->offset - 3000 : 0));
  }
  stop = true;
  writer.join();
  EXPECT_GT(log->first(), 0u);
  EXPECT_FALSE(MUST(reader.next()).has_value());
}

// --- what disks do

// Fails on demand, in the way a full or a broken disk does.
class FaultyDisk final : public LogDisk {
 public:
  int64_t room = INT64_MAX;  // bytes that can still be written
  bool sync_fails = false, cut_fails = false;

  ssize_t write_at(int file, const char* bytes, size_t count, int64_t at) const override {
    const auto fits = std::min<int64_t>(room_left_(), static_cast<int64_t>(count));
    if (fits == 0) {
      errno = ENOSPC;
      return -1;
    }
    used_ += fits;
    return SystemDisk::write_at(file, bytes, static_cast<size_t>(fits), at);
  }
  int sync(int file) const override {
    if (!sync_fails) return SystemDisk::sync(file);
    errno = EIO;
    return -1;
  }
  int cut(int file, int64_t size) const override {
    if (!cut_fails) return SystemDisk::cut(file, size);
    errno = EIO;
    return -1;
  }
  void set_room(int64_t bytes) { room = bytes, used_ = 0; }

 private:
  int64_t room_left_() const { return room - used_; }
  mutable int64_t used_ = 0;
};

TEST(Log, AFullDiskRefusesTheWholeGroupAndTakesTheNextOneWhenThereIsRoom) {
  for (int64_t room = 0; room < 200; room += 7) {
    const Scratch scratch(in_memory());
    FaultyDisk disk;
    const LogSettings settings{.segment_bytes = 150, .disk = &disk};
    {
      const auto log = MUST(Log::open(scratch.file("log"), settings));
      MUST(append(*log, {"one", std::string(80, 'x')}));
      disk.set_room(room);  // enough for a part of the group; from the second round on, of a new segment's head
      for (int round = 0; round < 3; ++round) {
        const LogOffset end = log->end();
        const auto refused = append(*log, {"two", std::string(200, 'y'), "three"});
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().text(), HasSubstr("No space left on device"));
        EXPECT_THAT(refused.error().text(), HasSubstr("df -h"));
        EXPECT_EQ(log->end(), end);
        EXPECT_EQ(MUST(texts_from(*log, 0)).size(), 2u + static_cast<size_t>(round)) << "nothing of it is read";
        disk.set_room(INT64_MAX);
        MUST(append(*log, {std::string(100, 'z')}));
        disk.set_room(room);
      }
    }
    disk.set_room(INT64_MAX);
    const auto log = MUST(Log::open(scratch.file("log"), settings));
    EXPECT_EQ(log->torn_bytes(), 0u) << "nothing of it is in the file";
    EXPECT_EQ(MUST(texts_from(*log, 0)).size(), 5u);
  }
}

TEST(Log, AFileSizeLimitIsAFullDisk) {
  const Scratch scratch;
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  {
    const auto log = MUST(Log::open(scratch.file("log")));
    MUST(append(*log, {"one"}));
    const rlimit small{200, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto refused = append(*log, {"two", std::string(500, 'y')});
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_THAT(text_of_error(refused), HasSubstr("File too large"));
    EXPECT_EQ(std::filesystem::file_size(segments_in(scratch.file("log")).front()), 16u + log->end());
    MUST(append(*log, {"three"}));
  }
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_THAT(MUST(texts_from(*MUST(Log::open(scratch.file("log"))), 0)), ElementsAre("one", "three"));
}

TEST(Log, ARealFullFileSystem) {
  const Scratch scratch;
  const std::string mounted = scratch.file("small");
  std::filesystem::create_directory(mounted);
  if (mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=256k") != 0) GTEST_SKIP() << "only root can mount a small disk";
  {
    const auto log = MUST(Log::open(mounted + "/log", {.segment_bytes = 20'000}));
    Texts kept;
    std::string error;
    for (int i = 0; error.empty(); ++i) {
      const Texts group{fmt::format("{}", i), std::string(9'000, 'x')};
      if (const auto taken = append(*log, group)) {
        kept.insert(kept.end(), group.begin(), group.end());
      } else {
        error = taken.error().text();
      }
    }
    EXPECT_THAT(error, HasSubstr("No space left on device"));
    EXPECT_TRUE(MUST(texts_from(*log, 0)) == kept);
    MUST(log->drop_before(log->end() / 2));
    MUST(append(*log, {"there is room", std::string(30'000, 'y')}));
    EXPECT_EQ(MUST(texts_from(*log, log->first())).back(), std::string(30'000, 'y'));
  }
  EXPECT_EQ(umount(mounted.c_str()), 0);
}

TEST(Log, AfterAFailedSyncNothingIsTakenUntilItIsOpenedAgain) {
  const Scratch scratch;
  FaultyDisk disk;
  {
    const auto log = MUST(Log::open(scratch.file("log"), {.disk = &disk}));
    MUST(append(*log, {"one"}));
    disk.sync_fails = true;
    EXPECT_THAT(text_of_error(append(*log, {"two"})), HasSubstr("it is not known what is on disk"));
    disk.sync_fails = false;
    EXPECT_THAT(text_of_error(append(*log, {"three"})), HasSubstr("restart")) << "a second sync would say yes too soon";
    EXPECT_THAT(MUST(texts_from(*log, 0)), ElementsAre("one")) << "what was acknowledged can be read";
  }
  EXPECT_THAT(MUST(texts_from(*MUST(Log::open(scratch.file("log"))), 0)), ElementsAre("one"));
}

TEST(Log, AGroupThatCanNeitherBeWrittenNorCutOffStopsTheLog) {
  const Scratch scratch;
  FaultyDisk disk;
  {
    const auto log = MUST(Log::open(scratch.file("log"), {.disk = &disk}));
    MUST(append(*log, {"one"}));
    disk.set_room(30);
    disk.cut_fails = true;
    EXPECT_FALSE(append(*log, {"two", "three"}));
    disk.set_room(INT64_MAX);
    disk.cut_fails = false;
    EXPECT_FALSE(append(*log, {"four"}));
  }
  const auto log = MUST(Log::open(scratch.file("log")));
  EXPECT_EQ(log->torn_bytes(), 30u);
  EXPECT_THAT(MUST(texts_from(*log, 0)), ElementsAre("one"));
}

}  // namespace

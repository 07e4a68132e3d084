// What a crash leaves of a log, byte by byte, bit by bit and sector by sector; the log against a list; and a writer
// that is killed. Files lie in memory where nothing depends on a disk.
#include <csignal>

#include <rapidcheck.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/hash.hpp"
#include "soak.hpp"
#include "store/log_format.hpp"
#include "store/log_support.hpp"

using namespace tessera;
using namespace tessera::store;
using tessera::testing_support::in_memory;
using tessera::testing_support::Scratch;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

struct Sample {
  std::string bytes;                // of the one segment
  std::vector<LogOffset> groups{};  // where they begin, then the end
  std::vector<Texts> texts{};
};

Sample make_sample(const std::string& folder, Rng& rng, int groups, size_t most) {
  Sample sample;
  {
    const auto log = MUST(Log::open(folder));
    for (int i = 0; i < groups; ++i) {
      sample.texts.emplace_back();
      for (uint64_t n = rng.below(4) + 1; n > 0; --n) sample.texts.back().push_back(random_text(rng, most));
      sample.groups.push_back(MUST(append(*log, sample.texts.back())));
    }
    sample.groups.push_back(log->end());
  }
  sample.bytes = bytes_of(segments_in(folder).front());
  return sample;
}

Texts first_groups(const Sample& sample, size_t count) {
  Texts all;
  for (size_t i = 0; i < count; ++i) all.insert(all.end(), sample.texts[i].begin(), sample.texts[i].end());
  return all;
}

// As a segment that was laid out before it was written, every second time.
std::string with_room(std::string bytes, Rng& rng) {
  if (rng.chance(0.5)) bytes.resize(bytes.size() + rng.below(10'000));
  return bytes;
}

bool is_blank(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

TEST(Log, AFileCutAtEveryByteKeepsEveryWholeGroupAndNothingElse) {
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  Rng rng(2);
  const Sample sample = make_sample(folder, rng, 6, 60);
  const auto segment = segments_in(folder).front();
  for (size_t size = log_format::kHeadBytes; size <= sample.bytes.size(); ++size) {
    write_bytes(segment, sample.bytes.substr(0, size));
    size_t whole = 0;
    while (whole + 1 < sample.groups.size() && sample.groups[whole + 1] + log_format::kHeadBytes <= size) ++whole;
    {
      const auto log = MUST(Log::open(folder));
      ASSERT_EQ(log->end(), sample.groups[whole]) << size;
      const std::string_view rest =
          std::string_view(sample.bytes).substr(0, size).substr(sample.groups[whole] + log_format::kHeadBytes);
      ASSERT_EQ(log->torn_bytes(), is_blank(rest) ? 0 : rest.size());
      ASSERT_EQ(MUST(append(*log, {"after the crash"})), sample.groups[whole]);
    }
    Texts expected = first_groups(sample, whole);
    expected.push_back("after the crash");
    const auto log = MUST(Log::open(folder));
    ASSERT_EQ(log->torn_bytes(), 0u);
    ASSERT_EQ(MUST(texts_from(*log, 0)), expected) << size;
  }
}

TEST(Log, RoomBehindTheLastGroupIsNoTornTail) {
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  Rng rng(11);
  const Sample sample = make_sample(folder, rng, 6, 60);
  const auto segment = segments_in(folder).front();
  for (size_t room = 1; room < 9000; room += 97) {
    write_bytes(segment, sample.bytes + std::string(room, '\0'));
    const auto log = MUST(Log::open(folder));
    ASSERT_EQ(log->end(), sample.groups.back()) << room;
    ASSERT_EQ(log->torn_bytes(), 0u);
    ASSERT_EQ(MUST(append(*log, {std::string("ends with zeros\0\0\0", 18)})), sample.groups.back());
    ASSERT_EQ(MUST(texts_from(*log, 0)).size(), first_groups(sample, 6).size() + 1);
  }
  EXPECT_EQ(MUST(texts_from(*MUST(Log::open(folder)), sample.groups.back())).front().size(), 18u);
}

TEST(Log, EveryFlippedBitIsNamedAndNothingVanishes) {
  Rng rng(3);
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  const Sample sample = make_sample(folder, rng, 5, 40);
  const auto segment = segments_in(folder).front();
  for (size_t at = 0; at < sample.bytes.size(); ++at) {
    std::string bytes = sample.bytes;
    bytes[at] ^= static_cast<char>(1 << rng.below(8));
    write_bytes(segment, with_room(std::move(bytes), rng));
    const auto log = Log::open(folder);
    ASSERT_FALSE(log) << at;
    EXPECT_THAT(log.error().text(), HasSubstr(segment.string()));
    if (at < log_format::kHeadBytes) continue;
    EXPECT_THAT(log.error().text(), HasSubstr("is damaged at byte"));
    // The remedy, as given, keeps all that lies before.
    const std::string command = log.error().remedy.text();
    ASSERT_TRUE(command.starts_with("truncate -s ")) << command;
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    const Texts kept = MUST(texts_from(*MUST(Log::open(folder)), 0));
    size_t whole = 0;
    while (sample.groups[whole + 1] + log_format::kHeadBytes <= at) ++whole;
    EXPECT_EQ(kept, first_groups(sample, whole)) << at;
  }
}

// Sectors of the unacknowledged group may come to the disk in any order.
TEST(Log, ALastGroupOfWhichAnySectorsAreMissingIsCutOff) {
  Rng rng(4);
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  for (int round = 0; round < 200; ++round) {
    std::filesystem::remove_all(folder);
    const Sample sample = make_sample(folder, rng, 3, 2500);
    const size_t begin = sample.groups[2] + log_format::kHeadBytes;
    std::string bytes = sample.bytes;
    std::vector<size_t> sectors;
    for (size_t at = begin; at < bytes.size(); at = (at / 512 + 1) * 512) sectors.push_back(at);
    for (uint64_t n = rng.below(sectors.size()) + 1; n > 0; --n) {
      const size_t from = sectors[rng.below(sectors.size())], until = std::min((from / 512 + 1) * 512, bytes.size());
      std::fill(bytes.begin() + static_cast<ptrdiff_t>(from), bytes.begin() + static_cast<ptrdiff_t>(until), '\0');
    }
    bytes = with_room(std::move(bytes), rng);
    write_bytes(segments_in(folder).front(), bytes);
    const auto log = MUST(Log::open(folder));
    ASSERT_EQ(log->end(), sample.groups[2]) << round;
    ASSERT_EQ(log->torn_bytes(), is_blank(std::string_view(bytes).substr(begin)) ? 0 : bytes.size() - begin);
    ASSERT_EQ(MUST(texts_from(*log, 0)), first_groups(sample, 2));
  }
}

TEST(Log, AMissingSectorBeforeAGroupThatIsWholeIsDamage) {
  Rng rng(5);
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  const Sample sample = make_sample(folder, rng, 4, 2500);
  const size_t last = sample.groups[3] + log_format::kHeadBytes;
  for (size_t from = 512; from + 512 <= last; from += 512) {
    std::string bytes = sample.bytes;
    std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(from), 512, '\0');
    write_bytes(segments_in(folder).front(), with_room(std::move(bytes), rng));
    EXPECT_THAT(text_of_error(Log::open(folder)), HasSubstr("is damaged at byte"));
  }
}

TEST(Log, LeftoversOfRecycledSpaceAreNoFrames) {
  Rng rng(6);
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  const Sample sample = make_sample(folder, rng, 4, 300), other = make_sample(scratch.file("other"), rng, 4, 300);
  const auto segment = segments_in(folder).front();
  const size_t head = log_format::kHeadBytes;
  // Groups of the same file at another place, and a whole file of another log with its groups at the right places.
  for (const std::string& leftover : {sample.bytes.substr(head), other.bytes.substr(head)}) {
    write_bytes(segment, sample.bytes + leftover);
    const auto scan = log_format::scan(bytes_of(segment), 0, MUST(log_format::salt_of(sample.bytes, 0)));
    EXPECT_EQ(scan.end, sample.groups.back()) << "none of it is taken for a group";
    EXPECT_NE(scan.tail, log_format::Scan::Tail::Whole);
  }
  write_bytes(segment, sample.bytes.substr(0, head) + other.bytes.substr(head));
  EXPECT_THAT(text_of_error(Log::open(folder)), HasSubstr("is damaged at byte 16"));
}

TEST(Log, ASegmentThatWasBeingBegunIsForgotten) {
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  MUST(append(*MUST(Log::open(folder)), {"one"}));
  write_bytes(folder + "/00000000000000000027.log.new", "TESS");
  EXPECT_THAT(MUST(texts_from(*MUST(Log::open(folder)), 0)), ElementsAre("one"));
  EXPECT_EQ(segments_in(folder).size(), 1u);
}

// --- against a model

void survives_crashes(uint64_t seed, int steps) {
  const Scratch scratch(in_memory());
  const std::string folder = scratch.file("log");
  Rng rng(seed);
  const LogSettings settings{.segment_bytes = rng.below(5000) + 1};
  std::vector<std::pair<LogOffset, std::string>> model;  // frames kept, by offset
  LogOffset end = 0;
  auto log = MUST(Log::open(folder, settings));
  const auto grow = [&](const Texts& group) {
    const LogOffset at = MUST(append(*log, group));
    RC_ASSERT(at == end);
    LogOffset offset = at;
    for (size_t i = 0; i < group.size(); ++i) {
      model.emplace_back(offset, group[i]);
      offset += (i == 0 ? log_format::kGroupBytes : 0) + log_format::kFrameBytes + group[i].size();
    }
    end = offset;
  };
  const auto random_group = [&] {
    Texts group(rng.below(5) + 1);
    for (std::string& text : group) text = random_text(rng, rng.chance(0.1) ? 3000 : 50);
    return group;
  };
  for (; steps > 0; --steps) {
    switch (rng.below(4)) {
      case 0:
        grow(random_group());
        break;
      case 1: {  // reopen
        log.reset();
        log = MUST(Log::open(folder, settings));
        break;
      }
      case 2: {  // a crash while a group was being written: some of its bytes are there
        MUST(append(*log, random_group()));
        log.reset();  // first, and with it the segment that is laid out for later
        const auto last = segments_in(folder).back();
        const std::string bytes = bytes_of(last);
        const LogOffset first = *log_format::first_of(last.filename().string());
        const size_t before = end - first + log_format::kHeadBytes;
        write_bytes(last, bytes.substr(0, before + rng.below(bytes.size() - before)));
        log = MUST(Log::open(folder, settings));
        break;
      }
      case 3: {  // drop
        const LogOffset from = rng.below(end + 1), before = log->first();
        MUST(log->drop_before(from));
        RC_ASSERT(log->first() == before || log->first() <= from);
        std::erase_if(model, [&](const auto& frame) { return frame.first < log->first(); });
        break;
      }
    }
    RC_ASSERT(log->end() == end);
    auto reader = MUST(log->read_from(log->first()));
    for (const auto& [offset, text] : model) {
      const auto frame = MUST(reader.next());
      RC_ASSERT(frame.has_value());
      RC_ASSERT(frame->offset == offset);
      RC_ASSERT(frame->payload == text);
    }
    RC_ASSERT(!MUST(reader.next()).has_value());
  }
}

TEST(Log, IsAListThatSurvivesCrashes) {
  EXPECT_TRUE(rc::check([] { survives_crashes(*rc::gen::arbitrary<uint64_t>(), *rc::gen::inRange(1, 25)); }));
}

// --- killed

// What the writer's n-th frame holds, so that a reader can tell it from every other.
std::string frame_text(uint64_t n) {
  Rng rng(n);
  return fmt::format("{}:", n) + random_text(rng, n % 20 == 0 ? 400'000 : 300);
}

// Appends groups until it is killed and tells each acknowledged one (frames so far, end) through the pipe.
[[noreturn]] void write_until_killed(const std::string& folder, uint64_t frames, int tell) {
  const auto log = MUST(Log::open(folder, {.segment_bytes = 300'000, .prepare_from = 50'000}));
  for (Rng rng(frames);;) {
    Texts group(rng.below(6) + 1);
    for (std::string& text : group) text = frame_text(frames++);
    MUST(append(*log, group));
    const uint64_t told[2] = {frames, log->end()};
    if (write(tell, told, sizeof told) != sizeof told) _exit(1);
  }
}

TEST(Log, AKilledWriterLosesNothingItAcknowledged) {
  const Scratch scratch;
  const std::string folder = scratch.file("log");
  const int kills = static_cast<int>(tries("TESSERA_KILLS", 20));
  Rng rng(7);
  uint64_t there = 0;
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    int tell[2];
    ASSERT_EQ(pipe(tell), 0);
    const pid_t writer = fork();
    if (writer == 0) {
      close(tell[0]);
      write_until_killed(folder, there, tell[1]);
    }
    close(tell[1]);
    uint64_t told[2] = {there, 0};
    for (uint64_t answers = rng.below(12); answers > 0; --answers)
      ASSERT_EQ(read(tell[0], told, sizeof told), static_cast<ssize_t>(sizeof told));
    // A while that differs from kill to kill, in work instead of time: the writer is somewhere in its next group.
    uint64_t work = rng.below(3'000'000), mixed = 1;
    for (; work > 0; --work) mixed = mix64(mixed);
    ASSERT_NE(mixed, 0u);
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    while (read(tell[0], told, sizeof told) == static_cast<ssize_t>(sizeof told)) {
    }
    close(tell[0]);

    const auto log = MUST(Log::open(folder));
    ASSERT_GE(log->end(), told[1]) << "every acknowledged byte is there";
    auto reader = MUST(log->read_from(0));
    uint64_t n = 0;
    while (const auto frame = MUST(reader.next())) ASSERT_EQ(frame->payload, frame_text(n++)) << "once and in order";
    ASSERT_GE(n, told[0]);
    ASSERT_LE(n, told[0] + 6) << "and at most the group that was being written";
    there = n;
  }
  figure("{} kills, {} frames acknowledged, each there once and in order", kills, there);
  EXPECT_GT(there, static_cast<uint64_t>(kills) * 5);
}

}  // namespace

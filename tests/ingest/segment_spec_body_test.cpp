// Bodies as the server hands them over: the route's type, the sender's clock, rejects one by one.
#include "ingest/segment_spec_body.hpp"

#include <fstream>

#include "core/json.hpp"
#include "ingest/recording.hpp"

namespace tessera::ingest {
namespace {

const Instant kNow = *parse_instant("2026-03-01T12:00:00Z");

struct Read {
  RecordingIntake intake;
  SegmentBody body{intake};
  void operator()(std::string_view type, std::string_view text) { body.read("web", type, text, kNow); }
  uint64_t rejects(const std::string& reason) const {
    const auto found = body.findings().rejects.find(reason);
    return found == body.findings().rejects.end() ? 0 : found->second.count;
  }
};

TEST(SegmentBody, TheRouteSaysTheTypeWhereTheBodyDoesNot) {
  Read read;
  read("track", R"({"userId":"u","event":"Order Completed"})");
  read("page", R"({"userId":"u","name":"Home"})");
  read("track", R"({"type":"screen","userId":"u"})");
  read("batch", R"({"batch":[{"type":"identify","userId":"u","traits":{"plan":"pro"}},{"userId":"u"}]})");
  // A member that files wrap calls in means nothing here.
  read("track", R"({"userId":"u","event":"Message","message":{"type":"track","userId":"x","event":"Other"}})");
  ASSERT_EQ(read.intake.rows.size(), 5u);
  EXPECT_EQ(read.intake.rows[0].event, "Order Completed");
  EXPECT_EQ(read.intake.rows[1].event, "Page Viewed");
  EXPECT_EQ(read.intake.rows[2].event, "Screen Viewed");
  EXPECT_EQ(read.intake.rows[3].event, "$identify");
  EXPECT_EQ(read.intake.rows[4].event, "Message");
  EXPECT_EQ(read.rejects("unknown-type"), 1u);  // a batch's member says its own
}

// Segment says at most 100 characters. A longer one names its event as well as a short one does: it is compared whole.
TEST(SegmentBody, AMessageIdMayBeLongAndCountsWhole) {
  Read read;
  const auto fingerprint = [&](const std::string& id) {
    read("track", fmt::format(R"({{"userId":"u","event":"x","messageId":"{}"}})", id));
    return read.intake.rows.back().fingerprint;
  };
  const std::string hundred(100, 'm'), thousands(30'000, 'm');
  EXPECT_EQ(fingerprint(hundred + "a"), fingerprint(hundred + "a"));
  EXPECT_NE(fingerprint(hundred + "a"), fingerprint(hundred + "b"));
  EXPECT_NE(fingerprint(hundred), fingerprint(hundred + "a"));
  EXPECT_NE(fingerprint(thousands + "a"), fingerprint(thousands + "b"));
  EXPECT_EQ(read.body.findings().rejected(), 0u);
}

TEST(SegmentBody, WhatHasAPlaceIsKnownByItWhenItComesAgain) {
  Read read;
  const auto fingerprints = [&](std::string_view origin, std::string_view text) {
    const size_t had = read.intake.rows.size();
    read.body.read(origin, "", text, kNow);
    std::vector<uint64_t> out;
    for (size_t i = had; i < read.intake.rows.size(); ++i) out.push_back(read.intake.rows[i].fingerprint);
    return out;
  };
  constexpr std::string_view kCall = R"({"type":"track","userId":"u","event":"x"})";
  const std::string batch = fmt::format("{{\"batch\":[{0},{0}]}}", kCall);
  EXPECT_EQ(fingerprints("orders/0@1", kCall), fingerprints("orders/0@1", kCall));
  EXPECT_NE(fingerprints("orders/0@1", kCall), fingerprints("orders/0@2", kCall));
  EXPECT_NE(fingerprints("orders/0@1", kCall), fingerprints("orders/1@1", kCall));
  const auto two = fingerprints("orders/0@3", batch);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_NE(two[0], two[1]) << "the same twice in one batch is two";
  EXPECT_EQ(two, fingerprints("orders/0@3", batch));
  constexpr std::string_view kNamed = R"({"type":"track","userId":"u","event":"x","messageId":"m1"})";
  EXPECT_EQ(fingerprints("orders/0@4", kNamed), fingerprints("orders/0@5", kNamed)) << "by its name, wherever it is";
}

TEST(SegmentBody, WhatIsTooLargeOrNothingIsARejectWithItsPlace) {
  Read read;
  const std::string large =
      fmt::format(R"({{"type":"track","userId":"u","event":"x","properties":{{"p":"{}"}}}})", std::string(33'000, 'x'));
  read.body.read("orders/0@1", "", large, kNow);
  read.body.read("orders/0@2", "", "{\"batch\":[" + large + R"(,{"type":"track","userId":"u","event":"x"}]})", kNow);
  read.body.read("orders/0@3", "", "", kNow);
  read.body.read("orders/0@4", type_of_cut(600'000), "{\"type\":", kNow);
  EXPECT_EQ(read.intake.rows.size(), 1u);
  EXPECT_EQ(read.rejects("too-large"), 3u);
  EXPECT_EQ(read.rejects("no-value"), 1u);
  ASSERT_EQ(read.intake.rejects.size(), 4u);
  EXPECT_EQ(read.intake.rejects[3].source, "orders/0@4");
  EXPECT_EQ(read.intake.rejects[3].value, "600000 bytes");
}

TEST(SegmentBody, TheSendersClockIsSetRightByWhenItSent) {
  Read read;
  const auto time_of = [&](std::string_view times) {
    read("track", fmt::format(R"({{"userId":"u","event":"x"{}}})", times));
    return text_of(read.intake.rows.back().time);
  };
  EXPECT_EQ(time_of(""), "2026-03-01T12:00:00Z");
  EXPECT_EQ(time_of(R"(,"timestamp":"2026-02-01T00:00:00Z")"), "2026-02-01T00:00:00Z");
  // One hour fast: made ten minutes before it was sent.
  EXPECT_EQ(time_of(R"(,"timestamp":"2026-03-01T12:50:00Z","sentAt":"2026-03-01T13:00:00Z")"), "2026-03-01T11:50:00Z");
  EXPECT_EQ(time_of(R"(,"originalTimestamp":"2026-03-01T12:50:00Z","sentAt":"2026-03-01T13:00:00Z")"),
            "2026-03-01T11:50:00Z");
  EXPECT_EQ(time_of(R"(,"sentAt":"2026-03-01T13:00:00Z")"), "2026-03-01T12:00:00Z");
  // Received by another before us, who has set it right.
  EXPECT_EQ(
      time_of(
          R"(,"timestamp":"2026-03-01T10:00:00Z","sentAt":"2026-03-01T13:00:00Z","receivedAt":"2026-03-01T10:30:00Z")"),
      "2026-03-01T10:00:00Z");
  read(
      "batch",
      R"({"sentAt":"2026-03-01T13:00:00Z","batch":[{"type":"track","event":"x","userId":"u","timestamp":"2026-03-01T12:50:00Z"}]})");
  EXPECT_EQ(text_of(read.intake.rows.back().time), "2026-03-01T11:50:00Z");
  // A sentAt that nobody's clock said, or that is no time, corrects nothing and rejects nothing.
  for (const char* sent : {"0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "1900-01-01T00:00:00Z", "yesterday", ""})
    EXPECT_EQ(time_of(fmt::format(R"(,"timestamp":"2026-03-01T10:00:00Z","sentAt":"{}")", sent)),
              "2026-03-01T10:00:00Z")
        << sent;
  EXPECT_EQ(read.rejects("bad-time"), 0u);
  read("track", R"({"userId":"u","event":"x","timestamp":"yesterday","sentAt":"2026-03-01T13:00:00Z"})");
  EXPECT_EQ(read.rejects("bad-time"), 1u);
}

TEST(SegmentBody, BadOnesOfABatchAreRejectedOneByOne) {
  Read read;
  read("batch", R"({"batch":[{"type":"track","userId":"u","event":"x"},{"type":"track","event":"x"},7]})");
  EXPECT_EQ(read.intake.rows.size(), 1u);
  ASSERT_EQ(read.intake.rejects.size(), 2u);
  EXPECT_EQ(read.intake.rejects[0].reason, "no-user");
  EXPECT_EQ(read.intake.rejects[0].source, "web");
  EXPECT_EQ(read.intake.rejects[0].line, 2u);  // its place in the batch
  EXPECT_EQ(read.intake.rejects[0].row, R"({"type":"track","event":"x"})");
  EXPECT_EQ(read.intake.rejects[1].line, 3u);
  EXPECT_EQ(read.body.findings().rows_read, 3u);
}

TEST(SegmentBody, TooManyAreRejectedTogether) {
  const auto batch = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i)
      text += fmt::format("{}{{\"type\":\"track\",\"event\":\"x\",\"userId\":\"u\",\"messageId\":\"{}\"}}",
                          i ? "," : "", i);
    return "{\"batch\":[" + text + "]}";
  };
  Read read;
  read("batch", batch(kMostCalls));
  EXPECT_EQ(read.intake.rows.size(), kMostCalls);
  EXPECT_EQ(read.intake.rejects.size(), 0u);
  read("batch", batch(kMostCalls + 1));
  EXPECT_EQ(read.intake.rows.size(), kMostCalls);
  ASSERT_EQ(read.intake.rejects.size(), 1u);
  EXPECT_EQ(read.intake.rejects[0].reason, "too-many-events");
  EXPECT_EQ(read.intake.rejects[0].value, "2501");
}

// What came before does not change what a body gives: a replay of the log from anywhere gives the same.
TEST(SegmentBody, ABodyGivesTheSameRowsWhateverCameBefore) {
  const std::string body =
      R"({"batch":[{"type":"track","userId":"u","event":"x"},{"type":"track","userId":"u","event":"x"}]})";
  Read fresh, used;
  fresh("batch", body);
  used("batch", body);
  used("track", R"({"userId":"u","event":"x","properties":{"a":{"b":1}}})");
  for (int i = 0; i < 300; ++i)  // names nobody has seen, more than are remembered
    used("track",
         fmt::format(R"({{"userId":"u","event":"n{0}","properties":{{"p{0}":"{1}"}}}})", i, std::string(30'000, 'x')));
  const size_t before = used.intake.rows.size();
  used("batch", body);
  ASSERT_EQ(used.intake.rows.size(), before + 2);
  for (size_t i : {0, 1}) EXPECT_EQ(used.intake.rows[before + i].fingerprint, fresh.intake.rows[i].fingerprint);
  EXPECT_NE(fresh.intake.rows[0].fingerprint, fresh.intake.rows[1].fingerprint);
}

TEST(SegmentBody, ThePayloadsOfTheSpecAreReadOrRejectedWithAReason) {
  std::ifstream file(TESSERA_SOURCE_DIR "/../shared/data/segment-spec-examples.jsonl");
  if (!file) GTEST_SKIP() << "../shared/data/segment-spec-examples.jsonl is absent";
  Read read;
  std::string line;
  size_t count = 0;
  while (std::getline(file, line)) {
    read("batch", parse_json(line)->find("payload")->dump());
    ++count;
  }
  EXPECT_EQ(count, 75u);
  EXPECT_EQ(read.intake.rows.size() + read.intake.rejects.size(), 75u);
  fmt::print("  {} rows\n", read.intake.rows.size());
  for (const auto& [reason, tally] : read.body.findings().rejects)
    fmt::print("  {} {}: {}\n", tally.count, reason, tally.value);
}

}  // namespace
}  // namespace tessera::ingest

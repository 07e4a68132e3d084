// More than the server can hold, from every side: a disk that is full, readers that do not read, bodies without an end.
// It says no, or later; its memory stays what it was; and it goes on.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

namespace tessera::cli {
namespace {

// A megabyte of memory, as a limit. The address sanitizer keeps what was freed and puts room around the rest.
#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kMemory = 10 << 20;
#else
constexpr uint64_t kMemory = 1 << 20;
#endif

using server::Answer;
using server::Raw;

class Overload : public testing::Test {
 protected:
  void SetUp() override {
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
  }
  std::string track_target() const { return "/v1/track?writeKey=" + server.key(); }
  std::string batch_target() const { return "/v1/batch?writeKey=" + server.key(); }
  std::string integer(const std::string& sql) const {
    const Ran ran = work.sh("tessera --store s.db --format csv sql \"" + sql + "\"");
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out.substr(ran.out.find('\n') + 1);
  }
  Json status() const { return parse_json(server.ask("GET", "/api/v1/status").body).value_or(Json()); }

  Workplace work;
  Serving server{work.path("s.db")};
};

std::string event(size_t n, size_t padding) {
  return fmt::format(R"({{"type":"track","messageId":"m{0}","userId":"u{0}","event":"Order Completed",)"
                     R"("properties":{{"n":{0},"note":"{1}"}}}})",
                     n, std::string(padding, 'x'));
}

TEST_F(Overload, AFullDiskIsToldAndWhenThereIsRoomItGoesOn) {
  // A limit on the size of files stands for the full disk: writes fail in the same place, to the log and the record.
  rlimit before{};
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_FSIZE, nullptr, &before), 0);
  rlimit full = before;
  full.rlim_cur = 400'000;
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_FSIZE, &full, nullptr), 0);
  size_t taken = 0, refused = 0;
  // Three hundred tables are more to write to the record than to the log.
  std::string tables;
  for (int t = 0; t < 300; ++t)
    tables += fmt::format(R"({}{{"type":"track","userId":"u","event":"Name {}"}})", t ? "," : "", t);
  ASSERT_EQ(server.ask("POST", batch_target(), "{\"batch\":[" + tables + "]}").status, 200);
  for (size_t n = 0; n < 400 && refused < 20; ++n) {
    const Answer answer = server.ask("POST", track_target(), event(n, 20'000));
    if (answer.status == 200) {
      ++taken;
    } else {
      ++refused;
      EXPECT_EQ(answer.status, 503) << answer.body;
      EXPECT_TRUE(answer.has("Retry-After: ")) << answer.head;
    }
  }
  EXPECT_GT(taken, 5u);
  EXPECT_EQ(refused, 20u);
  EXPECT_EQ(server.ask("GET", "/healthz").status, 200);
  const auto record_is_in_trouble = [&] {
    const Json now = status();
    return now.find("engine")->find("record_trouble")->as_text() != nullptr;
  };
  const SystemClock clock;
  const Instant begun = clock.now();
  while (!record_is_in_trouble() && clock.now() - begun < kSecond * 10) {
  }
  EXPECT_TRUE(record_is_in_trouble());
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  for (size_t n = 1'000; n < 1'050; ++n, ++taken)
    ASSERT_EQ(server.ask("POST", track_target(), event(n, 20'000)).status, 200) << n;
  // The record comes after without being started again.
  const Instant room = clock.now();
  while (record_is_in_trouble() && clock.now() - room < kSecond * 10) {
  }
  EXPECT_FALSE(record_is_in_trouble()) << status().dump();
  EXPECT_EQ(server.stop(), 0) << server.errors();
  EXPECT_EQ(integer("SELECT count(*), count(DISTINCT n) FROM order_completed"), fmt::format("{0},{0}\n", taken));
  EXPECT_EQ(work.sh("tessera --store s.db doctor").code, 0);
}

TEST_F(Overload, ReadersThatDoNotReadCostNeitherMemoryNorTime) {
  ASSERT_EQ(server
                .ask("PUT", "/api/v1/segments",
                     "segment \"A\" = at least 1 \"Order Completed\"\nsegment \"B\" = at least 1 any event\n"
                     "segment \"C\" = sum(\"Order Completed\".n) >= 0\n")
                .status,
            200);
  std::vector<Raw> readers;
  for (int i = 0; i < 50; ++i) {
    Raw& reader = readers.emplace_back(server.port(), 4096);
    ASSERT_TRUE(reader.send(request("GET", "/api/v1/changes?after=", {}, "Accept: text/event-stream\r\n")));
  }
  const uint64_t before = server.resident_bytes();
  // 60,000 changes, some 10 MB of text, for each of the readers.
  Raw sender(server.port());
  for (size_t n = 0; n < 20'000;) {
    std::string body;
    for (const size_t end = n + 1'000; n < end; ++n) body += (body.empty() ? "" : ",") + event(n, 1);
    ASSERT_TRUE(sender.send(request("POST", batch_target(), "{\"batch\":[" + body + "]}")));
    ASSERT_EQ(sender.answer().status, 200);
  }
  // One who reads gets all of them.
  Raw reader(server.port());
  ASSERT_TRUE(reader.send(request("GET", "/api/v1/changes?after=", {}, "Accept: text/event-stream\r\n")));
  ASSERT_EQ(reader.answer(false).status, 200);
  size_t heard = 0;
  while (heard < 60'000) {
    const auto chunk = reader.chunk();
    ASSERT_TRUE(chunk.has_value()) << heard;
    for (size_t at = 0; (at = chunk->find("event: change", at)) != std::string::npos; ++at) ++heard;
  }
  EXPECT_EQ(heard, 60'000u);
  const uint64_t grown = server.resident_bytes() - before;
  fmt::print("50 readers that do not read, 60,000 changes: {} MB more in memory\n", grown >> 20);
  EXPECT_LT(grown, 200u * kMemory) << "holding it all for everyone would be 500 MB";
  readers.clear();  // a stop waits for them otherwise, ten seconds at most
  EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST_F(Overload, ABodyOfHalfAGigabyteIsCutOffEarly) {
  constexpr size_t kHuge = 500 << 20;
  const uint64_t before = server.resident_bytes();
  const std::string piece(1 << 20, ' ');
  for (const std::string& target : {batch_target(), std::string("/rudder/v1/batch"), std::string("/api/v1/segments")}) {
    for (const bool is_chunked : {false, true}) {
      Raw raw(server.port());
      const std::string length = is_chunked ? "Transfer-Encoding: chunked" : fmt::format("Content-Length: {}", kHuge);
      ASSERT_TRUE(raw.send(fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n", target, length)));
      size_t sent = 0;
      while (sent < kHuge && raw.send(is_chunked ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : piece))
        sent += piece.size();
      EXPECT_LT(sent, 64u << 20) << target << " took it for a long time";
    }
  }
  EXPECT_LT(server.resident_bytes(), before + 64u * kMemory);
  // Told why, where it was said before how large it is.
  Raw polite(server.port());
  ASSERT_TRUE(polite.send(
      fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
                  batch_target(), kHuge)));
  EXPECT_EQ(polite.answer().status, 400) << "as Segment's API does";
  EXPECT_EQ(server.ask("POST", track_target(), event(1, 1)).status, 200);
  EXPECT_EQ(server.stop(), 0) << server.errors();
  EXPECT_EQ(integer("SELECT count(*) FROM order_completed"), "1\n");
}

}  // namespace
}  // namespace tessera::cli

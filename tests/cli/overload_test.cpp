// More than the server can hold, from every side: a disk that is full, readers that do not read, bodies without an end.
// It says no, or later; its memory stays what it was; and it goes on.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

namespace tessera::cli {
namespace {

// A megabyte of memory, as a limit. The address sanitizer keeps what was freed and puts room around the rest.
#if defined(TESSERA_BINARY_SANITIZED)
constexpr uint64_t kMemory = 10 << 20;
#else
constexpr uint64_t kMemory = 1 << 20;
#endif

using http::Answer;
using http::Raw;

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
  while (!record_is_in_trouble() && clock.now() - begun < kSecond * 60) {
  }
  EXPECT_TRUE(record_is_in_trouble());
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  for (size_t n = 1'000; n < 1'050; ++n, ++taken)
    ASSERT_EQ(server.ask("POST", track_target(), event(n, 20'000)).status, 200) << n;
  // The record comes after without being started again.
  const Instant room = clock.now();
  while (record_is_in_trouble() && clock.now() - room < kSecond * 60) {
  }
  EXPECT_FALSE(record_is_in_trouble()) << status().dump();
  EXPECT_EQ(server.stop(), 0) << server.errors();
  // What happened is in the log of the server, once each, in this order.
  size_t at = 0;
  for (const std::string_view line : {"error   log cannot be written", "info    log written again"}) {
    at = server.errors().find(line, at);
    ASSERT_NE(at, std::string::npos) << line << " in " << server.errors();
    EXPECT_EQ(server.errors().find(line, at + 1), std::string::npos) << server.errors();
  }
  EXPECT_THAT(server.errors(), testing::HasSubstr("error   record cannot be written"));
  EXPECT_THAT(server.errors(), testing::HasSubstr("info    record written again"));
  EXPECT_EQ(integer("SELECT count(*), count(DISTINCT n) FROM order_completed"), fmt::format("{0},{0}\n", taken));
  EXPECT_EQ(work.sh("tessera --store s.db doctor").code, 0);
}

TEST_F(Overload, AStopWithAFullDiskEndsAndNothingIsLost) {
  std::string tables;
  for (int t = 0; t < 300; ++t)
    tables += fmt::format(R"({}{{"type":"track","userId":"u","event":"Name {}"}})", t ? "," : "", t);
  rlimit full{};
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_FSIZE, nullptr, &full), 0);
  full.rlim_cur = 400'000;
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_FSIZE, &full, nullptr), 0);
  ASSERT_EQ(server.ask("POST", batch_target(), "{\"batch\":[" + tables + "]}").status, 200);
  // Until pages wait for the record, and what is logged for them.
  const SystemClock clock;
  const Instant begun = clock.now();
  size_t taken = 0, asked = 0, stuck = 0;
  while (stuck < 100 && clock.now() - begun < kSecond * 30) {
    if (asked++ % 50 == 0) taken += server.ask("POST", track_target(), event(taken, 10)).status == 200;
    const Json now = *status().find("engine");
    stuck = now.find("record_trouble")->as_text() && now.find("bytes_behind")->number_or(0) > 0 ? stuck + 1 : 0;
  }
  for (int i = 0; i < 20; ++i) taken += server.ask("POST", track_target(), event(taken, 10)).status == 200;
  EXPECT_GT(status().find("engine")->find("bytes_behind")->number_or(0), 0) << status().dump();
  EXPECT_EQ(server.stop(), 1) << server.errors();
  EXPECT_NE(server.errors().find("it is recorded at the next start"), std::string::npos) << server.errors();
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
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

// As many open files as are allowed, for this process and the servers it starts.
class ManyFiles {
 public:
  ManyFiles() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit most{before_.rlim_max, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &most);
  }
  ~ManyFiles() { setrlimit(RLIMIT_NOFILE, &before_); }
  size_t allowed() const { return before_.rlim_max; }

 private:
  rlimit before_{};
};

TEST(OverloadOfConnections, TenThousandIdleOnesCostLittleMemoryAndNoTime) {
  const ManyFiles files;
  constexpr size_t kWanted = 10'000, kOthers = 400;  // the server keeps 256 for its record and log
  const size_t count = std::min(kWanted, files.allowed() - kOthers);
  Workplace work;
  Serving server(work.path("s.db"));
  server.start({"--connections-of-one", "20000"});
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string target = "/v1/track?writeKey=" + server.key();
  const SystemClock clock;
  const auto send = [&](size_t from) {
    Raw raw(server.port());
    const Instant begun = clock.now();
    for (size_t n = from; n < from + 100; ++n) {
      EXPECT_TRUE(raw.send(request("POST", target, event(n, 10))));
      EXPECT_EQ(raw.answer().status, 200) << n;
    }
    return clock.now() - begun;
  };
  const Duration alone = send(0);
  const uint64_t before = server.resident_bytes();
  std::vector<Raw> idle;
  idle.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(idle.emplace_back(server.port()).is_connected()) << i;
    // Every tenth has said something before it fell silent, every tenth is in the middle of a head.
    if (i % 10 == 0) {
      ASSERT_TRUE(idle.back().send(request("GET", "/healthz")));
      ASSERT_EQ(idle.back().answer().status, 200) << i;
    }
    if (i % 10 == 5) {
      ASSERT_TRUE(idle.back().send("POST /v1/track HTTP/1.1\r\nHo"));
    }
  }
  const Duration among = send(1'000);
  const Json status = parse_json(server.ask("GET", "/api/v1/status").body).value_or(Json());
  const uint64_t grown = server.resident_bytes() - before;
  fmt::print("{} idle connections{}: {} bytes of memory each; 100 events one by one take {} ms beside them, {} alone\n",
             count, count < kWanted ? fmt::format(" (no more: ulimit -Hn is {})", files.allowed()) : "", grown / count,
             among.ms, alone.ms);
  EXPECT_LT(grown / count, 20'000u * (kMemory >> 20));
  EXPECT_LT(among.ms, 10 * alone.ms + 5'000) << "they stand in nobody's way";
  // They are still there: the last and the first are answered.
  for (const size_t i : {size_t{0}, count / 2 / 10 * 10, count - 10 - count % 10}) {
    ASSERT_TRUE(idle[i].send(request("GET", "/healthz"))) << i;
    EXPECT_EQ(idle[i].answer().status, 200) << i;
  }
  idle.clear();
  EXPECT_EQ(server.stop(), 0) << server.errors();
  EXPECT_EQ(work.sh("tessera --store s.db --format csv sql 'SELECT count(*) FROM order_completed'").out,
            "count_star()\n200\n");
}

// As small as gzip gets it.
std::string packed(const std::string& text) {
  std::string out(compressBound(text.size()) + 32, '\0');
  z_stream state{};
  EXPECT_EQ(deflateInit2(&state, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

TEST_F(Overload, AGigabyteInAMegabyteIsNotUnpacked) {
  // Members of gzip may follow each other: 64 times 16 MB of zeros.
  const std::string member = packed(std::string(16 << 20, '\0'));
  std::string bomb, within;  // the second is small enough to be read whole by Segment's limit of a body
  for (int i = 0; i < 64; ++i) bomb += member;
  while (within.size() + member.size() < 500'000) within += member;
  ASSERT_LT(bomb.size(), 2u << 20);
  const uint64_t before = server.resident_bytes();
  const auto answer = [&](const std::string& target, const std::string& body) {
    Raw raw(server.port());
    EXPECT_TRUE(raw.send(request("POST", target + "?writeKey=" + server.key(), body, "Content-Encoding: gzip\r\n")));
    return raw.answer().status;
  };
  const auto send = [&](int times) {
    for (int i = 0; i < times; ++i) {
      EXPECT_EQ(answer("/rudder/v1/batch", bomb), 413);
      EXPECT_EQ(answer("/v1/batch", within), 400);
    }
    return std::max(server.resident_bytes(), before) - before;
  };
  const uint64_t few = send(20), many = send(60);
  fmt::print("{} bytes that are 1 GB, and {} that are {} MB: {} MB more in memory after 20 of each, {} after 80\n",
             bomb.size(), within.size(), within.size() / member.size() * 16, few >> 20, many >> 20);
  EXPECT_LT(few, 100u * kMemory);
  EXPECT_LT(many, few + 64u * kMemory) << "it does not grow with their number";
  EXPECT_EQ(answer("/v1/track", packed(event(1, 1))), 200);
  EXPECT_EQ(server.stop(), 0) << server.errors();
  EXPECT_EQ(integer("SELECT count(*) FROM order_completed"), "1\n");
}

}  // namespace
}  // namespace tessera::cli

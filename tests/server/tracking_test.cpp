// The tracking API as SDKs see it: what is taken, what is refused and how, and what the engine is given.
#include <fstream>

#include "core/gzip.hpp"
#include "ingest/segment_spec_body.hpp"
#include "server/fake.hpp"

namespace tessera::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class Tracking : public Served {
 protected:
  std::string key = add_key("web");
  // "web:"
  std::string basic() const { return fmt::format("Authorization: Basic {}\r\n", encoded(key + ":")); }
  static std::string encoded(std::string_view text) {
    static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < text.size(); i += 3) {
      uint32_t bits = 0;
      const size_t count = std::min<size_t>(3, text.size() - i);
      for (size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < count ? static_cast<uint8_t>(text[i + j]) : 0);
      for (size_t j = 0; j < 4; ++j) out += j <= count ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
    }
    return out;
  }
  http::Answer track(std::string_view path, std::string_view body, std::string_view more = "") {
    return send(path, body, basic() + std::string(more));
  }
  // What the engine was given by the last request; empty: nothing.
  live::Submission taken() {
    auto all = pad.taken();
    return all.empty() ? live::Submission{} : all.back();
  }
};

// A line a minute by kind, none a request; and of who was refused nothing.
TEST_F(Tracking, WhatIsNotTakenIsALineOfTheLogByKind) {
  const std::string secret = "ann.secret@example.com";
  const std::string good = fmt::format(R"({{"userId":"{}","event":"Paid"}})", secret);
  EXPECT_EQ(track("/v1/t", good).status, 200);
  EXPECT_EQ(track("/v1/t", "{\"userId\": \"" + secret + "\" oops").status, 400);
  EXPECT_EQ(track("/v1/t", "[\"" + secret + "\"]").status, 400);
  EXPECT_EQ(track("/v1/t", secret, "Content-Encoding: gzip\r\n").status, 400);
  EXPECT_EQ(send("/v1/t", good, fmt::format("Authorization: Basic {}\r\n", encoded(secret + ":"))).status, 200);
  pad.mood = NotePad::Mood::Busy;
  EXPECT_EQ(track("/v1/t", good).status, 429);
  pad.mood = NotePad::Mood::DiskFull;
  EXPECT_EQ(track("/v1/t", good).status, 503);
  EXPECT_THAT(lines.lines(), testing::ElementsAre("2026-03-01T12:00:00Z warning calls not taken no_json=1"));
  clock.ms += kMinute.ms;
  EXPECT_EQ(track("/v1/t", good).status, 503);
  EXPECT_THAT(lines.lines(),
              testing::ElementsAre("2026-03-01T12:01:00Z warning calls not taken no_gzip=1 no_json_object=1 "
                                   "not_written=2 queue_full=1 unknown_write_key=1"));
}

TEST_F(Tracking, ASlowRequestIsALineWithItsRouteAlone) {
  pad.meanwhile = [this] { clock.ms += kSlow.ms; };
  EXPECT_EQ(track("/v1/t?x=ann.secret", R"({"userId":"u1"})").status, 200);
  EXPECT_THAT(lines.lines(), testing::IsEmpty());
  pad.meanwhile = [this] { clock.ms += kSlow.ms + 1; };
  EXPECT_EQ(track("/v1/t?x=ann.secret", R"({"userId":"u1"})").status, 200);
  EXPECT_THAT(lines.lines(), testing::ElementsAre("2026-03-01T12:00:04.001Z warning slow request method=POST "
                                                  "route=/v1/{call} status=200 ms=2001"));
}

TEST_F(Tracking, EveryCallAndItsShortFormIsTakenWithItsType) {
  for (const auto& [path, type] : std::vector<std::pair<std::string, std::string>>{{"identify", "identify"},
                                                                                   {"track", "track"},
                                                                                   {"page", "page"},
                                                                                   {"screen", "screen"},
                                                                                   {"group", "group"},
                                                                                   {"alias", "alias"},
                                                                                   {"batch", "batch"},
                                                                                   {"import", "batch"},
                                                                                   {"i", "identify"},
                                                                                   {"t", "track"},
                                                                                   {"p", "page"},
                                                                                   {"s", "screen"},
                                                                                   {"g", "group"},
                                                                                   {"a", "alias"},
                                                                                   {"b", "batch"}}) {
    for (const std::string prefix : {"/v1/", "/rudder/v1/"}) {
      const http::Answer answer = track(prefix + path, R"({"userId":"u1","messageId":"m"})");
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, R"({"success":true})");
      EXPECT_TRUE(answer.has("Access-Control-Allow-Origin: *"));
      const auto given = taken();
      EXPECT_EQ(given.type, type) << path;
      EXPECT_EQ(given.source, "web");
      EXPECT_EQ(given.body, R"({"userId":"u1","messageId":"m"})");  // as received
    }
  }
  EXPECT_EQ(track("/v1/nothing", "{}").status, 404);
  EXPECT_EQ(get("/v1/track").status, 405);
}

TEST_F(Tracking, TheWriteKeyMayStandInFourPlaces) {
  const std::string body = R"({"userId":"u","messageId":"m"})";
  EXPECT_EQ(send("/v1/t", body, basic()).status, 200);
  EXPECT_EQ(taken().source, "web");
  send("/v1/t", body, fmt::format("authorization: basic {}\r\n", encoded(key + ":password")));
  EXPECT_EQ(taken().source, "web");
  send("/v1/t", fmt::format(R"({{"userId":"u","messageId":"m","writeKey":"{}"}})", key));
  EXPECT_EQ(taken().source, "web");
  send("/beacon/v1/batch?writeKey=" + key, R"({"batch":[]})");
  EXPECT_EQ(taken().source, "web");
  send("/v1/t", fmt::format(R"({{"userId":"u","writeKey":"{}"}})", key), "Authorization: Bearer of-oauth\r\n");
  EXPECT_EQ(taken().source, "web");
}

TEST_F(Tracking, AnUnknownKeyIsNotStoredAndToldWhereThatIsAskedFor) {
  const std::string body = R"({"userId":"u","type":"track","event":"x"})";
  const std::string wrong = fmt::format("Authorization: Basic {}\r\n", encoded("wk_wrong:"));
  const http::Answer quiet = send("/v1/t", body, wrong);
  EXPECT_EQ(quiet.status, 200);
  EXPECT_TRUE(quiet.has("X-Tessera-Warning: unknown write key"));
  EXPECT_EQ(send("/v1/t", body, wrong + "X-Strict-Mode: 1\r\n").status, 401);
  EXPECT_EQ(send("/rudder/v1/track", body, wrong).status, 401);
  EXPECT_EQ(send("/v1/t", body).status, 200);
  EXPECT_EQ(send("/v1/t", body, "Authorization: Basic !!!\r\n").status, 200);
  EXPECT_TRUE(pad.taken().empty());
  EXPECT_EQ(service.counters.unknown_keys, 5u);
  // A revoked one is unknown.
  MUST(revoke_key(*record, key, clock.now()));
  MUST(keys.load(*record));
  EXPECT_EQ(track("/v1/t", body, "X-Strict-Mode: 1\r\n").status, 401);
}

TEST_F(Tracking, WhatIsNoJsonIsA400) {
  for (const std::string body : {"", "{", "[1,2", "{\"a\":}", "nonsense", "{\"a\":1} {\"b\":2}", "\xFF\xFE{}",
                                 "{\"a\":\"\xC3\"}", "{\"a\":01}", "[]", "\"text\"", "7", "null"}) {
    const http::Answer answer = track("/v1/track", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("\"success\":false")) << body;
  }
  std::string deep = "1";
  for (int i = 0; i < 1000; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_EQ(track("/v1/track", deep).status, 400);
  EXPECT_EQ(service.counters.refused, 14u);
  // The beginning of each is kept as a reject, but of nothing there is none.
  EXPECT_EQ(pad.taken().size(), 13u);
}

TEST_F(Tracking, LimitsAreThoseOfTheReference) {
  const auto event = [](size_t size) {
    std::string text = R"({"userId":"u","messageId":"m","properties":{"x":""}})";
    return text.insert(text.size() - 3, std::string(size - text.size(), 'x'));
  };
  EXPECT_EQ(track("/v1/t", event(32 << 10)).status, 200);
  EXPECT_EQ(track("/v1/t", event((32 << 10) + 1)).status, 400);
  EXPECT_EQ(track("/rudder/v1/t", event((32 << 10) + 1)).status, 413);
  const auto batch = [&](size_t count, size_t size) {
    std::string text = R"({"batch":[)";
    for (size_t i = 0; i < count; ++i) text += (i ? "," : "") + event(size);
    return text + "]}";
  };
  EXPECT_EQ(track("/v1/batch", batch(15, 32 << 10)).status, 200);
  const http::Answer large = track("/v1/batch", batch(16, 32 << 10));
  EXPECT_EQ(large.status, 400);
  EXPECT_THAT(large.body, HasSubstr("512000"));
  EXPECT_EQ(track("/rudder/v1/batch", batch(100, 32 << 10)).status, 200);
  EXPECT_EQ(track("/rudder/v1/batch", batch(129, 32 << 10)).status, 413);
  EXPECT_THAT(track("/v1/batch", batch(2, (32 << 10) + 1)).body, HasSubstr("event 1 is larger"));
  pad.taken();
  // Too many are 200 and a reject.
  std::string many = R"({"batch":[)";
  for (int i = 0; i < 2501; ++i)
    many += fmt::format("{}{{\"type\":\"track\",\"event\":\"x\",\"userId\":\"u\"}}", i ? "," : "");
  EXPECT_EQ(track("/v1/batch", many + "]}").status, 200);
  EXPECT_EQ(pad.taken().size(), 1u);
}

TEST_F(Tracking, GzipIsInflatedUpToTheLimit) {
  const std::string body = R"({"userId":"u","messageId":"m"})", gzip = "Content-Encoding: gzip\r\n";
  EXPECT_EQ(track("/v1/t", gzipped(body), gzip).status, 200);
  EXPECT_EQ(taken().body, body);
  EXPECT_EQ(track("/v1/t", gzipped(body.substr(0, 10)) + gzipped(body.substr(10)), gzip).status, 200);
  EXPECT_EQ(taken().body, body);
  EXPECT_EQ(track("/v1/t", gzipped(std::string(100 << 20, ' ')), gzip).status, 400);
  EXPECT_EQ(track("/rudder/v1/t", gzipped(std::string(100 << 20, ' ')), gzip).status, 413);
  EXPECT_EQ(track("/v1/t", body, gzip).status, 400);
  const std::string cut = gzipped(body);
  EXPECT_EQ(track("/v1/t", cut.substr(0, cut.size() - 9), gzip).status, 400);
  EXPECT_EQ(track("/v1/t", "", gzip).status, 400);
  EXPECT_EQ(track("/v1/t", body, "Content-Encoding: br\r\n").status, 415);
  EXPECT_EQ(track("/v1/t", body, "Content-Encoding: identity\r\n").status, 200);
}

TEST_F(Tracking, EventsWithoutANameAreGivenOne) {
  const auto body_of = [&](std::string_view path, std::string_view body) {
    EXPECT_EQ(track(path, body).status, 200) << body;
    return taken().body;
  };
  EXPECT_THAT(body_of("/v1/t", R"({"userId":"u"})"),
              testing::MatchesRegex(R"(\{"userId":"u","messageId":"tessera-[0-9a-f]+-1"\})"));
  EXPECT_THAT(body_of("/v1/t", " { } "), testing::MatchesRegex(R"( \{ "messageId":"tessera-[0-9a-f]+-2"\} )"));
  EXPECT_THAT(body_of("/v1/t", R"({"messageId":"","userId":"u"})"),
              testing::MatchesRegex(R"(\{"messageId":"","userId":"u","messageId":"tessera-.+-3"\})"));
  EXPECT_THAT(
      body_of("/v1/b", R"({"batch":[{"a":"}"},{"messageId":"m"},7,{"messageId":5}]})"),
      testing::MatchesRegex(
          R"(\{"batch":\[\{"a":"\}","messageId":"tessera-.+-4"\},\{"messageId":"m"\},7,\{"messageId":5,"messageId":"tessera-.+-5"\}\]\})"));
  EXPECT_EQ(body_of("/v1/b", R"({"batch":[]})"), R"({"batch":[]})");
}

TEST_F(Tracking, WhenItCannotBeWrittenTheSenderIsToldToComeAgain) {
  const std::string body = R"({"userId":"u"})";
  pad.mood = NotePad::Mood::Busy;
  const http::Answer busy = track("/v1/t", body);
  EXPECT_EQ(busy.status, 429);
  EXPECT_TRUE(busy.has("Retry-After: 1\r\n"));
  EXPECT_TRUE(busy.has(fmt::format("X-RateLimit-Reset: {}", clock.now().ms / 1000 + 2))) << busy.head;
  pad.mood = NotePad::Mood::DiskFull;
  const http::Answer full = track("/v1/t", body);
  EXPECT_EQ(full.status, 503);
  EXPECT_THAT(full.body, HasSubstr("no space left"));
  EXPECT_TRUE(full.has("Retry-After: "));
  pad.mood = NotePad::Mood::Fine;
  EXPECT_EQ(track("/v1/t", body).status, 200);
}

TEST_F(Tracking, StrictModeSaysWhatWouldBeRejected) {
  const std::string strict = "X-Strict-Mode: 1\r\n";
  EXPECT_EQ(track("/v1/track", R"({"userId":"u","event":"x"})", strict).status, 200);
  const http::Answer answer = track("/v1/track", R"({"event":"x"})", strict);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("no-user"));
  EXPECT_THAT(track("/v1/track", R"({"userId":"u"})", strict).body, HasSubstr("no-event-name"));
  EXPECT_THAT(track("/v1/batch",
                    R"({"batch":[{"type":"track","event":"x","userId":"u"},{"type":"dance","userId":"u"},3]})", strict)
                  .body,
              HasSubstr("1 of 3 events: not-an-object, 1 of 3 events: unknown-type"));
  EXPECT_EQ(track("/v1/track", R"({"event":"x"})").status, 200);  // otherwise 200 always
}

TEST_F(Tracking, ThePixelIsAlwaysAPicture) {
  const auto shows = [&](const std::string& target) {
    const http::Answer answer = get(target);
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_TRUE(answer.has("Content-Type: image/gif"));
    EXPECT_TRUE(answer.body.starts_with("GIF89a")) << target;
    return taken();
  };
  const std::string event =
      fmt::format(R"({{"userId":"u~~>>","event":"Email Opened","writeKey":"{}","messageId":"m"}})", key);
  live::Submission given = shows("/v1/pixel/track?data=" + encoded(event));
  EXPECT_EQ(given.body, event);
  EXPECT_EQ(given.type, "track");
  given = shows(fmt::format(
      "/v1/pixel/track?userId=u&event=Email%20Opened&properties.subject=The+subject&messageId=m&writeKey={}", key));
  EXPECT_EQ(given.source, "web");
  EXPECT_EQ(
      given.body,
      fmt::format(
          R"({{"userId":"u","event":"Email Opened","properties":{{"subject":"The subject"}},"messageId":"m","writeKey":"{}"}})",
          key));
  EXPECT_EQ(shows("/pixel/v1/page?anonymousId=a&writeKey=" + key).type, "page");
  for (const std::string& bad :
       std::vector<std::string>{"/v1/pixel/track", "/v1/pixel/dance?writeKey=" + key, "/v1/pixel/batch?writeKey=" + key,
                                std::string("/v1/pixel/track?writeKey=wrong"), std::string("/v1/pixel/track?data=%%%"),
                                std::string("/v1/pixel/track?data=e30")})
    EXPECT_EQ(shows(bad).body, "") << bad;
  EXPECT_EQ(shows("/v1/pixel/track?data=W10&writeKey=" + key).body, "W10") << "kept as a reject";
  pad.mood = NotePad::Mood::Busy;
  shows("/v1/pixel/track?userId=u&writeKey=" + key);
}

TEST_F(Tracking, BrowsersMayAskFirst) {
  const http::Answer answer = get("/v1/t",
                                  "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n"
                                  "Access-Control-Request-Headers: content-type, authorization\r\n",
                                  "OPTIONS");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Access-Control-Allow-Origin: *"));
  EXPECT_TRUE(answer.has("Access-Control-Allow-Methods: GET, POST"));
  EXPECT_TRUE(answer.has("Access-Control-Allow-Headers: content-type, authorization"));
  EXPECT_EQ(get("/nowhere", "", "OPTIONS").status, 404);
}

TEST_F(Tracking, AnalyticsJsIsToldToSendHere) {
  const http::Answer answer = get("/v1/projects/wk_abc/settings");
  EXPECT_EQ(answer.status, 200);
  const Json settings = MUST(parse_json(answer.body));
  const Json* segment = settings.find("integrations")->find("Segment.io");
  EXPECT_EQ(segment->find("apiKey")->text_or(""), "wk_abc");
  EXPECT_EQ(segment->find("apiHost")->text_or(""), "localhost/v1");
  EXPECT_EQ(segment->find("protocol")->text_or(""), "http");
  EXPECT_TRUE(segment->find("unbundledIntegrations")->as_array());
}

// The payloads of the Segment spec's pages: each is taken, and what the reader makes of it is rows or rejects.
TEST_F(Tracking, ThePayloadsOfTheSpecAreTaken) {
  std::ifstream file(TESSERA_SOURCE_DIR "/../shared/data/segment-spec-examples.jsonl");
  if (!file) GTEST_SKIP() << "../shared/data/segment-spec-examples.jsonl is absent";
  std::string line;
  size_t count = 0;
  while (std::getline(file, line)) {
    const Json payload = *MUST(parse_json(line)).find("payload");
    const http::Answer answer = track("/v1/batch", Json::object().set("batch", Json::array().add(payload)).dump());
    EXPECT_EQ(answer.status, 200) << line;
    EXPECT_EQ(pad.taken().size(), 1u);
    ++count;
  }
  EXPECT_EQ(count, 75u);
}

}  // namespace
}  // namespace tessera::server

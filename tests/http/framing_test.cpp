// Where requests end, and what is no request, whatever the pieces in which the bytes come.
#include <rapidcheck/gtest.h>

#include "http/http_framing.hpp"

namespace tessera::http {
namespace {

BodyLimit limit_of(std::string_view, std::string_view target) {
  return target.starts_with("/small") ? BodyLimit{10, 400} : BodyLimit{1000, 413};
}
const FramingLimits kLimits{.head_bytes = 1024, .target_bytes = 200, .fields = 10, .body = limit_of};

struct Outcome {
  std::string passed;
  int status = 0;  // of the refusal
  std::string why;
};

// In pieces of `step` bytes.
Outcome run(std::string text, size_t step = 1000000) {
  Framing framing(kLimits);
  Outcome out;
  for (size_t at = 0; at < text.size(); at += step) {
    std::string piece = text.substr(at, step);
    for (size_t done = 0; done < piece.size();) {
      const size_t passed = framing.take(piece.data() + done, piece.size() - done);
      out.passed += piece.substr(done, passed);
      done += passed;
      if (framing.refusal()) {
        out.status = framing.refusal()->status;
        out.why = framing.refusal()->why;
        return out;
      }
    }
  }
  return out;
}
int status_of(const std::string& text) {
  const int whole = run(text).status;
  EXPECT_EQ(run(text, 1).status, whole) << text;
  EXPECT_EQ(run(text, 7).status, whole) << text;
  return whole;
}
std::string get(const std::string& headers, const std::string& line = "GET / HTTP/1.1") {
  return line + "\r\n" + headers + "\r\n";
}
const std::string kHost = "Host: x\r\n";
const std::string kPost = "POST /v1/t HTTP/1.1\r\nHost: x\r\n";

TEST(Framing, WholeRequestsPassUnchanged) {
  for (const std::string& text : {
           get(kHost),
           "\r\n" + get(kHost),
           get(kHost) + get(kHost),
           get("", "GET / HTTP/1.0"),
           get(kHost, "GET /a?b=%20&c=~ HTTP/1.1"),
           get(kHost, "GET http://x/a HTTP/1.1"),
           get(kHost, "OPTIONS * HTTP/1.1"),
           get("host:\tx\t\r\nA: \r\nB: \x80\xFF\tz\r\n"),
           kPost + "Content-Length: 5\r\n\r\nhello",
           kPost + "Content-Length: 0\r\n\r\n" + get(kHost),
           kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + get(kHost),
           kPost + "transfer-encoding: Chunked\r\n\r\n00A;name=\"v\"\r\n0123456789\r\n0\r\n\r\n",
       }) {
    for (const size_t step : {1000000, 1, 3}) {
      const Outcome out = run(text, step);
      EXPECT_EQ(out.status, 0) << text << out.why;
      EXPECT_EQ(out.passed, text);
    }
  }
}

TEST(Framing, WhatTwoReadersCouldUnderstandDifferentlyIsRefused) {
  const struct {
    std::string text;
    int status;
  } kCases[] = {
      {kPost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
      {kPost + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {kPost + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {kPost + "Content-Length: +5\r\n\r\nhello", 400},
      {kPost + "Content-Length: -5\r\n\r\nhello", 400},
      {kPost + "Content-Length: 0x5\r\n\r\nhello", 400},
      {kPost + "Content-Length: 5 5\r\n\r\nhello", 400},
      {kPost + "Content-Length:\r\n\r\nhello", 400},
      {kPost + "Content-Length : 5\r\n\r\nhello", 400},
      {kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {kPost + "Transfer-Encoding: identity\r\n\r\n", 501},
      {kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {kPost + "Transfer-Encoding:\x0B"
               "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n5x\r\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\nhello\r\n0\r\n\r\n", 400},
      {kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n", 400},
      {get("Host: x\n"), 400},
      {"GET / HTTP/1.1\nHost: x\n\n", 400},
      {get("Host: x\r\nA: b\rc\r\n"), 400},
      {get("Host: x\r\nA: b\r\n folded\r\n"), 400},
      {get(" Host: x\r\n"), 400},
      {get("Host: x\r\nHost: y\r\n"), 400},
      {get(""), 400},
      {get("Host: x\r\nno colon\r\n"), 400},
      {get("Host: x\r\n: nothing\r\n"), 400},
      {get("Host: x\r\nA b: c\r\n"), 400},
      {get(std::string("Host: x\r\nA: b\0c\r\n", 17)), 400},
      {get("Host: x\r\nA: b\x01\r\n"), 400},
      {"\r\n\r\n" + get(kHost), 400},
      {get(kHost, "GET  / HTTP/1.1"), 400},
      {get(kHost, "GET / HTTP/1.1 "), 400},
      {get(kHost, "GET /a b HTTP/1.1"), 400},
      {get(kHost, "GET /a#b HTTP/1.1"), 400},
      {get(kHost, "GET /\xC3\xA4 HTTP/1.1"), 400},
      {get(kHost, "GET a HTTP/1.1"), 400},
      {get(kHost, "GET * HTTP/1.1"), 400},
      {get(kHost, "GET /"), 400},
      {get(kHost, "GET / HTTP/2.0"), 505},
      {get(kHost, "GET / http/1.1"), 400},
      {get(kHost, "G@T / HTTP/1.1"), 400},
      {get(kHost, "CONNECT x:1 HTTP/1.1"), 501},
      {get(kHost, "TRACE / HTTP/1.1"), 501},
      {get("Host: x\r\nExpect: the best\r\n"), 417},
      {"\x16\x03\x01\x02", 400},
  };
  for (const auto& [text, status] : kCases) EXPECT_EQ(status_of(text), status) << text;
}

TEST(Framing, LimitsHoldBeforeTheBodyIsSent) {
  EXPECT_EQ(status_of(get(kHost, "GET /" + std::string(300, 'a') + " HTTP/1.1")), 414);
  EXPECT_EQ(status_of("GET /" + std::string(3000, 'a')), 414);
  EXPECT_EQ(status_of(get(kHost + "A: " + std::string(2000, 'a') + "\r\n")), 431);
  std::string many = kHost;
  for (int i = 0; i < 10; ++i) many += fmt::format("A{}: b\r\n", i);
  EXPECT_EQ(status_of(get(many)), 431);
  EXPECT_EQ(status_of(kPost + "Content-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(status_of(kPost + "Content-Length: 99999999999999999999999999\r\n\r\n"), 413);
  EXPECT_EQ(status_of("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n"), 400);
  EXPECT_EQ(status_of(kPost + "Transfer-Encoding: chunked\r\n\r\n3E9\r\n"), 413);
  EXPECT_EQ(status_of(kPost + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"), 413);
  EXPECT_EQ(status_of(kPost + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n3E8\r\n"), 413);
}

TEST(Framing, WhatIsWholeBeforeABadRequestPasses) {
  const std::string good = kPost + "Content-Length: 5\r\n\r\nhello";
  const Outcome out = run(good + "GARBAGE\r\n\r\n");
  EXPECT_EQ(out.passed, good);
  EXPECT_EQ(out.status, 400);
}

TEST(Framing, AnotherProtocolIsNotOffered) {
  for (const size_t step : {1000, 1}) {
    const Outcome out = run(get("Host: x\r\nConnection: Upgrade\r\nUPGRADE: h2c\r\nX: upgrade\r\n"), step);
    EXPECT_EQ(out.passed, get("Host: x\r\nConnection: Upgrade\r\nUPGRADX: h2c\r\nX: upgrade\r\n"));
  }
}

TEST(Framing, ExpectationIsAskedForOnce) {
  Framing framing(kLimits);
  std::string head = kPost + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", body = "hello";
  framing.take(head.data(), head.size());
  EXPECT_TRUE(framing.take_expectation());
  EXPECT_FALSE(framing.take_expectation());
  framing.take(body.data(), body.size());
  head += body;  // with the body behind it nothing need be said
  framing.take(head.data(), head.size());
  EXPECT_FALSE(framing.take_expectation());
}

TEST(Framing, OneRequestIsPassedAtATime) {
  Framing framing(kLimits);
  const std::string one = kPost + "Content-Length: 5\r\n\r\nhello", two = "\r\n" + get(kHost);
  std::string both = one + two + "GET";
  EXPECT_EQ(framing.take(both.data(), both.size()), one.size());
  EXPECT_EQ(framing.take(both.data() + one.size(), two.size() + 3), two.size());
  EXPECT_EQ(framing.take(both.data() + one.size() + two.size(), 3), 3u);
}

// However the bytes are cut into pieces, the same passes and the same is refused.
RC_GTEST_PROP(Framing, PiecesDoNotMatter, ()) {
  static const std::vector<std::string> kParts{"GET / HTTP/1.1\r\n",
                                               "POST /v1/t HTTP/1.1\r\n",
                                               "Host: x\r\n",
                                               "Content-Length: 3\r\n",
                                               "\r\n",
                                               "abc",
                                               "Transfer-Encoding: chunked\r\n",
                                               "3\r\nabc\r\n",
                                               "0\r\n\r\n",
                                               "\r",
                                               "\n",
                                               "Upgrade: x\r\n",
                                               "Host: x\r\n\r\n"};
  std::string text;
  for (const size_t part : *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(0, kParts.size())))
    text += kParts[part];
  const Outcome whole = run(text);
  const auto step = *rc::gen::inRange<size_t>(1, 20);
  const Outcome pieces = run(text, step);
  RC_ASSERT(pieces.status == whole.status);
  RC_ASSERT(pieces.why == whole.why);
  // In pieces more of the request that turns out bad may have passed.
  RC_ASSERT(pieces.passed.starts_with(whole.passed));
}

}  // namespace
}  // namespace tessera::http

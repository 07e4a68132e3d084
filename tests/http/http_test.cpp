// The server on a loopback socket: answers now and later, long answers to slow readers, what is refused, how it stops.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "http/http_server.hpp"
#include "http/raw.hpp"
#include "http/workers.hpp"

namespace tessera::http {
namespace {

std::string get(std::string_view path, std::string_view more = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, more);
}
std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", path, body.size(), more, body);
}

// Numbers, one a line, as fast as they are read; waits where it is told to.
class Numbers final : public Stream {
 public:
  explicit Numbers(size_t count, size_t size = 1) : count_(count), size_(size) {}
  Piece next() override {
    if (at_ == count_) return {"", Then::End};
    ++made;
    return {std::string(size_, static_cast<char>('0' + at_++ % 10)) + "\n", Then::More};
  }
  static inline std::atomic<size_t> made{0};

 private:
  size_t at_ = 0, count_, size_;
};

// Says what it is given, when it is given it.
class Feed final : public Stream {
 public:
  Piece next() override {
    const std::lock_guard lock(mutex_);
    return {std::exchange(text_, ""), is_over_ ? Then::End : Then::Wait};
  }
  void on_wake(std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  std::string idle() const override { return ":\n"; }
  void say(std::string_view text, bool is_over = false) {
    std::function<void()> wake;
    {
      const std::lock_guard lock(mutex_);
      text_ += text;
      is_over_ = is_over;
      wake = wake_;
    }
    if (wake) wake();
  }

 private:
  std::mutex mutex_;
  std::string text_;
  bool is_over_ = false;
  std::function<void()> wake_;
};

class Http : public testing::Test {
 protected:
  explicit Http(HttpSettings settings = {}) {
    settings.address.port = 0;
    settings.framing.modern_only = "/numbers";
    settings.framing.body = [](std::string_view, std::string_view target) {
      return target.starts_with("/echo") ? BodyLimit{1 << 20, 413} : BodyLimit{100, 413};
    };
    auto started = HttpServer::start(settings, workers_, [this](Request request, Responder responder) {
      handle(std::move(request), std::move(responder));
    });
    if (!started) throw std::runtime_error(started.error().text());
    server_ = std::move(*started);
  }
  ~Http() override {
    if (later_.joinable()) later_.join();
  }

  void handle(Request request, Responder responder) {
    if (request.path == "/echo") {
      responder.send({.type = "text/plain", .body = request.body});
    } else if (request.path == "/seen") {
      responder.send({.type = "text/plain",
                      .body = fmt::format("{} {} {} {} {}", request.method, request.path, request.query,
                                          request.header("x-some-thing"), request.is_peer_local)});
    } else if (request.path == "/later" || request.path == "/asked") {
      const std::lock_guard lock(mutex_);
      if (request.path == "/asked") asked_ = std::move(request);
      waiting_.push_back(std::move(responder));
      arrived_.notify_all();
    } else if (request.path == "/numbers") {
      responder.send({.type = "text/plain", .stream = std::make_shared<Numbers>(1000)});
    } else if (request.path == "/much") {
      responder.send({.type = "text/plain", .stream = std::make_shared<Numbers>(100'000, 100'000)});
    } else if (request.path == "/feed") {
      const std::lock_guard lock(mutex_);
      feed_ = std::make_shared<Feed>();
      responder.send({.type = "text/plain", .stream = feed_});
      arrived_.notify_all();
    }
    // All others are dropped without an answer.
  }
  Responder waiting() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !waiting_.empty(); });
    Responder out = waiting_.back();
    waiting_.pop_back();
    return out;
  }
  Answer ask(const std::string& text) {
    Raw raw(server_->port());
    raw.send(text);
    return raw.answer();
  }

  Workers workers_{2};
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Responder> waiting_;
  std::optional<Request> asked_;
  std::shared_ptr<Feed> feed_;
  std::thread later_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, AnswersOneAfterTheOtherOnOneConnection) {
  Raw raw(server_->port());
  for (int i = 0; i < 3; ++i) {
    raw.send(post("/echo", "hello"));
    const Answer answer = raw.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(answer.has("Content-Type: text/plain"));
  }
  raw.send(post("/echo", "one") + post("/echo", "two"));  // pipelined
  EXPECT_EQ(raw.answer().body, "one");
  EXPECT_EQ(raw.answer().body, "two");
  raw.send(get("/seen?a=b%20c", "X-Some-Thing: its value \r\n"));
  EXPECT_EQ(raw.answer().body, "GET /seen a=b%20c its value true");
  raw.send("GET http://elsewhere/seen HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(raw.answer().body, "GET /seen   true");
  EXPECT_TRUE(raw.is_closed());
}

// A sender that does not wait for answers: requests cut at every place, the first answered at once and the second
// later.
TEST_F(Http, RequestsInPiecesBehindEachOtherAreNotMixedUp) {
  const std::string smuggled = post("/echo", "GET /seen?smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string text = post("/echo", "one") + smuggled + post("/later", "x") + post("/echo", "four");
  for (size_t cut = 1; cut < text.size(); cut += 3) {
    Raw raw(server_->port());
    raw.send(text.substr(0, cut));
    const bool is_first_whole = cut >= post("/echo", "one").size();
    std::string first = is_first_whole ? raw.answer().body : "";  // so that the rest comes in another read
    raw.send(text.substr(cut));
    if (!is_first_whole) first = raw.answer().body;
    EXPECT_EQ(first, "one");
    EXPECT_TRUE(raw.answer().body.starts_with("GET /seen?smuggled HTTP/1.1")) << cut;
    waiting().send({.body = "later"});
    EXPECT_EQ(raw.answer().body, "later") << cut;
    EXPECT_EQ(raw.answer().body, "four") << cut;
  }
}

TEST_F(Http, ABodyInChunksAndALargeOneComeWhole) {
  EXPECT_EQ(
      ask("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
          .body,
      "abcde");
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(ask(post("/echo", large)).body, large);
}

TEST_F(Http, HeadHasNoBody) {
  Raw raw(server_->port());
  raw.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n" + get("/seen"));
  const Answer head = raw.answer(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(raw.answer().status, 200);  // the next answer is where it should be
}

TEST_F(Http, AnAnswerMayComeLaterFromAnotherThread) {
  Raw raw(server_->port());
  raw.send(post("/later", "x"));
  const Responder responder = waiting();
  later_ = std::thread([responder] {
    responder.send({.body = "later"});
    responder.send({.body = "once"});
  });
  EXPECT_EQ(raw.answer().body, "later");
}

TEST_F(Http, AHandlerThatForgetsIsA500) {
  EXPECT_EQ(ask(get("/forgotten")).status, 500);
}

TEST_F(Http, WhatIsNoRequestIsToldSoAndTheConnectionCloses) {
  for (const std::string& text : {
           std::string("GARBAGE\r\n\r\n"),
           post("/echo", "hello", "Content-Length: 5\r\n"),
           post("/echo", "hello", "Transfer-Encoding: chunked\r\n"),
           std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
           std::string("GET /echo HTTP/1.1\nHost: x\n\n"),
           std::string("GET /echo HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"),
       }) {
    Raw raw(server_->port());
    raw.send(text);
    const Answer answer = raw.answer();
    EXPECT_EQ(answer.status, 400) << text;
    EXPECT_TRUE(answer.has("Connection: close"));
    EXPECT_NE(answer.body.find("detail"), std::string::npos);
    EXPECT_TRUE(raw.is_closed()) << text;
  }
  EXPECT_EQ(ask(get("/seen")).status, 200);  // and the server goes on
  EXPECT_EQ(server_->counts().refused, 6u);
}

TEST_F(Http, ABadRequestBehindAGoodOneDoesNotSpoilItsAnswer) {
  Raw raw(server_->port());
  raw.send(post("/echo", "good") + "GARBAGE\r\n\r\n");
  EXPECT_EQ(raw.answer().body, "good");
  EXPECT_EQ(raw.answer().status, 400);
  EXPECT_TRUE(raw.is_closed());
}

TEST_F(Http, ALargeBodyIsRefusedBeforeItIsSent) {
  Raw raw(server_->port());
  raw.send("POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 524288000\r\n\r\n");
  EXPECT_EQ(raw.answer().status, 413);
  // One that sends all the same reads the answer.
  Raw stubborn(server_->port());
  stubborn.send("POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  stubborn.send(std::string(1'000'000, 'x'));
  EXPECT_EQ(stubborn.answer().status, 413);
}

TEST_F(Http, AnExpectationIsAnswered) {
  Raw raw(server_->port());
  raw.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(raw.answer().status, 100);
  raw.send("hello");
  EXPECT_EQ(raw.answer().body, "hello");
}

TEST_F(Http, AnotherProtocolIsNotTakenUp) {
  Raw raw(server_->port());
  raw.send(get("/seen", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"));
  EXPECT_EQ(raw.answer().status, 200);
  raw.send(post("/echo", "still HTTP/1.1"));
  EXPECT_EQ(raw.answer().body, "still HTTP/1.1");
}

TEST_F(Http, ALongAnswerComesInPieces) {
  Raw raw(server_->port());
  raw.send(get("/numbers") + get("/seen"));
  const Answer answer = raw.answer();
  EXPECT_TRUE(answer.has("Transfer-Encoding: chunked"));
  EXPECT_EQ(answer.body.size(), 2000u);
  EXPECT_EQ(raw.answer().status, 200);
  Raw old(server_->port());
  old.send("GET /numbers HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.answer().status, 505);
}

TEST_F(Http, AFeedSpeaksWhenItHasSomethingToSay) {
  Raw raw(server_->port());
  raw.send(get("/feed"));
  EXPECT_EQ(raw.answer(false).status, 200);  // the head comes before anything is said
  std::shared_ptr<Feed> feed;
  {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return feed_ != nullptr; });
    feed = feed_;
  }
  for (const std::string word : {"one", "two", "three"}) {
    feed->say(word);
    EXPECT_EQ(raw.chunk(), word);
  }
  feed->say("end", true);
  EXPECT_EQ(raw.chunk(), "end");
  EXPECT_EQ(raw.chunk(), std::nullopt);
}

class ImpatientHttp : public Http {
 protected:
  ImpatientHttp()
      : Http({.streams = 2,
              .idle_time = kSecond,
              .head_time = kSecond,
              .body_pause = kSecond,
              .slowest_body = 1'000,
              .write_time = kSecond,
              .stream_idle = Duration{50}}) {}
};

TEST_F(ImpatientHttp, ASlowReaderCostsOnePieceAndIsCutOff) {
  Numbers::made = 0;
  Raw raw(server_->port(), 4096);
  raw.send(get("/much"));
  EXPECT_EQ(raw.answer(false).status, 200);
  // It reads nothing: the server stops making pieces when the sockets are full, then ends the stream.
  std::unique_lock lock(mutex_);
  while (server_->counts().streams > 0) arrived_.wait_for(lock, std::chrono::milliseconds(20));
  EXPECT_LT(Numbers::made, 200u);  // of 100,000
  EXPECT_EQ(server_->counts().slow_readers, 1u);
}

TEST_F(ImpatientHttp, ARequestThatDoesNotComeToItsEndIsClosed) {
  Raw head(server_->port()), body(server_->port()), idle(server_->port());
  head.send("GET / HTTP/1.1\r\nHost:");
  body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_EQ(head.answer().status, 408);
  EXPECT_EQ(body.answer().status, 408);
  EXPECT_TRUE(head.is_closed());
  EXPECT_TRUE(body.is_closed());
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(server_->counts().refused_by[static_cast<size_t>(Refused::TooSlow)], 2u)
      << "who says nothing is just closed";
}

// A byte at a time: a head is cut off however it drips, a body when it falls behind.
TEST_F(ImpatientHttp, DripsAreNoProgress) {
  for (const std::string& text : {get("/" + std::string(2'000, 'x')), post("/echo", std::string(20'000, 'x'))}) {
    Raw raw(server_->port());
    const size_t quick = text.starts_with("GET") ? 1 : text.size() - 20'000;
    EXPECT_TRUE(raw.send(text.substr(0, quick)));
    size_t at = quick;
    // As long as nothing is said; each look is a twentieth of a second.
    while (at < text.size() && !raw.fill(50)) EXPECT_TRUE(raw.send(text.substr(at++, 1))) << at;
    EXPECT_LT(at, text.size());
    EXPECT_EQ(raw.answer().status, 408) << text.substr(0, 10);
  }
  // One that comes on takes as long as it takes.
  Raw steady(server_->port());
  const std::string text = post("/echo", std::string(6'000, 'x'));
  for (size_t at = 0; at < text.size(); at += 150) {
    EXPECT_TRUE(steady.send(text.substr(at, 150)));
    const bool is_last = at + 150 >= text.size();
    EXPECT_TRUE(is_last || !steady.fill(50)) << at;
  }
  EXPECT_EQ(steady.answer().body.size(), 6'000u);
}

TEST_F(Http, EveryAnswerSaysWhatABrowserMayDoWithIt) {
  Raw raw(server_->port());
  raw.send(get("/seen") + get("/numbers") + "GARBAGE\r\n\r\n");
  for (const Answer& answer : {raw.answer(), raw.answer()}) {
    EXPECT_TRUE(answer.has("X-Content-Type-Options: nosniff\r\n")) << answer.head;
    EXPECT_TRUE(answer.has("Cache-Control: no-store\r\n")) << answer.head;
    EXPECT_TRUE(answer.has("frame-ancestors 'none'")) << answer.head;
    EXPECT_FALSE(answer.has("Strict-Transport-Security")) << answer.head;
  }
  const Answer refused = raw.answer();
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.has("X-Content-Type-Options: nosniff\r\n")) << refused.head;
}

class CrowdedHttp : public Http {
 protected:
  CrowdedHttp()
      : Http({.connections = {.all = 20, .of_one = 10, .kept = 4},
              .framing = {.is_for_keepers = [](std::string_view target) { return target == "/seen"; }}}) {}
  uint64_t refused(Refused why) const { return server_->counts().refused_by[static_cast<size_t>(why)]; }
};

TEST_F(CrowdedHttp, WhoComesBeyondTheLimitIsHeardForHealthAlone) {
  std::vector<Raw> silent;
  for (int i = 0; i < 10; ++i) {
    silent.emplace_back(server_->port()).send(get("/echo"));
    EXPECT_EQ(silent.back().answer().status, 200);
  }
  EXPECT_EQ(ask(post("/echo", "x")).status, 503);
  EXPECT_EQ(refused(Refused::OfOne), 1u);
  // However many say nothing.
  for (int i = 0; i < 30; ++i) silent.emplace_back(server_->port());
  for (int i = 0; i < 5; ++i) {
    const Answer answer = ask(get("/seen"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.has("Connection: close")) << "the place is for others then";
  }
  // The first ten are as they were.
  silent[3].send(post("/echo", "still"));
  EXPECT_EQ(silent[3].answer().body, "still");
  silent.clear();
  while (ask(post("/echo", "x")).status != 200) std::this_thread::yield();
}

TEST_F(CrowdedHttp, WhereKeptPlacesAreTakenByThoseWhoSpeakOneIsToldSo) {
  std::vector<Raw> busy;
  for (int i = 0; i < 10; ++i) {
    busy.emplace_back(server_->port()).send(get("/echo"));
    EXPECT_EQ(busy.back().answer().status, 200);
  }
  // A head that is whole is not thrown out for a newcomer; one that is not, is.
  for (int i = 0; i < 4; ++i) busy.emplace_back(server_->port()).send("GET /se");
  EXPECT_EQ(ask(get("/seen")).status, 200);
}

class NarrowHttp : public Http {
 protected:
  explicit NarrowHttp(MemoryBudget& budget)
      : Http({.framing = {.rank =
                              [](const Sender& sender) {
                                return sender.target.contains("key") ? MemoryBudget::Rank::Sender
                                                                     : MemoryBudget::Rank::Stranger;
                              }},
              .memory = &budget}),
        budget_(budget) {}
  MemoryBudget& budget_;
};
struct Budget {
  MemoryBudget budget{1 << 20};
};
class BodiesOfHttp : private Budget, public NarrowHttp {
 protected:
  BodiesOfHttp() : NarrowHttp(budget) {}
};

TEST_F(BodiesOfHttp, AreHeldAsFarAsThereIsMemory) {
  const auto begin = [](std::string_view path, std::string_view type) {
    return type == "chunks"
               ? fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff0\r\n", path)
               : fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 1048560\r\n\r\n", path);
  };
  for (const std::string_view type : {"length", "chunks"}) {
    // Two strangers have a sixteenth each; a third finds nothing.
    std::vector<Raw> strangers;
    for (int i = 0; i < 2; ++i)
      strangers.emplace_back(server_->port()).send(begin("/echo", type) + std::string(60'000, 'x'));
    while (budget_.counts().taken < 2 * 65'536) std::this_thread::yield();
    Raw third(server_->port());
    third.send(begin("/echo", type) + std::string(30'000, 'x'));
    const Answer told = third.answer();
    EXPECT_EQ(told.status, 503);
    EXPECT_TRUE(told.has("Retry-After: 1"));
    // A small body needs none; a sender has more.
    EXPECT_EQ(ask(post("/echo", std::string(3'000, 'x'))).status, 200);
    EXPECT_EQ(ask(post("/echo?key", std::string(200'000, 'x'))).body.size(), 200'000u);
    Raw much(server_->port());
    much.send(post("/echo?key", std::string(600'000, 'x')));
    EXPECT_EQ(much.answer().status, 503);
    strangers.clear();
    while (budget_.counts().taken > 0) std::this_thread::yield();
  }
  EXPECT_GE(server_->counts().refused_by[static_cast<size_t>(Refused::NoMemory)], 4u);
}

TEST_F(ImpatientHttp, StreamsAreCountedAndAnIdleOneShowsThatItLives) {
  Raw one(server_->port()), two(server_->port()), three(server_->port());
  one.send(get("/feed"));
  EXPECT_EQ(one.answer(false).status, 200);
  two.send(get("/feed"));
  EXPECT_EQ(two.answer(false).status, 200);
  three.send(get("/feed"));
  const Answer refused = three.answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.has("Retry-After"));
  EXPECT_EQ(one.chunk(), ":\n");
  EXPECT_EQ(one.chunk(), ":\n");
}

TEST_F(Http, StoppingAnswersWhatWasAsked) {
  Raw raw(server_->port()), idle(server_->port()), feed(server_->port());
  feed.send(get("/feed"));
  EXPECT_EQ(feed.answer(false).status, 200);
  raw.send(post("/later", "x"));
  const Responder responder = waiting();
  std::thread stopper([this] { server_->stop(); });
  EXPECT_EQ(feed.chunk(), std::nullopt);  // streams end properly
  responder.send({.body = "in time"});
  const Answer answer = raw.answer();
  EXPECT_EQ(answer.body, "in time");
  EXPECT_TRUE(answer.has("Connection: close"));
  stopper.join();
  EXPECT_TRUE(idle.is_closed());
  Raw late(server_->port());
  EXPECT_FALSE(late.is_connected() && late.send(get("/seen")) && late.answer().status == 200);
}

TEST_F(Http, AnAnswerAfterTheEndHurtsNobody) {
  Raw raw(server_->port());
  raw.send(post("/later", "x"));
  const Responder responder = waiting();
  server_->stop(Duration{0});
  server_.reset();
  responder.send({.body = "too late"});
}

// However the other end goes: it closes, it sends more first, it has its own end of sending closed.
TEST_F(Http, WhoeverWaitsIsKnownToBeGone) {
  const auto gone = [](const Request& request) {
    while (!request.asker->is_gone()) std::this_thread::yield();
    return true;
  };
  for (const bool sends_more : {false, true}) {
    {
      Raw raw(server_->port());
      raw.send(post("/asked", "x") + (sends_more ? "GET /more" : ""));
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return asked_.has_value(); });
      EXPECT_FALSE(asked_->asker->is_gone());
    }
    EXPECT_TRUE(gone(*asked_));
    bool is_told = false;
    asked_->asker->when_gone([&] { is_told = true; });
    EXPECT_TRUE(is_told) << "at once, where it is so already";
    asked_.reset();
    waiting().send({.body = "too late"});
  }
}

TEST_F(Http, AStreamEndsWithItsReaderThoughItHasNothingToSay) {
  {
    Raw raw(server_->port());
    raw.send(get("/feed"));
    EXPECT_EQ(raw.answer(false).status, 200);
  }
  std::unique_lock lock(mutex_);
  while (server_->counts().streams > 0) arrived_.wait_for(lock, std::chrono::milliseconds(20));
  EXPECT_EQ(server_->counts().streams, 0u);
}

TEST_F(Http, ManyIdleConnectionsDoNotStandInTheWay) {
  std::vector<Raw> idle;
  for (int i = 0; i < 500; ++i) idle.emplace_back(server_->port());
  EXPECT_EQ(ask(get("/seen")).status, 200);
}

// Run under the thread sanitizer too: answers from other threads, streams and feeds at once, and a stop among them.
TEST_F(Http, ConcurrentClientsEachGetTheirAnswers) {
  std::atomic<bool> is_over{false};
  std::thread answerer([&] {
    while (!is_over) {
      std::unique_lock lock(mutex_);
      arrived_.wait_for(lock, std::chrono::milliseconds(5), [this] { return !waiting_.empty(); });
      const auto waiting = std::exchange(waiting_, {});
      lock.unlock();
      for (const Responder& responder : waiting) responder.send({.body = "later"});
    }
  });
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&, c] {
      for (int i = 0; i < 10; ++i) {
        Raw raw(server_->port());
        raw.send(post("/echo", fmt::format("{}-{}", c, i)) + post("/later", "x") + get("/numbers"));
        right += raw.answer().body == fmt::format("{}-{}", c, i);
        right += raw.answer().body == "later";
        right += raw.answer().body.size() == 2000;
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 120);
  is_over = true;
  answerer.join();
}

TEST(HttpStart, SaysWhyItCannotListen) {
  Workers workers(1);
  const auto handler = [](Request, Responder) {};
  auto first = HttpServer::start({.address = {"127.0.0.1", 0}}, workers, handler);
  ASSERT_TRUE(first);
  const auto second = HttpServer::start({.address = {"127.0.0.1", (*first)->port()}}, workers, handler);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text().find("--listen"), std::string::npos) << second.error().text();
  const auto secure = HttpServer::start(
      {.address = {"127.0.0.1", 0}, .certificate_file = "/nowhere/cert.pem", .key_file = "/nowhere/key.pem"}, workers,
      handler);
  ASSERT_FALSE(secure);
  EXPECT_EQ(secure.error().place, "/nowhere/cert.pem");
}

TEST(HttpAddress, IsReadOrRefusedWithTheReason) {
  const auto text = [](std::string_view given) {
    const auto address = parse_address(given);
    return address ? fmt::format("{} {}", address->host, address->port) : "no";
  };
  EXPECT_EQ(text("127.0.0.1:8080"), "127.0.0.1 8080");
  EXPECT_EQ(text("8080"), "127.0.0.1 8080");
  EXPECT_EQ(text(":80"), "0.0.0.0 80");
  EXPECT_EQ(text("*:80"), "0.0.0.0 80");
  EXPECT_EQ(text("localhost:0"), "127.0.0.1 0");
  EXPECT_EQ(text("[::1]:8080"), "::1 8080");
  for (const std::string_view bad : {"", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
                                     "[::1]", "example.com:80", "1.2.3:80"})
    EXPECT_EQ(text(bad), "no") << bad;
}

}  // namespace
}  // namespace tessera::http

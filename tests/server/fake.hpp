// A server with a live engine, on a free port, and a client to ask it. What comes in by the tracking API goes to a note
// pad; what a test wants in the engine it gives it itself.
#pragma once

#include <condition_variable>
#include <future>
#include <mutex>

#include "channels/memory_store.hpp"
#include "core/captured_log.hpp"
#include "core/guarded.hpp"
#include "http/raw.hpp"
#include "server/reader.hpp"
#include "server/site.hpp"
#include "store/scratch.hpp"

namespace tessera::server {

using http::Answer;
using http::Raw;

class SetClock final : public Clock {
 public:
  explicit SetClock(Instant now) : ms(now.ms) {}
  Instant now() const override { return Instant{ms}; }
  std::atomic<int64_t> ms;
};

// Notes what comes in, and answers for the disk.
class NotePad final : public live::Door {
 public:
  enum class Mood { Fine, Busy, DiskFull };
  std::atomic<Mood> mood{Mood::Fine};
  std::function<void()> meanwhile = [] {};  // what passes before it answers

  live::Taken submit(live::Submission submission, live::Done done) override {
    if (mood == Mood::Busy) return live::Taken::Busy;
    if (mood == Mood::DiskFull) {
      done(fail("no space left on device"));
      return live::Taken::Yes;
    }
    submissions_.lock()->push_back(std::move(submission));
    meanwhile();
    done(uint64_t{1});
    return live::Taken::Yes;
  }
  std::vector<live::Submission> taken() { return std::exchange(*submissions_.lock(), {}); }

 private:
  Guarded<std::vector<live::Submission>> submissions_;
};

// A subscriber that answers every request with the same status, at once.
class Subscriber final : public HttpClient {
 public:
  std::atomic<int> status{200};
  void post(HttpRequest request, std::function<void(Result<HttpAnswer>)> done) override {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request));
    }
    news_.notify_all();
    done(HttpAnswer{.status = status});
  }
  HttpRequest wait_for(size_t number) {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return requests_.size() >= number; });
    return requests_[number - 1];
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<HttpRequest> requests_;
};

class Served : public testing::Test {
 protected:
  // `machine`: what confirms the clock; null: it is believed.
  explicit Served(const Machine* of = nullptr) : machine(of) {
    MUST(keys.load(*record));
    http::HttpSettings settings{
        .address = {"127.0.0.1", 0}, .stream_idle = Duration{200}, .framing = framing_limits(service)};
    service.http = [this] { return server->counts(); };
    service.logger = lines.logger();
    (void)lines.lines();  // of the engine's start
    server = MUST(http::HttpServer::start(settings, workers, [this](http::Request request, http::Responder responder) {
      site.handle(std::move(request), std::move(responder));
    }));
  }
  std::string add_key(std::string_view source) {
    const std::string key = MUST(server::add_key(*record, source, clock.now()));
    MUST(keys.load(*record));
    return key;
  }
  // With an admin token to the management, unless it says who asks; "Authorization: none" is nobody.
  http::Answer ask(std::string text, bool has_body = true) {
    const size_t end = text.find("\r\n"), target = text.find(" /");
    const bool is_management =
        text.compare(target + 1, 5, "/api/") == 0 || text.compare(target + 1, 8, "/metrics") == 0;
    if (is_management && text.find("Authorization:") == std::string::npos)
      text.insert(end + 2, fmt::format("Authorization: Bearer {}\r\n", token));
    http::Raw raw(server->port());
    raw.send(text);
    return raw.answer(has_body);
  }
  http::Answer get(std::string_view target, std::string_view headers = "", std::string_view method = "GET") {
    return ask(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", method, target, headers), method != "HEAD");
  }
  http::Answer send(std::string_view target, std::string_view body, std::string_view headers = "",
                    std::string_view method = "POST") {
    return ask(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{}\r\n{}", method, target,
                           body.size(), headers, body));
  }

  // Into the engine; applied when this returns.
  void take(const std::string& type, const std::string& body) {
    std::promise<Result<uint64_t>> logged;
    ASSERT_EQ(engine->submit({"web", type, body}, [&](Result<uint64_t> offset) { logged.set_value(offset); }),
              live::Taken::Yes);
    ASSERT_TRUE(logged.get_future().get().has_value());
    engine->catch_up();
  }

  const Machine* const machine;
  SetClock clock{*parse_instant("2026-03-01T12:00:00Z")};
  std::unique_ptr<store::Record> record = made_record();
  testing_support::Scratch log;
  testing_support::CapturedLog lines{clock};
  std::unique_ptr<live::Engine> engine = MUST(live::Engine::start(
      *record, log.file("log"), segment_reader(), {.logger = lines.logger(), .machine = machine}, clock));
  NotePad pad;
  const std::string token = MUST(add_token(*record, {.name = "test", .expires = {}}, clock.now()));
  Keys keys;
  http::Workers workers{2};
  channels::MemoryStore webhook_store;
  Subscriber subscriber;
  std::unique_ptr<channels::Webhooks> webhooks =
      MUST(channels::Webhooks::start(*engine, webhook_store, subscriber, {}, clock));
  feed::Subscription news = engine->listen(webhooks->bell());
  Service service{*engine, pad, keys, *record, workers, clock, *webhooks};
  Site site{service};
  std::unique_ptr<http::HttpServer> server;  // stops before what it uses

 private:
  std::unique_ptr<store::Record> made_record() {
    auto made = MUST(store::Record::in_memory(clock));
    return made;
  }
};

}  // namespace tessera::server

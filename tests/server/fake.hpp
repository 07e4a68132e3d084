// A server whose engine is a note pad, on a free port, and a client to ask it.
#pragma once

#include <condition_variable>
#include <mutex>

#include "channels/memory_store.hpp"
#include "http/raw.hpp"
#include "profiles/ruling.hpp"
#include "server/site.hpp"
#include "store/scratch.hpp"

namespace tessera::server {

class SetClock final : public Clock {
 public:
  explicit SetClock(Instant now) : ms(now.ms) {}
  Instant now() const override { return Instant{ms}; }
  std::atomic<int64_t> ms;
};

class NotePad final : public Backend {
 public:
  enum class Mood { Fine, Busy, DiskFull };
  std::atomic<Mood> mood{Mood::Fine};

  live::Taken submit(live::Submission submission, std::function<void(Result<uint64_t>)> done) override {
    if (mood == Mood::Busy) return live::Taken::Busy;
    if (mood == Mood::DiskFull) {
      done(fail("no space left on device"));
      return live::Taken::Yes;
    }
    {
      const std::lock_guard lock(mutex_);
      submissions_.push_back(std::move(submission));
    }
    done(uint64_t{1});
    return live::Taken::Yes;
  }
  std::vector<live::Submission> taken() {
    const std::lock_guard lock(mutex_);
    return std::exchange(submissions_, {});
  }

  Result<Json> apply_definitions(const std::string& text) override {
    if (text.find("segment") == std::string::npos) return fail("expected a definition", "1:1", "segment \"X\" = ...");
    texts.push_back(text);
    return Json::object().set("applied", 1);
  }
  Result<Json> remove_definition(const std::string& slug) override {
    if (slug != "big-spenders") return fail(fmt::format("there is no segment '{}'", slug));
    return Json::object().set("removed", slug);
  }
  Result<Json> rule(const std::string& text) override {
    const auto ruling = profiles::parse_ruling(TRY(parse_json(text, "ruling")));
    if (!ruling) return std::unexpected(ruling.error());
    texts.push_back(text);
    return profiles::json_of(*ruling);
  }
  Json segments() override {
    return Json::array().add(Json::object().set("id", "big-spenders").set("members", int64_t(member_ids.size())));
  }
  std::optional<Json> customer(std::string_view id) override {
    if (id != "u/1 ä") return std::nullopt;
    return Json::object().set("customer", id);
  }
  Result<std::vector<std::string>> members(std::string_view segment, std::string_view after, size_t limit) override {
    if (segment != "big-spenders") return fail(fmt::format("there is no segment '{}'", segment));
    std::vector<std::string> out;
    for (auto at = member_ids.upper_bound(std::string(after)); at != member_ids.end() && out.size() < limit; ++at)
      out.push_back(*at);
    return out;
  }
  Result<void> record_now() override { return recording ? recording() : Result<void>(); }
  Result<void> while_still(const std::function<Result<void>()>& run) override { return run(); }
  Json import_of(std::string_view) override { return Json::object().set("stored", 3); }
  Json status() override { return Json::object().set("events", 7); }
  Result<std::vector<feed::Change>> changes_after(std::string_view id, size_t limit) override {
    const auto from = id.empty() ? std::optional(feed::ChangeId{}) : feed::parse_change_id(id);
    if (!from) return fail(fmt::format("'{}' is no id of a change", id));
    const std::lock_guard lock(mutex_);
    std::vector<feed::Change> out;
    for (const feed::Change& change : changes_)
      if (change.id > *from && out.size() < limit) out.push_back(change);
    return out;
  }
  std::pair<std::shared_ptr<void>, std::string> on_changes(std::function<void()> news) override {
    const std::lock_guard lock(mutex_);
    auto handle = std::make_shared<std::function<void()>>(std::move(news));
    listeners_.push_back(handle);
    return {handle, changes_.empty() ? "0-0" : feed::text_of(changes_.back().id)};
  }
  void change(uint64_t offset, std::string customer) {
    std::vector<std::shared_ptr<std::function<void()>>> told;
    {
      const std::lock_guard lock(mutex_);
      changes_.push_back({.id = {offset, 0}, .customer = std::move(customer), .segment = "big-spenders"});
      for (const auto& weak : listeners_)
        if (auto listener = weak.lock()) told.push_back(std::move(listener));
    }
    for (const auto& listener : told) (*listener)();
  }

  std::function<Result<void>()> recording;  // empty: all is recorded
  std::set<std::string> member_ids;
  std::vector<std::string> texts;

 private:
  std::mutex mutex_;
  std::vector<live::Submission> submissions_;
  std::vector<feed::Change> changes_;
  std::vector<std::weak_ptr<std::function<void()>>> listeners_;
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
  Served() {
    MUST(keys.load(record->connection()));
    http::HttpSettings settings{
        .address = {"127.0.0.1", 0}, .stream_idle = Duration{200}, .framing = framing_limits(keys)};
    service.http = [this] { return server->counts(); };
    server = MUST(http::HttpServer::start(settings, workers, [this](http::Request request, http::Responder responder) {
      site.handle(std::move(request), std::move(responder));
    }));
  }
  std::string add_key(std::string_view source) {
    const std::string key = MUST(server::add_key(record->connection(), source, clock.now()));
    MUST(keys.load(record->connection()));
    return key;
  }
  http::Answer ask(const std::string& text, bool has_body = true) {
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

  SetClock clock{*parse_instant("2026-03-01T12:00:00Z")};
  std::unique_ptr<store::Record> record = made_record();
  NotePad pad;
  Keys keys;
  http::Workers workers{2};
  channels::MemoryStore webhook_store;
  Subscriber subscriber;
  std::unique_ptr<channels::Webhooks> webhooks = MUST(channels::Webhooks::start(
      [this](std::string_view after, size_t limit) { return pad.changes_after(after, limit); }, webhook_store,
      subscriber, {}, clock));
  std::shared_ptr<void> news = pad.on_changes(webhooks->bell()).first;
  Service service{pad, keys, *record, workers, clock, *webhooks};
  Site site{service};
  std::unique_ptr<http::HttpServer> server;  // stops before what it uses

 private:
  std::unique_ptr<store::Record> made_record() {
    auto made = MUST(store::Record::in_memory(clock));
    return made;
  }
};

}  // namespace tessera::server

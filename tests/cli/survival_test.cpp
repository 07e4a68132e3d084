// The server is killed again and again under load, while definitions change, and while it starts. What it acknowledged
// is there once; its feed is the list of changes of the record, without a gap and without a repetition, for one who
// follows it across the kills; and its memberships are what the batch evaluator finds in the record.
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "feed/change.hpp"
#include "profiles/doctor.hpp"
#include "soak.hpp"
#include "store/record.hpp"

namespace tessera::cli {
namespace {

using http::Answer;
using http::Raw;

// Windows of seconds, so that time alone moves members all the while; one long one, so that there is always somebody.
constexpr const char* kDefinitions = R"(
event order = "Order Completed"
segment "Fresh" = at least 1 "Product Viewed" in the last 2 seconds
segment "Abandoned" = last "Product Added" more than 1 second ago and no order since then
segment "Buyers" = at least 2 order in the last 4 seconds
segment "Spenders" = sum(order.total, last 20 seconds) > 50
segment "Germans" = trait country = "DE"
segment "Busy" = at least 3 any event in the last 1 second
)";
constexpr const char* kMore = R"(segment "Viewers" = at least 2 "Product Viewed" in the last 3 seconds)";

// The n-th event as a sender makes it, once: it is sent again as it is.
std::string event_of(size_t n, Instant now) {
  Rng rng(n);
  const uint64_t who = n / 8 + rng.below(40);  // customers come and go
  const std::string user = fmt::format("\"userId\":\"u{}\"", who), device = fmt::format("\"anonymousId\":\"a{}\"", who);
  std::string out = fmt::format("{{\"messageId\":\"m{}\",", n);
  // Some come late, and some of those are of before what was known already.
  if (rng.chance(0.2))
    out += fmt::format("\"timestamp\":\"{}\",", text_of(now - Duration{1} * int64_t(rng.below(5'000))));
  const uint64_t kind = rng.below(20);
  if (kind < 8)
    return out + fmt::format("\"type\":\"track\",{},\"event\":\"Product Viewed\",\"properties\":{{\"n\":{}}}}}",
                             rng.chance(0.5) ? user : device, n);
  if (kind < 11)
    return out + fmt::format("\"type\":\"track\",{},{},\"event\":\"Product Added\",\"properties\":{{\"n\":{}}}}}", user,
                             device, n);
  if (kind < 16)
    return out + fmt::format(
                     "\"type\":\"track\",{},\"event\":\"Order Completed\",\"properties\":{{\"n\":{},\"total\":"
                     "{}.{:02}}}}}",
                     user, n, rng.below(60), rng.below(100));
  if (kind < 18)
    return out + fmt::format("\"type\":\"identify\",{},{},\"traits\":{{\"n\":{},\"country\":\"{}\"}}}}", user, device,
                             n, rng.chance(0.5) ? "DE" : "AT");
  return out + fmt::format("\"type\":\"page\",{},\"properties\":{{\"n\":{}}}}}", device, n);
}

// What is to be sent, and what was acknowledged.
class Load {
 public:
  std::vector<size_t> take(size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<size_t> out;
    for (; count > 0; --count) {
      if (!waiting_.empty()) {
        out.push_back(waiting_.front());
        waiting_.pop_front();
      } else if (is_ending_) {
        break;
      } else if (!events_.empty() && rng_.chance(0.05)) {
        out.push_back(rng_.below(events_.size()));  // somebody who did not hear the answer
      } else {
        out.push_back(events_.size());
        events_.push_back(event_of(events_.size(), SystemClock().now()));
      }
    }
    return out;
  }
  std::string event(size_t n) {
    const std::lock_guard lock(mutex_);
    return events_[n];
  }
  void acknowledge(std::span<const size_t> numbers) {
    const std::lock_guard lock(mutex_);
    acknowledged_.insert(numbers.begin(), numbers.end());
  }
  void give_back(std::span<const size_t> numbers) {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.end(), numbers.begin(), numbers.end());
    sent_again_ += numbers.size();
  }
  void end() { is_ending_ = true; }
  size_t made() const { return events_.size(); }
  const std::set<size_t>& acknowledged() const { return acknowledged_; }
  size_t sent_again() const { return sent_again_; }

 private:
  std::mutex mutex_;
  Rng rng_{11};
  std::deque<std::string> events_;
  std::deque<size_t> waiting_;
  std::set<size_t> acknowledged_;
  size_t sent_again_ = 0;
  std::atomic<bool> is_ending_{false};
};

void spin(uint64_t steps) {
  uint64_t mixed = 1;
  for (; steps > 0; --steps) mixed = mix64(mixed);
  ASSERT_NE(mixed, 0u);
}

// Kills at the n-th answer, and a while of work after it: the server is somewhere in what comes next.
class Killer {
 public:
  Killer(pid_t pid, uint64_t answers, uint64_t steps)
      : pid_(pid), left_(static_cast<int64_t>(answers)), steps_(steps) {}
  void answered() {
    if (--left_ != 0) return;
    spin(steps_);
    ::kill(pid_, SIGKILL);
  }

 private:
  pid_t pid_;
  std::atomic<int64_t> left_;
  uint64_t steps_;
};

// Until the server is gone, or there is nothing left to send.
void send_events(const Serving& server, Load& load, Killer& killer, uint64_t seed) {
  Rng rng(seed);
  const bool is_batch = seed % 2 == 0;
  Raw raw(server.port());
  while (true) {
    const auto numbers = load.take(is_batch ? 1 + rng.below(25) : 1);
    if (numbers.empty()) return;
    std::string body;
    for (const size_t n : numbers) body += (body.empty() ? "" : ",") + load.event(n);
    const std::string type = is_batch ? "batch" : parse_json(body)->find("type")->text_or("");
    if (is_batch) body = "{\"batch\":[" + body + "]}";
    const bool is_sent = raw.send(request("POST", "/v1/" + type + "?writeKey=" + server.key(), body));
    const Answer answer = is_sent ? raw.answer() : Answer{};
    if (answer.status != 200) load.give_back(numbers);
    if (answer.status == 0) return;
    if (answer.status == 200) load.acknowledge(numbers);
    EXPECT_EQ(answer.status, 200) << answer.body;
    killer.answered();
  }
}

// Follows the feed from its first change on, behind the last id it heard, whichever server there is.
class Subscriber {
 public:
  Subscriber() : thread_([this] { follow(); }) {}
  ~Subscriber() {
    is_done_ = true;
    port_is(0);
    thread_.join();
  }
  // 0: there is none.
  void port_is(uint16_t port) {
    const std::lock_guard lock(mutex_);
    port_ = port;
    news_.notify_all();
  }
  // Waits until it has heard of the change.
  bool hears(const std::string& id) {
    std::unique_lock lock(mutex_);
    return news_.wait_for(lock, std::chrono::seconds(60), [&] { return ids_.contains(id); });
  }
  // As they came: the id of the event and its data.
  std::vector<std::pair<std::string, std::string>> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  size_t connections = 0;

 private:
  void follow() {
    std::string last;
    while (!is_done_) {
      uint16_t port = 0;
      {
        std::unique_lock lock(mutex_);
        news_.wait(lock, [&] { return is_done_ || port_ != 0; });
        if (is_done_) return;
        port = port_;
      }
      Raw raw(port);
      const std::string from = last.empty() ? "" : "Last-Event-ID: " + last + "\r\n";
      if (!raw.send(request("GET", last.empty() ? "/api/v1/changes?after=" : "/api/v1/changes", {},
                            "Accept: text/event-stream\r\n" + from)) ||
          raw.answer(false).status != 200) {
        std::unique_lock lock(mutex_);  // gone already: the next one is waited for
        if (port_ == port) port_ = 0;
        continue;
      }
      ++connections;
      std::string text;
      while (const auto chunk = raw.chunk()) {
        text += *chunk;
        for (size_t end; (end = text.find("\n\n")) != std::string::npos; text.erase(0, end + 2))
          if (hear(std::string_view(text).substr(0, end))) last = heard_.back().first;
      }
    }
  }
  bool hear(std::string_view event) {
    std::string id, data;
    for (const std::string_view line : split(event, '\n')) {
      if (line.starts_with("id: ")) id = line.substr(4);
      if (line.starts_with("data: ")) data = line.substr(6);
      EXPECT_FALSE(line.starts_with("event: error")) << event;
    }
    if (id.empty()) return false;
    const std::lock_guard lock(mutex_);
    heard_.emplace_back(id, data);
    ids_.insert(id);
    news_.notify_all();
    return true;
  }

  std::mutex mutex_;
  std::condition_variable news_;
  uint16_t port_ = 0;
  std::vector<std::pair<std::string, std::string>> heard_;
  std::set<std::string> ids_;
  std::atomic<bool> is_done_{false};
  std::thread thread_;
};

class Survival : public testing::Test {
 protected:
  using Memberships = std::map<std::string, std::vector<std::string>>;

  Json json(std::string_view target) {
    const Answer answer = server.ask("GET", target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    return parse_json(answer.body).value_or(Json());
  }
  void apply(std::string_view definitions) {
    const Answer answer = server.ask("PUT", "/api/v1/segments", definitions);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  // What the server says at one instant of its own, which is the first of the pair.
  std::pair<std::string, Memberships> memberships() {
    server.catch_up();
    const auto as_of = [&] { return json("/api/v1/status").find("engine")->find("as_of")->text_or(""); };
    for (int i = 0; i < 1'000; ++i) {
      const std::string before = as_of();
      Memberships found;
      const Json list = json("/api/v1/segments");
      for (const Json& segment : *list.find("segments")->as_array()) {
        const std::string id = segment.find("id")->text_or("");
        const Json page = json("/api/v1/segments/" + id + "/members?limit=10000");
        for (const Json& each : *page.find("members")->as_array()) found[id].push_back(each.text_or(""));
        EXPECT_LT(found[id].size(), 10'000u);
        const size_t counted = static_cast<size_t>(segment.find("members")->number_or(-1));
        if (as_of() == before) {
          EXPECT_EQ(counted, found[id].size()) << id;
        }
      }
      if (as_of() == before) return {before, found};
    }
    ADD_FAILURE() << "the server is never at rest";
    return {};
  }
  // All changes by pages, id and text.
  std::vector<std::pair<std::string, std::string>> pages() {
    std::vector<std::pair<std::string, std::string>> all;
    for (std::string after;;) {
      const Json page = json("/api/v1/changes?limit=777&after=" + after);
      for (const Json& change : *page.find("changes")->as_array())
        all.emplace_back(change.find("id")->text_or(""), change.dump());
      if (page.find("changes")->as_array()->empty()) return all;
      after = page.find("next")->text_or("");
    }
  }
  std::unique_ptr<store::Record> record() {
    auto opened = store::Record::open(work.path("s.db"), store::OpenMode::ReadOnly, clock);
    EXPECT_TRUE(opened.has_value()) << opened.error().text();
    return opened ? std::move(*opened) : nullptr;
  }

  Workplace work;
  SystemClock clock;
  Serving server{work.path("s.db")};
};

// How often each number of an event is in the record.
std::map<size_t, int> numbers_in(store::Record& record) {
  auto& connection = record.connection();
  const auto tables = *connection.rows(
      "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'main' AND column_name = 'n' AND table_name IN "
      "(SELECT table_name FROM duckdb_tables())");
  std::map<size_t, int> out;
  for (const auto& table : tables) {
    const auto numbers = *connection.rows(fmt::format("SELECT n::BIGINT FROM main.{}", *table[0]));
    for (const auto& row : numbers) ++out[std::stoul(row[0].value_or("18446744073709551615"))];
  }
  return out;
}

std::vector<std::string> changes_in(store::Record& record) {
  std::vector<std::string> out;
  const auto rows = *record.connection().rows(
      "SELECT format('{}-{}', log_offset, ordinal) FROM tessera.change ORDER BY log_offset, ordinal");
  for (const auto& row : rows) out.push_back(*row[0]);
  return out;
}

TEST_F(Survival, AKilledServerLosesNothingAndSaysNothingTwice) {
  const int kills = static_cast<int>(tries("TESSERA_KILLS", 8));
  Rng rng(17);
  Load load;
  Subscriber subscriber;
  int kills_at_start = 0;
  for (int round = 0; round <= kills; ++round) {
    const bool is_last = round == kills;
    server.start();
    if (round % 8 == 5 && !is_last) {  // killed while it starts
      spin(rng.below(100'000'000));
      server.kill();
      ++kills_at_start;
      continue;
    }
    ASSERT_TRUE(server.is_up()) << "round " << round << ": " << server.errors();
    if (round == 0) apply(kDefinitions);
    subscriber.port_is(server.port());
    if (is_last) load.end();
    Killer killer(server.pid(), is_last ? UINT32_MAX : 1 + rng.below(400), rng.below(3'000'000));
    {
      std::vector<std::jthread> senders;
      for (uint64_t s = 0; s < 4; ++s)
        senders.emplace_back([&, seed = rng.next() / 4 * 4 + s] { send_events(server, load, killer, seed); });
      // Definitions come and go meanwhile; an answer that does not come is no harm.
      if (!is_last && round % 4 == 1) (void)server.ask("PUT", "/api/v1/segments", kMore);
      if (!is_last && round % 4 == 3) (void)server.ask("DELETE", "/api/v1/segments/viewers");
    }
    if (!is_last) server.kill();
  }
  ASSERT_EQ(load.acknowledged().size(), load.made()) << "everything was acknowledged in the end";
  const auto [as_of, live] = memberships();
  ASSERT_EQ(server.stop(), 0) << server.errors();

  // Events and changes.
  std::vector<std::string> changes;
  {
    const auto stopped = record();
    ASSERT_NE(stopped, nullptr);
    const auto numbers = numbers_in(*stopped);
    EXPECT_EQ(numbers.size(), load.made()) << "nothing but what was sent";
    for (const size_t n : load.acknowledged())
      EXPECT_EQ(numbers.contains(n) ? numbers.at(n) : 0, 1) << "event " << n << " of " << load.made();
    changes = changes_in(*stopped);
    EXPECT_EQ(std::set(changes.begin(), changes.end()).size(), changes.size()) << "each once";
    EXPECT_EQ(*stopped->connection().integer("SELECT count(*) FROM tessera.reject"), 0);
    const auto findings = profiles::examine(*stopped);
    ASSERT_TRUE(findings.has_value()) << findings.error().text();
    EXPECT_FALSE(profiles::has_problems(*findings)) << profiles::text_of(*findings);
  }
  // Memberships.
  EXPECT_GE(live.size(), 6u);
  size_t members = 0;
  for (const auto& [segment, ids] : live) {
    const Ran batch = work.sh(fmt::format("tessera --store s.db segments members {0} --as-of {1}", segment, as_of));
    ASSERT_EQ(batch.code, 0) << batch.err;
    std::string text;
    for (const std::string& id : ids) text += id + "\n";
    EXPECT_EQ(text, batch.out) << segment << " as of " << as_of;
    members += ids.size();
  }
  EXPECT_GT(members, 20u);
  // The feed: whoever followed it, whoever reads it by pages, and the record.
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  subscriber.port_is(server.port());
  ASSERT_TRUE(subscriber.hears(changes.back()));
  auto heard = subscriber.heard(), paged = pages();
  ASSERT_GE(heard.size(), changes.size());
  ASSERT_GE(paged.size(), changes.size());
  for (size_t i = 0; i < changes.size(); ++i) {
    ASSERT_EQ(heard[i].first, changes[i]) << "change " << i;
    ASSERT_EQ(heard[i], paged[i]) << "change " << i;
  }
  figure(
      "{} kills ({} at the start), {} events acknowledged, {} of them sent again, {} changes heard on {} "
      "connections, {} members compared",
      kills, kills_at_start, load.made(), load.sent_again(), changes.size(), subscriber.connections, members);
  EXPECT_EQ(server.stop(), 0) << server.errors();
}

}  // namespace
}  // namespace tessera::cli

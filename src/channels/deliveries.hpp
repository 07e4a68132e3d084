// Which webhook is sent which changes when: a state machine without a clock, a thread or a network. Time is a
// parameter, what is to be sent comes out of due(), what was answered goes into finished().
//
// The promise to a subscriber: every change (of the segments it asked for) is delivered at least once, in the order of
// ids. A request carries a batch of changes, and only one request to a webhook is on the way at a time; while it is,
// further changes gather for the next one. A batch that fails is tried again with the same id and the same bytes, and
// nothing overtakes it, until it is delivered or, after the last of its attempts (three days), becomes a dead letter.
// Webhooks do not wait for each other.
//
// How far a webhook has come is saved at once where something failed, and otherwise within `save_after`: after a crash
// the deliveries of that time are repeated. Subscribers tell repeated changes by their ids.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "channels/webhook.hpp"
#include "core/http_client.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "feed/feed.hpp"

namespace tessera {
class Logger;
}

namespace tessera::channels {

// The waits before the attempts of a batch; up to a fifth is added to each, so that many webhooks that failed together
// do not come back together.
inline constexpr Duration kWaits[] = {{0},       kSecond * 5, kMinute * 5, kMinute * 30, kHour * 2,
                                      kHour * 5, kHour * 10,  kHour * 14,  kHour * 20,   kHour * 24};
inline constexpr size_t kMostAttempts = std::size(kWaits);

struct DeliverySettings {
  size_t most_changes = 1000;     // in a batch
  size_t most_bytes = 256 << 10;  // of a batch of more than one change
  size_t most_webhooks = 100;
  Duration timeout = kSecond * 20;
  Duration save_after = kSecond;
  Duration read_again_after = kMinute;  // where the changes could not be read
  uint64_t seed = 0;                    // of the jitter
  HttpRules rules{};
  const Logger* logger = nullptr;  // must outlive the deliveries
};

struct Delivery {
  uint64_t ticket = 0;
  HttpRequest request;
};

class Deliveries {
 public:
  // REQUIRES: feed and store outlive it.
  static Result<Deliveries> open(feed::Feed& feed, WebhookStore& store, const DeliverySettings& settings);

  // --- managing. Errors of the caller are Usage.
  // Delivers what lies behind `position`.
  Result<Webhook> add(const std::string& url, std::vector<std::string> segments, const feed::Position& position,
                      Instant now);
  Result<void> remove(const std::string& id);
  Result<void> disable(const std::string& id, const std::string& why);
  // Goes on where it stopped, at once. Also for one that waits for its next attempt.
  Result<void> enable(const std::string& id);
  // The new secret; the old one signs too for a day.
  Result<std::string> rotate(const std::string& id, Instant now);
  std::vector<Webhook> list() const;
  std::optional<Webhook> find(const std::string& id) const;
  std::vector<DeadLetter> dead_letters(const std::string& id) const;
  // Sends it once more, with its first id, before the next batch; delivered, it is removed. Out of order by nature.
  Result<void> replay(uint64_t number);

  // --- driving
  void changes_came();                     // those that were up to date look again
  std::vector<Delivery> due(Instant now);  // to be sent now; each is to be finished()
  void finished(uint64_t ticket, const Result<HttpAnswer>& answer, Instant now);
  // Saves what is due to be saved. Error: it could not all be saved; it is tried again.
  Result<void> save(Instant now);
  Result<void> save_all();
  // When due() or save() has something to do by time alone; nullopt: never.
  std::optional<Instant> next() const;

 private:
  struct Batch {
    std::string payload, id;      // of the message
    feed::Position after, until;  // covers the changes behind `after` up to `until`
    uint64_t changes = 0;         // 0: nothing was asked for
    bool at_end = false;          // nothing is there behind `until`
  };
  struct Flight {
    uint64_t ticket = 0;
    feed::Position after, until;
    uint64_t changes = 0;
    std::optional<uint64_t> letter{};  // that is replayed
  };
  struct Endpoint {
    Webhook kept;
    std::optional<Flight> flight{};
    std::deque<uint64_t> replays{};
    bool up_to_date = false, changed = false;
    Instant read_again = kEver;
  };

  Deliveries(feed::Feed& feed, WebhookStore& store, const DeliverySettings& settings)
      : feed_(&feed), store_(&store), settings_(settings) {}
  Result<Endpoint*> endpoint(const std::string& id);
  Result<void> change(const std::string& id, const std::function<void(Webhook&)>& edit);
  Result<Batch> read_batch(const Webhook& webhook, const feed::Position& after, const feed::Position& last) const;
  bool is_due(const Endpoint& endpoint, Instant now) const;
  Result<std::optional<Delivery>> start(Endpoint& endpoint, Instant now);
  Result<std::optional<Delivery>> start_replay(Endpoint& endpoint, Instant now);
  Result<Delivery> send(Endpoint& endpoint, Batch batch, std::optional<uint64_t> letter, Instant now);
  void delivered(Endpoint& endpoint, const Flight& flight, Instant now);
  void failed(Endpoint& endpoint, const Flight& flight, const Result<HttpAnswer>& answer, Instant now);
  void give_up(Endpoint& endpoint, const Flight& flight, Instant now);
  void go_on_behind(Endpoint& endpoint, const feed::Position& position, Instant now);
  Duration wait_before(const Webhook& webhook, const HttpAnswer* answer) const;
  void save_now(Endpoint& endpoint, Instant now);

  feed::Feed* feed_;
  WebhookStore* store_;
  DeliverySettings settings_;
  std::map<std::string, Endpoint> endpoints_{};
  std::map<uint64_t, DeadLetter> letters_{};
  uint64_t tickets_ = 0, last_letter_ = 0;
  std::optional<Instant> save_at_{};
};

}  // namespace tessera::channels

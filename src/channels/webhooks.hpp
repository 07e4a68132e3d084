// The thread that delivers changes to webhooks: asks Deliveries what is due, hands it to the HTTP client, tells it what
// was answered. Sleeps until there is news, an answer, or the next attempt's time.
#pragma once

#include <functional>
#include <memory>

#include "channels/deliveries.hpp"
#include "core/guarded.hpp"
#include "core/http_client.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::channels {

class Webhooks {
 public:
  // REQUIRES: feed, store, client and clock outlive it. The feed is read on its thread, and is not listened to: see
  // bell().
  static Result<std::unique_ptr<Webhooks>> start(feed::Feed& feed, WebhookStore& store, HttpClient& client,
                                                 const DeliverySettings& settings, const Clock& clock);
  // Saves how far each webhook has come. Answers that are still to come are lost: those batches are sent again.
  ~Webhooks();

  // There are new changes. From any thread; does not wait.
  void changes_came();
  // The same to be called by others, also when this is gone.
  std::function<void()> bell() const;

  // use(Deliveries&) alone, from any thread: to manage webhooks. Waits while changes are read for others.
  template <typename Use>
  auto with(Use&& use) {
    const WakeAtEnd wake{*this};
    return deliveries_.with(std::forward<Use>(use));
  }

 private:
  struct Inbox;
  struct WakeAtEnd {
    Webhooks& webhooks;
    ~WakeAtEnd() { webhooks.wake(); }
  };
  Webhooks(Deliveries deliveries, HttpClient& client, const Clock& clock);
  void run();
  void wake();

  HttpClient& client_;
  const Clock& clock_;
  Guarded<Deliveries> deliveries_;
  std::shared_ptr<Inbox> inbox_;
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace tessera::channels

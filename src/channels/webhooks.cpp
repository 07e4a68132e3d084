#include "channels/webhooks.hpp"

#include <chrono>
#include <condition_variable>
#include <thread>

namespace tessera::channels {

// What others leave for the thread. Outlives it as long as an answer may come.
struct Webhooks::Inbox {
  struct Mail {
    std::vector<std::pair<uint64_t, Result<HttpAnswer>>> answers{};
    bool news = false, stop = false, woken = false;
    bool empty() const { return answers.empty() && !news && !stop && !woken; }
  };
  Guarded<Mail> mail;
  std::condition_variable changed;

  template <typename Put>
  void put(Put&& put) {
    put(*mail.lock());
    changed.notify_one();
  }
  // Waits for mail, at most `longest`.
  Mail take(Duration longest) {
    auto waiting = mail.lock();
    waiting.wait_for(changed, std::chrono::milliseconds(longest.ms), [&] { return !waiting->empty(); });
    return std::exchange(*waiting, Mail{});
  }
};

struct Webhooks::Thread {
  std::thread thread;
};

Webhooks::Webhooks(Deliveries deliveries, HttpClient& client, const Clock& clock)
    : client_(client), clock_(clock), deliveries_(std::move(deliveries)), inbox_(std::make_shared<Inbox>()) {
  thread_ = std::make_unique<Thread>(Thread{std::thread([this] { run(); })});
}

Result<std::unique_ptr<Webhooks>> Webhooks::start(feed::Feed& feed, WebhookStore& store, HttpClient& client,
                                                  const DeliverySettings& settings, const Clock& clock) {
  auto deliveries = TRY(Deliveries::open(feed, store, settings));
  return std::unique_ptr<Webhooks>(new Webhooks(std::move(deliveries), client, clock));
}

Webhooks::~Webhooks() {
  inbox_->put([](Inbox::Mail& mail) { mail.stop = true; });
  thread_->thread.join();
  (void)deliveries_.lock()->save_all();  // what is not saved is delivered again
}

void Webhooks::changes_came() {
  inbox_->put([](Inbox::Mail& mail) { mail.news = true; });
}

std::function<void()> Webhooks::bell() const {
  return [inbox = std::weak_ptr(inbox_)] {
    if (const auto open = inbox.lock()) open->put([](Inbox::Mail& mail) { mail.news = true; });
  };
}

void Webhooks::wake() {
  inbox_->put([](Inbox::Mail& mail) { mail.woken = true; });
}

void Webhooks::run() {
  Duration wait{0};
  for (;;) {
    Inbox::Mail mail = inbox_->take(wait);
    if (mail.stop) return;
    std::vector<Delivery> due;
    {
      const auto all = deliveries_.lock();
      const Instant now = clock_.now();
      for (const auto& [ticket, answer] : mail.answers) all->finished(ticket, answer, now);
      if (mail.news) all->changes_came();
      due = all->due(now);
      (void)all->save(now);  // tried again, and said in the webhook's status by its position that stands still
      // At most a minute, for the clock may be set while nobody looks.
      const auto next = all->next();
      wait = next ? std::clamp(*next - now, Duration{0}, kMinute) : kMinute;
    }
    for (Delivery& delivery : due)
      client_.post(std::move(delivery.request),
                   [inbox = std::weak_ptr(inbox_), ticket = delivery.ticket](Result<HttpAnswer> answer) {
                     if (const auto open = inbox.lock())
                       open->put([&](Inbox::Mail& mail) { mail.answers.emplace_back(ticket, std::move(answer)); });
                   });
  }
}

}  // namespace tessera::channels

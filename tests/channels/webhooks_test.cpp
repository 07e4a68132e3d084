#include "channels/webhooks.hpp"

#include <condition_variable>

#include "channels/memory_store.hpp"
#include "core/loopback.hpp"
#include "store/scratch.hpp"

using namespace tessera;
using namespace tessera::channels;
using namespace tessera::feed;
using tessera::testing_support::LoopbackServer;

namespace {

const FixedClock kClock(*parse_instant("2026-03-01T10:00:00Z"));

// A feed that grows while it is read.
class GrowingFeed final : public Feed {
 public:
  void happen(uint64_t count) {
    auto changes = changes_.lock();
    for (; count > 0; --count) changes->push_back({.id = {changes->size() + 1, 0}, .customer = "c", .segment = "s"});
  }
  Result<std::vector<Change>> changes_after(const Position& after, size_t limit) override {
    const auto changes = changes_.lock();
    const size_t from = after ? after->offset : 0;
    return std::vector<Change>(changes->begin() + static_cast<ptrdiff_t>(from),
                               changes->begin() + static_cast<ptrdiff_t>(std::min(from + limit, changes->size())));
  }
  Subscription listen(std::function<void()> bell) override { return bells_.listen(std::move(bell)); }

 private:
  Guarded<std::vector<Change>> changes_;
  Bells bells_;
};

// Counts the changes in the requests it gets; waits for them.
class Subscriber {
 public:
  std::string take(const std::string& request) {
    const std::scoped_lock lock(mutex_);
    for (size_t at = request.find("\"id\":"); at != std::string::npos; at = request.find("\"id\":", at + 1)) ++seen_;
    changed_.notify_all();
    return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  }
  void wait_for(uint64_t changes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return seen_ >= changes; });
    EXPECT_EQ(seen_, changes);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t seen_ = 0;
};

TEST(Webhooks, DeliverOverHttpConcurrentlyAndGoOnAfterARestart) {
  constexpr HttpRules kInside{.private_addresses = true};
  Subscriber subscriber;
  const LoopbackServer server([&](const std::string& request) { return subscriber.take(request); });
  MemoryStore kept;
  GrowingFeed feed;
  std::string id;
  for (uint64_t round = 1; round <= 3; ++round) {
    const auto client = curl_client(kInside);
    const auto webhooks = MUST(Webhooks::start(feed, kept, *client, {.most_changes = 50, .rules = kInside}, kClock));
    if (round == 1)
      id = MUST(webhooks->with([&](Deliveries& all) { return all.add(server.url(), {}, {}, kClock.now()); })).id;
    for (int burst = 0; burst < 20; ++burst) {
      feed.happen(10);
      webhooks->changes_came();
    }
    subscriber.wait_for(200 * round);
    // The answer to the last batch may still be on its way back; what is asked for here comes behind it.
    while (webhooks->with([&](Deliveries& all) { return all.find(id)->position; }) != ChangeId{200 * round, 0})
      std::this_thread::yield();
  }
  EXPECT_EQ(MUST(kept.webhooks()).front().position, (ChangeId{600, 0}));
  EXPECT_THAT(server.requests().front(), testing::HasSubstr("\r\nwebhook-signature: v1,"));
}

}  // namespace

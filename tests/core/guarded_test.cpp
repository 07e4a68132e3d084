#include "core/guarded.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace tessera {
namespace {

TEST(Guarded, ConcurrentThreadsLoseNothing) {
  Guarded<std::vector<int>> all;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i) all.lock()->push_back(t);
    });
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(all.with([](const auto& values) { return values.size(); }), 4000u);
}

TEST(Guarded, ConcurrentWaitersAreWokenByWhatTheyWaitFor) {
  Guarded<int, 1> turn(0);
  std::condition_variable news;
  constexpr int kRounds = 500;
  const auto play = [&](int mine) {
    for (int round = 0; round < kRounds; ++round) {
      auto now = turn.lock();
      now.wait(news, [&] { return *now % 2 == mine; });
      ++*now;
      news.notify_all();
    }
  };
  std::thread other([&] { play(1); });
  play(0);
  other.join();
  EXPECT_EQ(*turn.lock(), 2 * kRounds);
}

TEST(Guarded, ConcurrentReadersSeeWholeWrites) {
  struct Pair {
    int a = 0, b = 0;
  };
  SharedGuarded<Pair> pair;
  std::atomic<bool> is_over{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&] {
      while (!is_over) {
        const auto seen = pair.read();
        ASSERT_EQ(seen->a, seen->b);
      }
    });
  for (int i = 1; i <= 2000; ++i) {
    const auto both = pair.write();
    both->a = i;
    both->b = i;
  }
  is_over = true;
  for (std::thread& each : readers) each.join();
  EXPECT_EQ(pair.read()->b, 2000);
}

TEST(Guarded, LocksAreTakenInTheOrderOfTheirTypes) {
  Guarded<int, 1> first(1);
  Guarded<int, 2> second(2);
  SharedGuarded<int, 2> beside(2);
  {
    const auto a = first.lock();
    const auto b = second.lock();
    EXPECT_EQ(*a + *b, 3);
  }
  EXPECT_DEATH(
      {
        const auto b = second.lock();
        const auto a = first.lock();
      },
      "order > held_");
  EXPECT_DEATH(
      {
        const auto b = second.lock();
        const auto c = beside.read();
      },
      "order > held_");
  // Given back, the order begins anew.
  EXPECT_EQ(*second.lock(), 2);
  EXPECT_EQ(*first.lock(), 1);
}

}  // namespace
}  // namespace tessera

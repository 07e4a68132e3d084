#include "http/workers.hpp"

#include <condition_variable>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "core/guarded.hpp"

namespace tessera::http {

struct Workers::State {
  struct Queue {
    std::deque<std::function<void()>> waiting{};
    bool is_over = false;
  };
  Guarded<Queue> queue;
  std::condition_variable news;
  std::vector<std::thread> threads;

  // Waits for it; nullopt: it is over, and nothing waits.
  std::optional<std::function<void()>> take() {
    auto now = queue.lock();
    now.wait(news, [&] { return now->is_over || !now->waiting.empty(); });
    if (now->waiting.empty()) return std::nullopt;
    auto work = std::move(now->waiting.front());
    now->waiting.pop_front();
    return work;
  }
  void run() {
    while (auto work = take()) {
      try {
        (*work)();
      } catch (const std::exception&) {
        // Whoever waits for it is answered by its Responder, which goes with it.
      }
    }
  }
};

Workers::Workers(int threads) : state_(std::make_unique<State>()) {
  for (int i = 0; i < std::max(1, threads); ++i) state_->threads.emplace_back([state = state_.get()] { state->run(); });
}

Workers::~Workers() {
  state_->queue.lock()->is_over = true;
  state_->news.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void Workers::post(std::function<void()> work) {
  {
    const auto now = state_->queue.lock();
    if (now->is_over) return;
    now->waiting.push_back(std::move(work));
  }
  state_->news.notify_one();
}

}  // namespace tessera::http

#include "http/workers.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace tessera::http {

struct Workers::State {
  std::mutex mutex;
  std::condition_variable news;
  std::deque<std::function<void()>> waiting;
  bool is_over = false;
  std::vector<std::thread> threads;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      news.wait(lock, [this] { return is_over || !waiting.empty(); });
      if (waiting.empty()) return;
      auto work = std::move(waiting.front());
      waiting.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
  }
};

Workers::Workers(int threads) : state_(std::make_unique<State>()) {
  for (int i = 0; i < std::max(1, threads); ++i) state_->threads.emplace_back([state = state_.get()] { state->run(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_over = true;
  }
  state_->news.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void Workers::post(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->is_over) return;
    state_->waiting.push_back(std::move(work));
  }
  state_->news.notify_one();
}

}  // namespace tessera::http

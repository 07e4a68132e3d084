#include "server/jobs.hpp"

#include <condition_variable>
#include <deque>
#include <thread>

#include "core/parallel.hpp"

namespace tessera::server {

void Job::when_gone(std::function<void()> stop) {
  {
    const std::lock_guard lock(mutex_);
    stop_ = std::move(stop);
    if (!is_gone_ || !stop_) return;
  }
  leave();
}

void Job::leave() {
  {
    const std::lock_guard lock(mutex_);
    is_gone_ = true;
    // Under the lock, so that the work cannot end meanwhile: it takes it away with when_gone({}).
    if (const auto stop = std::exchange(stop_, {})) stop();
  }
  on_leave();
}

struct Jobs::State {
  size_t most_waiting;
  std::mutex mutex;
  std::condition_variable news;
  std::deque<std::shared_ptr<Job>> awaited, background;
  std::shared_ptr<Job> running;
  bool is_over = false;
  std::thread thread;

  void work() {
    const OnThisThreadAlone alone;
    for (;;) {
      std::shared_ptr<Job> next;
      {
        std::unique_lock lock(mutex);
        running = nullptr;
        news.wait(lock, [this] { return is_over || !awaited.empty() || !background.empty(); });
        if (is_over) return;
        auto& from = awaited.empty() ? background : awaited;
        next = std::move(from.front());
        from.pop_front();
        running = next;
      }
      if (!next->is_gone()) next->run();
    }
  }
};

Jobs::Jobs(size_t most_waiting) : state_(std::make_unique<State>()) {
  state_->most_waiting = most_waiting;
  state_->thread = std::thread([state = state_.get()] { state->work(); });
}

Jobs::~Jobs() {
  std::deque<std::shared_ptr<Job>> left, later;
  std::shared_ptr<Job> running;
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_over = true;
    left.swap(state_->awaited);
    later.swap(state_->background);
    running = state_->running;
  }
  for (const auto* queue : {&left, &later})
    for (const auto& each : *queue) each->drop();
  if (running) running->leave();
  state_->news.notify_all();
  state_->thread.join();
}

bool Jobs::post(std::shared_ptr<Job> job, Urgency urgency) {
  {
    const std::lock_guard lock(state_->mutex);
    auto& queue = urgency == Urgency::Awaited ? state_->awaited : state_->background;
    // Those for whom nobody waits hold no place.
    std::erase_if(queue, [](const auto& each) { return each->is_gone().load(); });
    if (state_->is_over || queue.size() >= state_->most_waiting) return false;
    queue.push_back(std::move(job));
  }
  state_->news.notify_all();
  return true;
}

}  // namespace tessera::server

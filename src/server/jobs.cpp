#include "server/jobs.hpp"

#include <condition_variable>
#include <deque>
#include <thread>

#include "core/parallel.hpp"

namespace tessera::server {

void Job::when_gone(std::function<void()> stop) {
  {
    const auto wanted = stop_.lock();
    *wanted = std::move(stop);
    if (!is_gone_ || !*wanted) return;
  }
  leave();
}

void Job::leave() {
  {
    const auto wanted = stop_.lock();
    is_gone_ = true;
    // Under the lock, so that the work cannot end meanwhile: it takes it away with when_gone({}).
    if (const auto stop = std::exchange(*wanted, {})) stop();
  }
  on_leave();
}

struct Jobs::State {
  size_t most_waiting;
  struct Queue {
    std::deque<std::shared_ptr<Job>> awaited{}, background{};
    std::shared_ptr<Job> running{};
    bool is_over = false;
  };
  Guarded<Queue> queue;
  std::condition_variable news;
  std::thread thread;

  // Waits for it; null: it is over.
  std::shared_ptr<Job> take() {
    auto now = queue.lock();
    now->running = nullptr;
    now.wait(news, [&] { return now->is_over || !now->awaited.empty() || !now->background.empty(); });
    if (now->is_over) return nullptr;
    auto& from = now->awaited.empty() ? now->background : now->awaited;
    now->running = std::move(from.front());
    from.pop_front();
    return now->running;
  }

  void work() {
    const OnThisThreadAlone alone;
    while (const auto next = take()) {
      if (next->is_gone()) continue;
      try {
        next->run();
      } catch (const std::exception&) {
        next->drop();  // there is no memory for it, not even to say so
      }
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
    const auto now = state_->queue.lock();
    now->is_over = true;
    left.swap(now->awaited);
    later.swap(now->background);
    running = now->running;
  }
  for (const auto* queue : {&left, &later})
    for (const auto& each : *queue) each->drop();
  if (running) running->leave();
  state_->news.notify_all();
  state_->thread.join();
}

bool Jobs::post(std::shared_ptr<Job> job, Urgency urgency) {
  {
    const auto now = state_->queue.lock();
    auto& queue = urgency == Urgency::Awaited ? now->awaited : now->background;
    // Those for whom nobody waits hold no place.
    std::erase_if(queue, [](const auto& each) { return each->is_gone().load(); });
    if (now->is_over || queue.size() >= state_->most_waiting) return false;
    queue.push_back(std::move(job));
  }
  state_->news.notify_all();
  return true;
}

}  // namespace tessera::server

// Long work in the server, one piece at a time, on a thread of its own that shares its work with no other thread, so
// that events go on coming in. Those that wait are bounded, and who finds no place is told to come again. What somebody
// waits for (commands.hpp) goes before what runs in the background (discoveries.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/guarded.hpp"

namespace tessera::server {

class Job {
 public:
  virtual ~Job() = default;
  // Its turn has come; on the thread of jobs.
  virtual void run() = 0;
  // It will not be begun, or did not come to its end. Any thread.
  virtual void drop() {}

  // Nobody waits for it any more. Any thread.
  void leave();
  const std::atomic<bool>& is_gone() const { return is_gone_; }
  // Called once, on any thread, when nobody waits any more; or at once where that is so. Empty: no more.
  void when_gone(std::function<void()> stop);

 protected:
  virtual void on_leave() {}  // wake up who waits in run()

 private:
  Guarded<std::function<void()>> stop_;
  std::atomic<bool> is_gone_{false};
};

// Questions that are answered on the thread that asks (questions.hpp): left when the server stops.
class Questions final : public Job {
 public:
  void run() override {}
};

enum class Urgency : uint8_t { Awaited, Background };

class Jobs {
 public:
  explicit Jobs(size_t most_waiting = 8);  // of each urgency
  // Stops the one that runs, as far as it can be stopped, and waits for it.
  ~Jobs();

  // False: too many wait.
  bool post(std::shared_ptr<Job> job, Urgency urgency);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::server

// Long work that nobody waits for any more. Whoever starts it says for this thread what to look at; loops that take
// long ask between two steps and leave off, and whoever answers for their outcome says that it was stopped.
//
// Invariant: a loop that left off leaves values of the right shape and no meaning, so behind every such loop there is a
// TRY(go_on()) before its outcome is said to anyone.
#pragma once

#include <atomic>

#include "core/progress.hpp"
#include "core/result.hpp"

namespace tessera {

// While it lives, work of this thread is stopped once the flag is set, or one of those that were given before it and
// still live. Not that of other threads (parallel_for beside OnThisThreadAlone has none).
class StopWhen {
 public:
  explicit StopWhen(const std::atomic<bool>& flag);
  ~StopWhen();
  StopWhen(const StopWhen&) = delete;
  StopWhen& operator=(const StopWhen&) = delete;

  bool is_stopped() const { return flag_.load(std::memory_order_relaxed) || (before_ && before_->is_stopped()); }

 private:
  const std::atomic<bool>& flag_;
  const StopWhen* before_;
};

// What stops this thread's work, for another thread to look at while this one waits; null: nothing does.
const StopWhen* stop_of_this_thread();

// Cheap enough for every block of a loop.
bool is_stopped();
// Error: it is stopped.
Result<void> go_on();
// Says how far the work is, and goes on.
Result<void> next_step(Progress& progress, const char* what, uint64_t done, uint64_t total);

}  // namespace tessera

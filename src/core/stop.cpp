#include "core/stop.hpp"

#include <utility>

namespace tessera {

namespace {

thread_local const std::atomic<bool>* flag_of_thread = nullptr;

}  // namespace

StopWhen::StopWhen(const std::atomic<bool>& flag) : before_(std::exchange(flag_of_thread, &flag)) {}
StopWhen::~StopWhen() {
  flag_of_thread = before_;
}

bool is_stopped() {
  return flag_of_thread && flag_of_thread->load(std::memory_order_relaxed);
}

const std::atomic<bool>* stop_flag() {
  return flag_of_thread;
}

Result<void> go_on() {
  if (is_stopped()) return fail("stopped: nobody waits for it any more");
  return {};
}

Result<void> next_step(Progress& progress, const char* what, uint64_t done, uint64_t total) {
  progress.step(what, done, total);
  return go_on();
}

}  // namespace tessera

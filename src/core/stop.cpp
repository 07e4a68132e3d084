#include "core/stop.hpp"

#include <utility>

namespace tessera {

namespace {

thread_local const StopWhen* latest = nullptr;

}  // namespace

StopWhen::StopWhen(const std::atomic<bool>& flag) : flag_(flag), before_(std::exchange(latest, this)) {}
StopWhen::~StopWhen() {
  latest = before_;
}

const StopWhen* stop_of_this_thread() {
  return latest;
}

bool is_stopped() {
  return latest && latest->is_stopped();
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

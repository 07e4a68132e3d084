// What is logged and not yet applied: the writer of the log puts, the applier takes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <string>

#include "core/guarded.hpp"
#include "live/lock_order.hpp"
#include "live/log_queue.hpp"

namespace tessera::live {

struct Logged {
  uint64_t offset = 0, next = 0;
  std::string payload;
  Awaited applied{};
};

class Backlog {
 public:
  explicit Backlog(uint64_t most_bytes) : most_bytes_(most_bytes) {}

  bool is_full() const {
    return state_.with([this](const State& all) { return all.bytes > most_bytes_; });
  }
  void put(Logged logged);
  // All that is there, or nothing after some time.
  struct Taken {
    std::deque<Logged> entries{};
    bool is_record_wanted = false;  // at once, not at the next flush
    bool is_over = false;           // nothing is there, and nothing more comes
  };
  Taken take(std::chrono::milliseconds longest);
  // One of them is applied.
  void applied(const Logged& logged);
  // All that were taken are.
  void all_applied() { applied_news_.notify_all(); }
  void start_at(uint64_t offset) { state_.lock()->applied_until = offset; }
  // Nothing more comes.
  void end();

  void want_record();
  // Waits until what was logged before this offset is applied.
  void wait_applied(uint64_t offset);
  uint64_t bytes() const {
    return state_.with([](const State& all) { return all.bytes; });
  }
  uint64_t applied_until() const {
    return state_.with([](const State& all) { return all.applied_until; });
  }

 private:
  struct State {
    std::deque<Logged> entries{};
    uint64_t bytes = 0, applied_until = 0;
    bool is_ended = false, is_record_wanted = false;
  };
  const uint64_t most_bytes_;
  Guarded<State, kLeafLock> state_;
  std::condition_variable news_, applied_news_;
};

}  // namespace tessera::live

// What waits to be logged, and when the writer of the log is to wake. Any thread puts, one takes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "core/guarded.hpp"
#include "live/door.hpp"
#include "live/lock_order.hpp"
#include "live/log_reader.hpp"

namespace tessera::live {

inline constexpr auto kBeat = std::chrono::milliseconds(20);

using Awaited = std::shared_ptr<std::promise<Outcome>>;

struct Waiting {
  EntryKind kind = EntryKind::Events;
  Submission submission;  // Payload::Text: body is the text
  Done done{};            // when it is logged, or cannot be
  Awaited applied{};      // when it is applied, or cannot be logged
};

class LogQueue {
 public:
  LogQueue(uint64_t most_bytes, const Clock& clock) : most_bytes_(most_bytes), clock_(clock) {}

  // False: it is full, or nothing is taken any more. Only events find it full.
  bool put(Waiting waiting);
  // The next entry's worth: what may be one entry together; a tick where a timer is due and nothing else is there.
  // Waits for it; nullopt: it was stopped and is empty.
  std::optional<std::vector<Waiting>> take(Instant last_learnt);
  // A timer: the writer may sleep until then.
  void set_due(Instant due);
  Instant due() const { return Instant{due_}; }
  // Until something comes, or some time has passed.
  void rest();
  void stop();
  uint64_t bytes() const {
    return state_.with([](const State& all) { return all.bytes; });
  }

 private:
  struct State {
    std::deque<Waiting> waiting{};
    uint64_t bytes = 0;
    bool is_stopping = false;
    bool is_gathering = false;  // the writer waits for more, and need not be told of it
  };
  bool is_due(Instant last_learnt) const { return due_ > last_learnt.ms && due_ <= clock_.now().ms; }

  const uint64_t most_bytes_;
  const Clock& clock_;
  Guarded<State, kLeafLock> state_;
  std::condition_variable news_;
  std::atomic<int64_t> due_{kNever.ms};
  std::chrono::steady_clock::time_point begun_{};  // the last group; the writer's
};

}  // namespace tessera::live

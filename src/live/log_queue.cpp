#include "live/log_queue.hpp"

#include <algorithm>

namespace tessera::live {

namespace {

constexpr uint64_t kGroupBytes = 8 << 20;               // of one entry of events
constexpr auto kGather = std::chrono::milliseconds(2);  // from the beginning of one group to that of the next, at least

uint64_t bytes_of(const Waiting& waiting) {
  return waiting.submission.body.size() + 256;
}

// Calls that wait together are one entry; any other kind is one of its own, and so are the pieces of an import.
bool may_join(const Waiting& first, const Waiting& next) {
  if (next.kind != EntryKind::Events) return false;
  const bool is_import = next.submission.type == kRowsOfImport;
  if (is_import || first.submission.type == kRowsOfImport)
    return is_import && first.submission.type == kRowsOfImport && first.submission.source == next.submission.source;
  return true;
}

}  // namespace

bool LogQueue::put(Waiting waiting) {
  bool is_awaited = false;
  {
    const auto state = state_.lock();
    const uint64_t bytes = bytes_of(waiting);
    if (state->is_stopping) return false;
    if (waiting.kind == EntryKind::Events && state->bytes + bytes > most_bytes_) return false;
    state->bytes += bytes;
    is_awaited = !state->is_gathering;
    state->waiting.push_back(std::move(waiting));
  }
  if (is_awaited) news_.notify_one();
  return true;
}

std::optional<std::vector<Waiting>> LogQueue::take(Instant last_learnt) {
  std::vector<Waiting> group;
  auto state = state_.lock();
  for (;;) {
    // Up to the next timer; the clock may be set meanwhile, so never for long.
    if (!state->is_stopping && state->waiting.empty())
      state.wait_for(news_, std::clamp(std::chrono::milliseconds(due_ - clock_.now().ms), kBeat, 10 * kBeat));
    if (!state->waiting.empty()) break;
    if (state->is_stopping) return std::nullopt;
    if (!is_due(last_learnt)) continue;
    group.push_back({.kind = EntryKind::Tick, .submission = {}});
    break;
  }
  // A disk that is fast would make a group of every call, and a group has its price: a write, an entry, answers, and
  // everyone who is told of it. Nobody waits who comes alone.
  if (!state->is_stopping && begun_ + kGather > std::chrono::steady_clock::now()) {
    state->is_gathering = true;
    state.wait_until(news_, begun_ + kGather, [&] { return state->is_stopping; });
    state->is_gathering = false;
  }
  begun_ = std::chrono::steady_clock::now();
  uint64_t bytes = 0;
  while (!state->waiting.empty() && bytes < kGroupBytes &&
         (group.empty() || may_join(group[0], state->waiting.front()))) {
    const uint64_t its_bytes = bytes_of(state->waiting.front());
    bytes += its_bytes;
    state->bytes -= its_bytes;
    group.push_back(std::move(state->waiting.front()));
    state->waiting.pop_front();
    if (group.back().kind != EntryKind::Events) break;
  }
  return group;
}

void LogQueue::set_due(Instant due) {
  if (due_.exchange(due.ms) <= due.ms) return;
  const auto state = state_.lock();  // the writer either has not looked yet, or waits and is told
  news_.notify_one();
}

void LogQueue::rest() {
  auto state = state_.lock();
  state.wait_for(news_, 10 * kBeat, [&] { return state->is_stopping || !state->waiting.empty(); });
}

void LogQueue::stop() {
  state_.lock()->is_stopping = true;
  news_.notify_all();
}

}  // namespace tessera::live

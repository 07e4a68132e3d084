#include "live/backlog.hpp"

namespace tessera::live {

void Backlog::put(Logged logged) {
  {
    const auto state = state_.lock();
    state->bytes += logged.payload.size();
    state->entries.push_back(std::move(logged));
  }
  news_.notify_one();
}

Backlog::Taken Backlog::take(std::chrono::milliseconds longest) {
  Taken out;
  auto state = state_.lock();
  state.wait_for(news_, longest, [&] { return state->is_ended || state->is_record_wanted || !state->entries.empty(); });
  out.is_over = state->entries.empty() && state->is_ended;
  out.entries.swap(state->entries);
  out.is_record_wanted = std::exchange(state->is_record_wanted, false);
  return out;
}

void Backlog::applied(const Logged& logged) {
  const auto state = state_.lock();
  state->bytes -= logged.payload.size();
  state->applied_until = logged.next;
}

void Backlog::end() {
  state_.lock()->is_ended = true;
  news_.notify_all();
  applied_news_.notify_all();
}

void Backlog::want_record() {
  state_.lock()->is_record_wanted = true;
  news_.notify_all();
}

void Backlog::wait_applied(uint64_t offset) {
  auto state = state_.lock();
  state.wait(applied_news_, [&] { return state->applied_until >= offset || state->is_ended; });
}

}  // namespace tessera::live

#include "fold/timers.hpp"

#include <algorithm>

namespace tessera::fold {

using profiles::Profile;

namespace {

int64_t minute_of(Instant at) {
  const int64_t minute = at.ms / kMinute.ms;
  return at.ms % kMinute.ms < 0 ? minute - 1 : minute;
}

}  // namespace

void Timers::arm(Profile profile) {
  const Instant at = next_[profile];
  if (at == kNever) return;
  if (const int64_t minute = minute_of(at); minute > minute_) {
    far_[minute].push_back(profile);
  } else {
    near_.push_back({at, profile});
    std::ranges::push_heap(near_, std::greater<>());
  }
}

void Timers::drop_replaced() {
  while (!near_.empty() && next_[near_[0].profile] != near_[0].at) {
    std::ranges::pop_heap(near_, std::greater<>());
    near_.pop_back();
  }
}

void Timers::refill() {
  drop_replaced();
  while (near_.empty() && !far_.empty()) {
    const auto bucket = far_.begin();
    minute_ = bucket->first;
    // Whose instant has moved to another minute is in another bucket too.
    for (const Profile profile : bucket->second)
      if (minute_of(next_[profile]) == minute_) near_.push_back({next_[profile], profile});
    far_.erase(bucket);
    std::ranges::make_heap(near_, std::greater<>());
  }
}

Instant Timers::earliest() {
  refill();
  return near_.empty() ? kNever : near_[0].at;
}

std::vector<Profile> Timers::due(Instant now) {
  std::vector<Profile> due;
  for (refill(); !near_.empty() && near_[0].at <= now; refill()) {
    const Profile profile = near_[0].profile;
    // The same instant may be in here more than once.
    if (due.empty() || due.back() != profile) due.push_back(profile);
    std::ranges::pop_heap(near_, std::greater<>());
    near_.pop_back();
  }
  return due;
}

size_t Timers::size() const {
  size_t size = near_.size();
  for (const auto& [minute, profiles] : far_) size += profiles.size();
  return size;
}

}  // namespace tessera::fold

// Who has to be looked at next, and when. A customer has at most one valid instant (`next`, kept by the caller); an
// instant that was replaced stays in here until its time and is then dropped, so arming costs one push and nothing is
// ever searched. Far instants lie in buckets of a minute, unordered, 4 bytes each; those of the nearest minute in a
// heap.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/time.hpp"
#include "profiles/identity.hpp"

namespace tessera::fold {

class Timers {
 public:
  // `next` is the caller's: by profile, kNever where there is none.
  explicit Timers(const std::vector<Instant>& next) : next_(next) {}

  // After next[profile] was set.
  void arm(profiles::Profile profile);
  // The earliest valid instant; kNever where there is none.
  Instant earliest();
  // Takes everyone whose instant is not after `now`, by instant, then profile. The caller sets their next and arms
  // them.
  std::vector<profiles::Profile> due(Instant now);
  size_t size() const;  // entries, replaced ones included

 private:
  struct Near {
    Instant at;
    profiles::Profile profile;
    auto operator<=>(const Near&) const = default;
  };
  void refill();
  void drop_replaced();

  const std::vector<Instant>& next_;
  int64_t minute_ = INT64_MIN;  // the near heap holds everything up to and with this minute
  std::vector<Near> near_;      // a heap, the earliest on top
  std::map<int64_t, std::vector<profiles::Profile>> far_;
};

}  // namespace tessera::fold

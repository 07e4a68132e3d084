// The messages of late, for de-duplication: fingerprints of 64 bits in a table of a fixed size. It holds two
// generations: when the younger is full, the elder is forgotten and they change places, so what is remembered is always
// the last N/2 to N messages, whatever their times say: memory is bounded under attack too. Two different messages
// share a fingerprint with a probability of about N / 2^64 each (one in 10^11 at 100 million).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/time.hpp"

namespace tessera::fold {

class Recent {
 public:
  // At most `messages` remembered, at 8 to 16 bytes each.
  explicit Recent(uint64_t messages);

  // Whether it is remembered; if not, it is from now on. `now` never goes back.
  bool seen(uint64_t fingerprint, Instant now);
  bool has(uint64_t fingerprint) const;
  // What was learnt until then was never put here.
  void starts_after(Instant learnt) { horizon_ = std::max(horizon_, learnt); }
  // Everything learnt after this instant is remembered; kEver while nothing was forgotten.
  Instant horizon() const { return horizon_; }
  size_t size() const { return young_.count + old_.count; }
  size_t bytes() const { return (young_.slots.capacity() + old_.slots.capacity()) * sizeof(uint64_t); }

 private:
  struct Generation {
    std::vector<uint64_t> slots;  // open addressing; 0: free
    uint64_t count = 0;
    Instant newest = kEver;

    bool has(uint64_t print) const;
    void add(uint64_t print);
  };
  uint64_t most_;  // of a generation
  Generation young_, old_;
  Instant horizon_ = kEver;
};

}  // namespace tessera::fold

// The decay of scores, in whole numbers, so that every evaluator (and SQL) gives the same digits.
//
//   steps    = floor(age * 1024 / half_life)                    age and half-life in milliseconds
//   weight   = floor(T[steps mod 1024] / 2^(steps div 1024))    in units of 2^-32
//   T[f]     = round(2^32 * 2^(-f / 1024)),  f = 0 ... 1023     T[0] = 2^32, T[512] = 3037000500, T[1023] = 2148937775
//
// So an event weighs 1 at age 0, exactly one half after a half-life, and nothing after 33 half-lives. The weight never
// grows with age.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "core/time.hpp"

namespace tessera::segment {

inline constexpr int64_t kDecayOne = int64_t{1} << 32;
inline constexpr int64_t kDecaySteps = 1024;

// T above. Computed once with double's exp2, whose error (2^-52) is far below the distance of any entry to a rounding
// boundary; a test holds the table against 128-bit arithmetic.
const std::array<uint64_t, kDecaySteps>& decay_table();

class Decay {
 public:
  explicit Decay(int64_t half_life)
      : oldest_(std::min(33 * static_cast<uint64_t>(half_life), kLongest)),
        shift_(std::bit_width(static_cast<uint64_t>(half_life) - 1)),
        table_(decay_table().data()) {
    const auto h = static_cast<unsigned __int128>(half_life);
    reciprocal_ = static_cast<uint64_t>(((static_cast<unsigned __int128>(1) << (63 + shift_)) + h - 1) / h);
  }
  // In units of 1 / kDecayOne; 0 for what is yet to come. REQUIRES: age < 2^53 ms (285,000 years).
  uint64_t of(Duration age) const {
    // A division takes longer than all the rest. The reciprocal has 64 bits, the top one set, and is too large by less
    // than one in its last place: by a relative 2^-63. So the quotient's error is below age * 1024 / half_life / 2^63,
    // less than 1 / half_life, which is what a true quotient at least lacks to the next whole number.
    const uint64_t ms = std::min(static_cast<uint64_t>(age.ms), oldest_);
    const auto product = static_cast<unsigned __int128>(ms << 11) * reciprocal_;
    const uint64_t steps = static_cast<uint64_t>(product >> 64) >> shift_;
    return table_[steps % kDecaySteps] >> (steps / kDecaySteps);
  }

 private:
  static constexpr uint64_t kLongest = (uint64_t{1} << 53) - 1;
  uint64_t oldest_;  // 33 half-lives: 2^32 is shifted away, without a branch
  int shift_;
  uint64_t reciprocal_;  // 2^(63 + shift) / half_life, rounded up
  const uint64_t* table_;
};

}  // namespace tessera::segment

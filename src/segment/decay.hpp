// The decay of scores, in whole numbers, so that every evaluator (and SQL) gives the same digits.
//
//   steps    = floor(age * 1024 / half_life)                    age and half-life in milliseconds
//   weight   = floor(T[steps mod 1024] / 2^(steps div 1024))    in units of 2^-32
//   T[f]     = round(2^32 * 2^(-f / 1024)),  f = 0 ... 1023     T[0] = 2^32, T[512] = 3037000500, T[1023] = 2148937775
//
// So an event weighs 1 at age 0, exactly one half after a half-life, and nothing after 33 half-lives. The weight never
// grows with age.
#pragma once

#include <array>
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
      : half_life_(static_cast<uint64_t>(half_life)),
        oldest_(33 * half_life_),
        steps_per_ms_(static_cast<double>(kDecaySteps) / static_cast<double>(half_life)),
        table_(decay_table().data()) {}
  // In units of 1 / kDecayOne. REQUIRES: age >= 0.
  uint64_t of(Duration age) const {
    const auto ms = static_cast<uint64_t>(age.ms);
    if (ms >= oldest_) return 0;  // also keeps the products below within 64 bits
    // A division takes longer than all the rest: the quotient by doubles is off by one at most, which the exact
    // products tell.
    auto steps = static_cast<uint64_t>(static_cast<double>(ms) * steps_per_ms_);
    const uint64_t scaled = ms * kDecaySteps, product = steps * half_life_;
    steps += product + half_life_ <= scaled;
    steps -= product > scaled;
    return table_[steps % kDecaySteps] >> (steps / kDecaySteps);
  }

 private:
  uint64_t half_life_, oldest_;
  double steps_per_ms_;
  const uint64_t* table_;
};

}  // namespace tessera::segment

#include "segment/decay.hpp"

#include <cmath>

namespace tessera::segment {

const std::array<uint64_t, kDecaySteps>& decay_table() {
  static const std::array<uint64_t, kDecaySteps> table = [] {
    std::array<uint64_t, kDecaySteps> out{};
    for (size_t f = 0; f < kDecaySteps; ++f)
      out[f] = static_cast<uint64_t>(std::llround(std::exp2(32.0 - static_cast<double>(f) / kDecaySteps)));
    return out;
  }();
  return table;
}

}  // namespace tessera::segment

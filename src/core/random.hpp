// Seeded randomness whose every draw is the same on every machine: xoshiro256** (Blackman and Vigna 2018) seeded by
// splitmix64, and distributions of our own, since the standard library's differ between implementations.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tessera {

class Rng {
 public:
  explicit Rng(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9E3779B97F4A7C15;
      uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
      word = z ^ (z >> 31);
    }
  }
  // An independent stream for part `index` of the work, so that results do not depend on the number of threads.
  Rng fork(uint64_t index) const { return Rng(state_[0] ^ (state_[2] + 0xD1342543DE82EF95 * (index + 1))); }

  uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9, t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // Uniform in [0, n), without bias. REQUIRES: n > 0.
  uint64_t below(uint64_t n) {
    const uint64_t cut = (0 - n) % n;
    uint64_t draw = next();
    while (draw < cut) draw = next();
    return draw % n;
  }
  // Uniform in [from, to].
  int64_t between(int64_t from, int64_t to) {
    return from + static_cast<int64_t>(below(static_cast<uint64_t>(to - from) + 1));
  }
  // Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double p) { return uniform() < p; }
  // Normal by the polar method (Marsaglia 1964).
  double normal() {
    double u, v, s;
    do {
      u = 2 * uniform() - 1;
      v = 2 * uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * std::sqrt(-2 * std::log(s) / s);
  }
  double exponential(double mean) { return -mean * std::log1p(-uniform()); }
  double gamma(double shape, double scale);  // Marsaglia and Tsang 2000
  uint64_t poisson(double mean);             // Knuth below 30, else split by halves (additivity)
  // The index drawn with probability weight / sum. REQUIRES: a positive weight.
  size_t pick(std::span<const double> weights);
  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  uint64_t state_[4];
};

}  // namespace tessera

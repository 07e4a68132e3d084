// Eight floats at a time: distances from one row to a block of eight centroids, the nearest two among them, and how far
// a distance in float can be from the true one. Compilers' vector types, so it builds anywhere; AVX2 where there is.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace tessera::cluster {

constexpr size_t kLanes = 8;  // floats in a block

typedef float Floats __attribute__((vector_size(32)));
typedef int32_t Ints __attribute__((vector_size(32)));
typedef double Doubles __attribute__((vector_size(32)));
typedef int64_t Longs __attribute__((vector_size(32)));

inline Floats spread(float x) {
  return Floats{x, x, x, x, x, x, x, x};
}
inline Floats load(const float* from) {
  Floats value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
inline Floats smaller(Floats a, Floats b) {
  return a < b ? a : b;
}
inline Floats larger(Floats a, Floats b) {
  return a < b ? b : a;
}
inline Floats multiply_add(Floats a, Floats b, Floats c) {
#if defined(__AVX2__) && defined(__FMA__)
  return (Floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}
inline float least(Floats v) {
  v = smaller(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
  v = smaller(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
  v = smaller(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
  return v[0];
}

// Squared distances of one row to eight centroids stored column by column.
template <size_t D>
inline Floats block_distances(const float* row, const float* block, size_t columns) {
  const size_t d = D ? D : columns;
  Floats sum = spread(0);
  for (size_t j = 0; j < d; ++j) {
    const Floats difference = spread(row[j]) - load(block + j * kLanes);
    sum = multiply_add(difference, difference, sum);
  }
  return sum;
}

// The nearest and second-nearest distance seen, lane by lane.
struct Best {
  Floats first = spread(std::numeric_limits<float>::max()), second = first;
  Ints at = Ints{};

  void see(Floats squared, int block) {
    second = smaller(second, larger(first, squared));
    const Ints closer = squared < first;
    const Ints now = Ints{block, block, block, block, block, block, block, block};
    at = closer ? now : at;
    first = smaller(first, squared);
  }
};

struct Nearest {
  uint32_t position;    // block * kLanes + lane
  float first, second;  // squared
};

inline Nearest across(const Best& best) {
  const float first = least(best.first);
  uint32_t lane = 0;
#if defined(__AVX2__)
  lane = static_cast<uint32_t>(
      __builtin_ctz(static_cast<unsigned>(_mm256_movemask_ps((__m256)(best.first == spread(first))))));
#else
  while (best.first[lane] != first) ++lane;
#endif
  Floats others = best.first;
  others[lane] = best.second[lane];
  return {static_cast<uint32_t>(best.at[lane]) * static_cast<uint32_t>(kLanes) + lane, first, least(others)};
}

// Bounds on |distance in float - true distance|: absolute + relative * distance, for data in the unit ball. Twice what
// the rounding of d products, of the coordinates and of the root can add up to.
struct Slack {
  float absolute, relative;
  explicit Slack(size_t columns) : absolute(0x1p-22f), relative(static_cast<float>(columns + 8) * 0x1p-24f) {}
  float above(float squared) const { return std::sqrt(squared) * (1 + relative) + absolute; }
  float below(float squared) const { return std::max(0.0f, std::sqrt(squared) * (1 - relative) - absolute); }
};
inline float rounded_down(double x) {
  return static_cast<float>(x - std::abs(x) * 0x1p-23 - 1e-37);
}
inline float rounded_up(double x) {
  return static_cast<float>(x + std::abs(x) * 0x1p-23 + 1e-37);
}

}  // namespace tessera::cluster

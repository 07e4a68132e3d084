// Exact fractions for averages, ratios and arithmetic in definitions. A fraction has a positive denominator; the
// denominator 0 is the unknown value. Sums, products and quotients are in lowest terms; where one does not fit 127 bits
// (a sum: brought to the least common denominator) it is unknown: never wrapped, never rounded. Comparison is always
// exact (by continued fractions where cross- multiplication would overflow).
#pragma once

#include <cstdint>
#include <limits>
#include <numeric>

#include "core/number.hpp"

namespace tessera::segment {

struct Rational {
  int128 num = 0, den = 0;

  static constexpr Rational of(Number number) { return {number.micros, Number::kOne}; }
  bool known() const { return den != 0; }
  double as_double() const { return static_cast<double>(num) / static_cast<double>(den); }
};

namespace rational {

inline bool fits64(int128 value) {
  return value >= std::numeric_limits<int64_t>::min() && value <= std::numeric_limits<int64_t>::max();
}

inline int128 gcd(int128 a, int128 b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b != 0) {
    if (fits64(a) && fits64(b)) return std::gcd(static_cast<int64_t>(a), static_cast<int64_t>(b));
    const int128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

inline Rational reduced(Rational x) {
  if (!x.known()) return {};
  const int128 g = gcd(x.num, x.den);
  return {x.num / g, x.den / g};
}

inline int128 floor_div(int128 a, int128 b) {  // b > 0
  const int128 q = a / b;
  return q - (a % b < 0 ? 1 : 0);
}

// -1, 0 or 1. REQUIRES: both known.
inline int compare(Rational a, Rational b) {
  bool reversed = false;
  for (;;) {
    if (fits64(a.num) && fits64(a.den) && fits64(b.num) && fits64(b.den)) {
      const int128 left = a.num * b.den, right = b.num * a.den;
      const int sign = left < right ? -1 : left > right ? 1 : 0;
      return reversed ? -sign : sign;
    }
    const int128 whole_a = floor_div(a.num, a.den), whole_b = floor_div(b.num, b.den);
    if (whole_a != whole_b) return (whole_a < whole_b) != reversed ? -1 : 1;
    a.num -= whole_a * a.den;
    b.num -= whole_b * b.den;
    if (a.num == 0 || b.num == 0) {
      const int sign = a.num == b.num ? 0 : a.num == 0 ? -1 : 1;
      return reversed ? -sign : sign;
    }
    // 0 < a, b < 1: a < b exactly where 1/a > 1/b.
    std::swap(a.num, a.den);
    std::swap(b.num, b.den);
    reversed = !reversed;
  }
}

inline Rational add(Rational a, Rational b) {
  if (!a.known() || !b.known()) return {};
  a = reduced(a);
  b = reduced(b);
  const int128 g = gcd(a.den, b.den);
  int128 left, right, num, den;
  if (__builtin_mul_overflow(a.num, b.den / g, &left) || __builtin_mul_overflow(b.num, a.den / g, &right) ||
      __builtin_add_overflow(left, right, &num) || __builtin_mul_overflow(a.den, b.den / g, &den))
    return {};
  return reduced({num, den});
}

inline Rational negated(Rational a) {
  return {-a.num, a.den};
}

inline Rational multiply(Rational a, Rational b) {
  if (!a.known() || !b.known()) return {};
  a = reduced(a);
  b = reduced(b);
  const int128 g = gcd(a.num, b.den), h = gcd(b.num, a.den);
  int128 num, den;
  if (__builtin_mul_overflow(a.num / g, b.num / h, &num) || __builtin_mul_overflow(a.den / h, b.den / g, &den))
    return {};
  return reduced({num, den});
}

// Division by zero is unknown.
inline Rational divide(Rational a, Rational b) {
  if (!b.known() || b.num == 0) return {};
  return multiply(a, b.num < 0 ? Rational{-b.den, -b.num} : Rational{b.den, b.num});
}

}  // namespace rational
}  // namespace tessera::segment

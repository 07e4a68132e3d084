// Exact fractions the slow way: whole numbers of any length as digits in base 10^4, school arithmetic. Written apart
// from the product's own so that the two can disagree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/number.hpp"

namespace tessera::oracle {

class Whole {
 public:
  Whole(int64_t value = 0);
  static Whole power_of_two(int exponent);

  friend Whole operator+(const Whole& a, const Whole& b);
  friend Whole operator-(const Whole& a, const Whole& b);
  friend Whole operator*(const Whole& a, const Whole& b);
  // Rounded towards zero. REQUIRES: b is not zero.
  friend Whole operator/(const Whole& a, const Whole& b);
  friend Whole operator%(const Whole& a, const Whole& b) { return a - a / b * b; }
  friend int compare(const Whole& a, const Whole& b);  // -1, 0, 1
  friend bool operator==(const Whole& a, const Whole& b) { return compare(a, b) == 0; }
  Whole operator-() const;

  bool is_zero() const { return digits_.empty(); }
  bool is_negative() const { return negative_; }
  std::string text() const;

 private:
  static int compare_size(const Whole& a, const Whole& b);
  void trim();
  bool negative_ = false;
  std::vector<int> digits_;  // base 10^4, least first; empty: zero
};

int compare(const Whole& a, const Whole& b);
Whole gcd(Whole a, Whole b);

// In lowest terms, denominator positive. `known` is false for division by zero and what does not fit 127 bits.
struct Fraction {
  Whole num = 0, den = 1;
  bool known = true;

  static Fraction unknown() { return {0, 1, false}; }
  static Fraction of(Number number);
  static Fraction of(Whole num, Whole den);
  std::string text() const;  // a decimal where it is one of at most six places, else num/den
};

Fraction add(const Fraction& a, const Fraction& b);
Fraction subtract(const Fraction& a, const Fraction& b);
Fraction multiply(const Fraction& a, const Fraction& b);
Fraction divide(const Fraction& a, const Fraction& b);
int compare(const Fraction& a, const Fraction& b);
// The greatest whole number not above it.
Whole floor_of(const Fraction& a);

}  // namespace tessera::oracle

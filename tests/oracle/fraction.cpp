#include "oracle/fraction.hpp"

#include <algorithm>

namespace tessera::oracle {

namespace {
constexpr int kBase = 10'000;
}

Whole::Whole(int64_t value) : negative_(value < 0) {
  for (; value != 0; value /= kBase) digits_.push_back(static_cast<int>(std::abs(value % kBase)));
}

Whole Whole::power_of_two(int exponent) {
  Whole out = 1;
  for (int i = 0; i < exponent; ++i) out = out + out;
  return out;
}

void Whole::trim() {
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  if (digits_.empty()) negative_ = false;
}

int Whole::compare_size(const Whole& a, const Whole& b) {
  if (a.digits_.size() != b.digits_.size()) return a.digits_.size() < b.digits_.size() ? -1 : 1;
  for (size_t i = a.digits_.size(); i-- > 0;)
    if (a.digits_[i] != b.digits_[i]) return a.digits_[i] < b.digits_[i] ? -1 : 1;
  return 0;
}

int compare(const Whole& a, const Whole& b) {
  if (a.negative_ != b.negative_) return a.negative_ ? -1 : 1;
  return a.negative_ ? -Whole::compare_size(a, b) : Whole::compare_size(a, b);
}

Whole Whole::operator-() const {
  Whole out = *this;
  out.negative_ = !negative_ && !is_zero();
  return out;
}

Whole operator+(const Whole& a, const Whole& b) {
  if (b.is_zero()) return a;
  if (a.negative_ != b.negative_) return a - (-b);
  Whole out;
  out.negative_ = a.negative_;
  int carry = 0;
  for (size_t i = 0; i < std::max(a.digits_.size(), b.digits_.size()) || carry; ++i) {
    int digit = carry;
    if (i < a.digits_.size()) digit += a.digits_[i];
    if (i < b.digits_.size()) digit += b.digits_[i];
    out.digits_.push_back(digit % kBase);
    carry = digit / kBase;
  }
  out.trim();
  return out;
}

Whole operator-(const Whole& a, const Whole& b) {
  if (b.is_zero()) return a;
  if (a.negative_ != b.negative_) return a + (-b);
  if (Whole::compare_size(a, b) < 0) return -(b - a);
  Whole out;
  out.negative_ = a.negative_;
  int borrow = 0;
  for (size_t i = 0; i < a.digits_.size(); ++i) {
    int digit = a.digits_[i] - borrow - (i < b.digits_.size() ? b.digits_[i] : 0);
    borrow = digit < 0;
    out.digits_.push_back(digit + borrow * kBase);
  }
  out.trim();
  return out;
}

Whole operator*(const Whole& a, const Whole& b) {
  Whole out;
  out.negative_ = a.negative_ != b.negative_;
  std::vector<int64_t> sums(a.digits_.size() + b.digits_.size() + 1, 0);
  for (size_t i = 0; i < a.digits_.size(); ++i)
    for (size_t j = 0; j < b.digits_.size(); ++j) sums[i + j] += int64_t{a.digits_[i]} * b.digits_[j];
  int64_t carry = 0;
  for (const int64_t sum : sums) {
    carry += sum;
    out.digits_.push_back(static_cast<int>(carry % kBase));
    carry /= kBase;
  }
  out.trim();
  return out;
}

Whole operator/(const Whole& a, const Whole& b) {
  Whole out, rest, size = b;
  size.negative_ = false;
  out.digits_.assign(a.digits_.size(), 0);
  for (size_t i = a.digits_.size(); i-- > 0;) {
    rest.digits_.insert(rest.digits_.begin(), a.digits_[i]);
    rest.trim();
    int low = 0, high = kBase - 1;  // the largest digit whose product still fits
    while (low < high) {
      const int middle = (low + high + 1) / 2;
      if (compare(size * Whole(middle), rest) <= 0)
        low = middle;
      else
        high = middle - 1;
    }
    out.digits_[i] = low;
    rest = rest - size * Whole(low);
  }
  out.negative_ = a.negative_ != b.negative_;
  out.trim();
  return out;
}

std::string Whole::text() const {
  if (is_zero()) return "0";
  std::string out = (negative_ ? "-" : "") + std::to_string(digits_.back());
  for (size_t i = digits_.size() - 1; i-- > 0;) {
    const std::string digit = std::to_string(digits_[i]);
    out += std::string(4 - digit.size(), '0') + digit;
  }
  return out;
}

Whole gcd(Whole a, Whole b) {
  if (a.is_negative()) a = -a;
  if (b.is_negative()) b = -b;
  while (!b.is_zero()) {
    Whole rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

namespace {

bool fits(const Whole& x) {
  static const Whole limit = Whole::power_of_two(127);
  return compare(x.is_negative() ? -x : x, limit) < 0;
}

Fraction checked(const Fraction& x) {
  return x.known && fits(x.num) && fits(x.den) ? x : Fraction::unknown();
}

}  // namespace

Fraction Fraction::of(Whole num, Whole den) {
  if (den.is_negative()) {
    num = -num;
    den = -den;
  }
  const Whole g = gcd(num, den);
  return {num / g, den / g, true};
}

Fraction Fraction::of(Number number) {
  return of(number.micros, Number::kOne);
}

std::string Fraction::text() const {
  if (!known) return "unknown";
  Whole scaled = num * Whole(1'000'000);
  if (!(scaled % den).is_zero()) return num.text() + "/" + den.text();
  scaled = scaled / den;
  std::string digits = (scaled.is_negative() ? -scaled : scaled).text();
  if (digits.size() < 7) digits.insert(0, 7 - digits.size(), '0');
  std::string fraction = digits.substr(digits.size() - 6);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return (scaled.is_negative() ? "-" : "") + digits.substr(0, digits.size() - 6) +
         (fraction.empty() ? "" : "." + fraction);
}

// Brought to their least common denominator first; what does not fit there is unknown.
Fraction add(const Fraction& a, const Fraction& b) {
  if (!a.known || !b.known) return Fraction::unknown();
  const Whole common = a.den / gcd(a.den, b.den) * b.den;
  const Whole left = a.num * (common / a.den), right = b.num * (common / b.den);
  if (!fits(common) || !fits(left) || !fits(right) || !fits(left + right)) return Fraction::unknown();
  return Fraction::of(left + right, common);
}

Fraction subtract(const Fraction& a, const Fraction& b) {
  return add(a, {-b.num, b.den, b.known});
}

Fraction multiply(const Fraction& a, const Fraction& b) {
  if (!a.known || !b.known) return Fraction::unknown();
  return checked(Fraction::of(a.num * b.num, a.den * b.den));
}

Fraction divide(const Fraction& a, const Fraction& b) {
  if (!a.known || !b.known || b.num.is_zero()) return Fraction::unknown();
  return checked(Fraction::of(a.num * b.den, a.den * b.num));
}

int compare(const Fraction& a, const Fraction& b) {
  return compare(a.num * b.den, b.num * a.den);
}

Whole floor_of(const Fraction& a) {
  const Whole q = a.num / a.den;
  return a.num.is_negative() && !(a.num % a.den).is_zero() ? q - Whole(1) : q;
}

}  // namespace tessera::oracle

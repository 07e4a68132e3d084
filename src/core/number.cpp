#include "core/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tessera {

namespace {

struct Decimal {
  bool negative = false;
  std::string digits;    // without leading zeros
  int64_t exponent = 0;  // value = digits * 10^exponent
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Splits text into digits and exponent; nullopt if it is no decimal number.
std::optional<Decimal> split(std::string_view text) {
  Decimal out;
  size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) out.negative = text[at++] == '-';
  bool any = false;
  for (; at < text.size() && is_digit(text[at]); ++at, any = true) out.digits += text[at];
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && is_digit(text[at]); ++at, any = true) {
      out.digits += text[at];
      --out.exponent;
    }
  }
  if (!any) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    int64_t exponent = 0;
    const char* from = text.data() + at + 1;
    const char* end = text.data() + text.size();
    if (from < end && *from == '+') ++from;
    const auto [stop, error] = std::from_chars(from, end, exponent);
    if (error != std::errc{} || std::abs(exponent) > 100'000) return std::nullopt;
    at = static_cast<size_t>(stop - text.data());
    out.exponent += exponent;
  }
  if (at != text.size()) return std::nullopt;
  out.digits.erase(0, std::min(out.digits.find_first_not_of('0'), out.digits.size()));
  while (!out.digits.empty() && out.digits.back() == '0') {
    out.digits.pop_back();
    ++out.exponent;
  }
  return out;
}

// "-12.5" and its like, by far the most numbers: up to 12 digits, and 6 behind the point. nullopt: anything else.
std::optional<Number> plain_decimal(std::string_view text) {
  constexpr size_t kMostWhole = 12, kMostFraction = 6;
  const bool is_signed = !text.empty() && (text.front() == '-' || text.front() == '+');
  const bool is_negative = is_signed && text.front() == '-';
  text.remove_prefix(is_signed ? 1 : 0);
  int64_t value = 0;
  size_t whole = 0, fraction = 0;
  for (; whole < text.size() && is_digit(text[whole]); ++whole) {
    if (whole == kMostWhole) return std::nullopt;
    value = value * 10 + (text[whole] - '0');
  }
  text.remove_prefix(whole);
  if (!text.empty()) {
    if (text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
    for (; fraction < text.size() && is_digit(text[fraction]); ++fraction) {
      if (fraction == kMostFraction) return std::nullopt;
      value = value * 10 + (text[fraction] - '0');
    }
    if (fraction != text.size()) return std::nullopt;
  }
  if (whole + fraction == 0) return std::nullopt;
  for (size_t i = fraction; i < kMostFraction; ++i) value *= 10;
  return Number{is_negative ? -value : value};
}

}  // namespace

ParsedNumber parse_number(std::string_view text) {
  if (const auto plain = plain_decimal(text)) return {*plain, std::nullopt};
  const auto decimal = split(text);
  if (!decimal) return {{}, NumberFlaw::NotANumber};
  if (decimal->digits.empty()) return {};
  const int64_t shift = decimal->exponent + 6;
  if (static_cast<int64_t>(decimal->digits.size()) + shift > 18) return {{}, NumberFlaw::OutOfRange};
  if (shift < 0) return {{}, NumberFlaw::TooFine};
  int64_t value = 0;
  for (const char c : decimal->digits) value = value * 10 + (c - '0');
  for (int64_t i = 0; i < shift; ++i) value *= 10;
  return {{decimal->negative ? -value : value}, std::nullopt};
}

ParsedNumber number_of(double value) {
  if (!std::isfinite(value)) return {{}, NumberFlaw::NotANumber};
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return parse_number({buffer, static_cast<size_t>(end - buffer)});
}

std::string text_of_micros(int128 micros) {
  const bool negative = micros < 0;
  __extension__ unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(micros) : micros;
  std::string fraction;
  for (int i = 0; i < 6; ++i, rest /= 10) fraction += static_cast<char>('0' + static_cast<int>(rest % 10));
  std::reverse(fraction.begin(), fraction.end());
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  std::string whole;
  do whole += static_cast<char>('0' + static_cast<int>(rest % 10));
  while ((rest /= 10) != 0);
  if (negative) whole += '-';
  std::reverse(whole.begin(), whole.end());
  return fraction.empty() ? whole : whole + '.' + fraction;
}

std::string Number::text() const {
  return text_of_micros(micros);
}

}  // namespace tessera

// Exact numbers: int64 scaled by 10^6, so that sums never depend on their order and thresholds never wobble. The range
// is that of DuckDB's DECIMAL(18,6), |x| < 10^12, which has the same 64-bit representation. Sums are 128 bits wide.
// What does not fit (larger, or finer than a millionth) is kept as received by the caller and unknown to aggregates.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera {

__extension__ typedef __int128 int128;

struct Number {
  static constexpr int64_t kOne = 1'000'000;
  static constexpr int64_t kLimit = 1'000'000'000'000'000'000;  // 10^12 scaled; |micros| < kLimit

  int64_t micros = 0;

  static constexpr Number of(int64_t whole) { return {whole * kOne}; }
  constexpr double as_double() const { return static_cast<double>(micros) / static_cast<double>(kOne); }
  constexpr auto operator<=>(const Number&) const = default;

  // Shortest decimal text that reads back the same: "12", "-0.5", "3.141593".
  std::string text() const;
};

enum class NumberFlaw { NotANumber, OutOfRange, TooFine };

struct ParsedNumber {
  Number number;
  std::optional<NumberFlaw> flaw;
};

// Decimal text in JSON's form ("-12.50", "1e3"; a leading '+' or '.' is let pass), nothing around it.
// Trailing zeros beyond the sixth place are no flaw.
ParsedNumber parse_number(std::string_view text);

// The double's shortest decimal text, read as a number. Flaws as above; NaN and infinities are NotANumber.
ParsedNumber number_of(double value);

// A 128-bit sum of scaled values as decimal text.
std::string text_of_micros(int128 micros);

}  // namespace tessera

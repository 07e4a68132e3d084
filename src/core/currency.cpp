#include "core/currency.hpp"

#include <algorithm>
#include <tuple>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tessera {
std::optional<std::string> currency_code(std::string_view text) {
  const std::string_view plain = trim(text);
  if (plain.size() < kLeastCurrency || plain.size() > kMostCurrency) return std::nullopt;
  std::string out;
  bool has_letter = false;
  for (const char c : plain) {
    const bool is_small = c >= 'a' && c <= 'z', is_letter = is_small || (c >= 'A' && c <= 'Z');
    if (!is_letter && (c < '0' || c > '9')) return std::nullopt;
    has_letter |= is_letter;
    out += is_small ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return has_letter ? std::optional(std::move(out)) : std::nullopt;
}

std::string currency_named(std::string_view text) {
  if (auto code = currency_code(text)) return std::move(*code);
  return std::string(trim(text));
}

int32_t utc_day(Instant at) {
  const int64_t day = at.ms / kDay.ms;
  return static_cast<int32_t>(at.ms % kDay.ms < 0 ? day - 1 : day);
}

Rates::Rates(std::vector<Quote> quotes) {
  std::ranges::stable_sort(
      quotes, [](const Quote& a, const Quote& b) { return std::tie(a.currency, a.day) < std::tie(b.currency, b.day); });
  for (const Quote& quote : quotes) {
    auto& of = by_currency_[quote.currency];
    if (!of.empty() && of.back().day == quote.day)
      of.back().micros = quote.micros;
    else
      of.push_back({quote.day, quote.micros});
  }
}

std::optional<int64_t> Rates::rate(std::string_view currency, int32_t day) const {
  if (currency == kBase) return Number::kOne;
  const auto of = by_currency_.find(currency);
  if (of == by_currency_.end()) return std::nullopt;
  const auto behind = std::ranges::upper_bound(of->second, day, {}, &Dated::day);
  if (behind == of->second.begin() || day - std::prev(behind)->day > kOldestDays) return std::nullopt;
  return std::prev(behind)->micros;
}

namespace {

// REQUIRES: of > 0.
int128 divided_half_to_even(int128 value, int128 of) {
  const int128 size = value < 0 ? -value : value;
  int128 whole = size / of;
  const int128 rest = size % of, other = of - rest;
  if (rest > other || (rest == other && whole % 2 != 0)) ++whole;
  return value < 0 ? -whole : whole;
}

}  // namespace

std::optional<int64_t> Rates::convert(int64_t micros, std::string_view from, std::string_view to, Instant at) const {
  if (from == to) return micros;
  if (at < kFirstDay || at > kLastDay) return std::nullopt;
  const int32_t day = utc_day(at);
  const auto of_from = rate(from, day), of_to = rate(to, day);
  if (!of_from || !of_to) return std::nullopt;
  // Both factors are Numbers, so the product has at most 120 bits.
  const int128 out = divided_half_to_even(int128{micros} * *of_to, *of_from);
  if (out >= Number::kLimit || out <= -Number::kLimit) return std::nullopt;
  return static_cast<int64_t>(out);
}

bool Rates::knows(std::string_view from, std::string_view to, Instant at) const {
  return convert(0, from, to, at).has_value();
}

}  // namespace tessera

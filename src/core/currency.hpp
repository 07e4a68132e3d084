// Currencies and what they were worth: an amount of one day in another currency, exactly. One function for all who convert
// (the loader, the fold of the log), so that they cannot differ.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace tessera {

// ISO 4217 has three letters; what is not in it (USDT, MATIC) has up to eight letters and digits.
inline constexpr size_t kLeastCurrency = 3, kMostCurrency = 8;

// "EUR" of " eur "; nullopt: the text is no code of a currency.
std::optional<std::string> currency_code(std::string_view text);
// How a fact names its currency: its code, else the text as it came, without blanks around it. Empty: it names none.
std::string currency_named(std::string_view text);

// Dated rates: how many units of a currency one unit of the base was worth on a day.
class Rates {
 public:
  // The base of the European Central Bank's tables, and so of ours: other pairs go over it.
  static constexpr std::string_view kBase = "EUR";
  // A rate holds until the next one is published, so long at most. Ten days: no bank's holidays are as long (Easter with
  // weekends is five days), and what is older is no rate of the day but a file that was not fetched.
  static constexpr int kOldestDays = 10;

  struct Quote {
    int32_t day = 0;  // since 1970-01-01, UTC
    std::string currency;
    int64_t micros = 0;  // of the currency for one of the base; above zero
    auto operator<=>(const Quote&) const = default;
  };

  Rates() = default;
  // Of one day and currency the last counts.
  explicit Rates(std::vector<Quote> quotes);

  bool empty() const { return by_currency_.empty(); }
  // Half to even, once, at the end. nullopt: there is no rate of that day, or the result is no Number. An amount stays as
  // it is in its own currency, whatever the day.
  std::optional<int64_t> convert(int64_t micros, std::string_view from, std::string_view to, Instant at) const;
  bool knows(std::string_view from, std::string_view to, Instant at) const;

 private:
  std::optional<int64_t> rate(std::string_view currency, int32_t day) const;
  struct Dated {
    int32_t day;
    int64_t micros;
  };
  std::map<std::string, std::vector<Dated>, std::less<>> by_currency_;  // days ascending
};

// The UTC day of an instant. REQUIRES: it has one (neither kEver nor kNever).
int32_t utc_day(Instant at);

}  // namespace tessera

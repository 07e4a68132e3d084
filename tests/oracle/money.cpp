#include "oracle/money.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "core/text.hpp"

namespace tessera::oracle {

namespace {

// Three to eight letters and digits, one letter at least, are a code however they are written; other texts are themselves.
std::string code_said(const std::string& text) {
  std::string plain(trim(text));
  static const RE2 kCode("[A-Za-z0-9]{3,8}"), kDigits("[0-9]*");
  if (RE2::FullMatch(plain, kCode) && !RE2::FullMatch(plain, kDigits))
    for (char& c : plain) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return plain;
}

std::string code_of(const Row& row) {
  const auto cell = row.scalars.find("currency");
  if (cell == row.scalars.end()) return {};
  for (const Known& value : cell->second.values)
    if (const auto* text = std::get_if<std::string>(&value)) return code_said(*text);
  return {};
}

// In rows of all customers; "" is a code too.
void for_each_named(const profiles::History& history, const auto& take) {
  for (profiles::CustomerIndex c = 0; c < history.customers(); ++c)
    for (const Row& row : rows_of(history, c))
      if (!row.event.starts_with('$')) take(row, code_of(row));
}

}  // namespace

profiles::MoneyBook Money::book_before_all() const {
  return {.home = set, .is_set = !set.empty(), .rates = std::make_shared<const Rates>(quotes)};
}

profiles::MoneyBook Money::book(const profiles::History& history) const {
  profiles::MoneyBook out = book_before_all();
  if (out.is_set) return out;
  const profiles::MoneyBook found = profiles::book_of(history);
  out.home = found.home;
  out.first_named = found.first_named;
  return out;
}

Amounts::Amounts(const Money& money, const profiles::History& history) : money_(money), home_(money.set) {
  if (!home_.empty()) return;
  first_named_ = profiles::kAllSeqs;
  for_each_named(history, [&](const Row& row, const std::string& code) {
    if (code.empty() || row.seq >= first_named_) return;
    first_named_ = row.seq;
    home_ = code;
  });
}

std::optional<Fraction> Amounts::rate(const std::string& currency, Instant at) const {
  if (currency == "EUR") return Fraction::of(Number::of(1));
  std::optional<Fraction> out;
  int64_t newest = 0;
  for (const Rates::Quote& quote : money_.quotes) {
    const int64_t begin = quote.day * kDay.ms;
    if (quote.currency != currency || begin > at.ms || at.ms >= begin + 11 * kDay.ms) continue;
    if (out && quote.day < newest) continue;
    newest = quote.day;
    out = Fraction::of(Number{quote.micros});
  }
  return out;
}

Value Amounts::in(const std::string& currency, const Row& row, const Known& amount) const {
  const auto* number = std::get_if<Fraction>(&amount);
  const std::string wanted = currency == "record" ? home_ : currency;
  std::string own = code_of(row);
  if (own.empty() && row.seq < first_named_) return amount;
  if (own.empty()) own = home_;
  if (!number || wanted.empty() || own == wanted) return amount;
  if (row.time == kEver) return std::nullopt;
  const auto from = rate(own, row.time), to = rate(wanted, row.time);
  if (!from || !to) return std::nullopt;
  const Fraction exact = multiply(divide(multiply(*number, *to), *from), Fraction::of(1'000'000, 1));
  Whole micros = floor_of(exact);
  const int half = compare(subtract(exact, Fraction::of(micros, 1)), Fraction::of(1, 2));
  if (half > 0 || (half == 0 && !(micros % 2).is_zero())) micros = micros + 1;
  const Whole limit = 1'000'000'000'000'000'000;
  if (compare(micros, limit) >= 0 || compare(micros, -limit) <= 0) return std::nullopt;
  return Fraction::of(micros, 1'000'000);
}

void tell_currencies(language::Schema& schema, const Money& money, const profiles::History& history) {
  const profiles::MoneyBook book = money.book(history);
  schema.currency = book.home;
  schema.currency_is_set = book.is_set;
  for_each_named(history, [&](const Row& row, const std::string& code) {
    if (const auto known = schema.events.find(row.event); known != schema.events.end())
      ++known->second.currencies[code];
  });
  for (auto& [name, event] : schema.events)
    if (event.currencies.size() == 1 && event.currencies.contains("")) event.currencies.clear();
}

}  // namespace tessera::oracle

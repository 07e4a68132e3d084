#include "formats/values.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "formats/scanner.hpp"

namespace tessera::formats {
namespace {

// Spaces between thousands, and signs around amounts (longest first, no single letters: "R100" is a number), in UTF-8.
constexpr std::string_view kSpaces[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", " "};
constexpr std::string_view kMinus = "\xE2\x88\x92";
constexpr std::string_view kCurrencies[] = {
    "US$", "HK$", "CA$", "NT$", "AU$", "NZ$", "MX$", "A$",  "C$",  "R$",  "S$", "S/.", "S/", "Bs.",
    "Rs.", "Rs",  "RS",  "Rp.", "Rp",  "RM",  "KSh", "Fr.", "kr.", "Kr.", "kr", "Kr",  "zł", "Kč",
    "Ft",  "лв",  "lei", "Dhs", "Dh",  "€",   "£",   "$",   "¥",   "￥",  "₹",  "₽",   "₩",  "₺",
    "₫",   "฿",   "₪",   "₴",   "₱",   "₦",   "₵",   "₡",   "₲",   "₸",   "₼",  "₾",   "৳",  "₨"};

std::string_view trim_spaces(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    text = trim(text);
    for (const std::string_view space : kSpaces) again |= take_front(text, space) || take_back(text, space);
  }
  return text;
}

// Takes a currency sign or a code of three letters off either end.
void strip_currency(std::string_view& text) {
  text = trim_spaces(text);
  for (const std::string_view sign : kCurrencies) {
    if (take_front(text, sign) || take_back(text, sign)) break;
  }
  const auto is_code = [](std::string_view code) {
    return std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  };
  if (text.size() > 3 && is_code(text.substr(0, 3)) && !is_letter(text[3])) text.remove_prefix(3);
  if (text.size() > 3 && is_code(text.substr(text.size() - 3)) && !is_letter(text[text.size() - 4])) {
    text.remove_suffix(3);
  }
  text = trim_spaces(text);
}

bool take_sign(std::string_view& text) {
  bool negative = false;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    text = text.substr(1, text.size() - 2);
    negative = true;
  } else if (take_front(text, "-") || take_front(text, kMinus) || take_back(text, "-") || take_back(text, kMinus)) {
    negative = true;
  } else {
    take_front(text, "+");
  }
  return negative;
}

size_t thousands_at(std::string_view text, char mark) {
  if (text.front() == mark || text.front() == '\'') return 1;
  if (text.starts_with("\xE2\x80\x99")) return 3;
  for (const std::string_view space : kSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

// Digits with thousands marks before the decimal mark, copied without them. False where the groups are not groups.
bool copy_grouped(std::string_view text, char decimal, char thousands, std::string& out) {
  size_t since = 0, groups = 0;
  while (!text.empty()) {
    if (is_digit(text.front())) {
      out += text.front();
      text.remove_prefix(1);
      ++since;
    } else if (text.front() == decimal) {
      break;
    } else if (const size_t width = thousands_at(text, thousands)) {
      if (groups > 0 ? since != 2 && since != 3 : since == 0 || since > 3) return false;
      ++groups;
      since = 0;
      text.remove_prefix(width);
    } else {
      return false;
    }
  }
  if (groups > 0 && since != 3) return false;
  if (text.empty()) return !out.empty();
  text.remove_prefix(1);
  if (!std::all_of(text.begin(), text.end(), is_digit) || (text.empty() && out.empty())) return false;
  out += '.';
  out += text;
  return out.size() > 1;
}

}  // namespace

ParsedNumber parse_amount(std::string_view text, DecimalMark mark) {
  constexpr ParsedNumber kNone{.flaw = NumberFlaw::NotANumber};
  text = trim(text);
  if (text.empty()) return kNone;
  if (mark == DecimalMark::Point) {
    const ParsedNumber plain = parse_number(text);
    if (plain.flaw != NumberFlaw::NotANumber) return plain;
  }
  // A sign may stand outside or inside the currency: "-$5", "$-5", "(£5)".
  bool negative = take_sign(text);
  strip_currency(text);
  if (!negative) negative = take_sign(text);
  strip_currency(text);
  if (text.empty()) return kNone;
  std::string digits = negative ? "-" : "";
  const size_t kept = digits.size();
  std::string body;
  if (!copy_grouped(text, mark == DecimalMark::Point ? '.' : ',', mark == DecimalMark::Point ? ',' : '.', body)) {
    return kNone;
  }
  digits.insert(kept, body);
  return parse_number(digits);
}

ParsedNumber multiply(Number a, Number b) {
  const int128 product = static_cast<int128>(a.micros) * b.micros;
  const int128 limit = static_cast<int128>(Number::kLimit) * Number::kOne;
  if (product >= limit || product <= -limit) return {.flaw = NumberFlaw::OutOfRange};
  if (product % Number::kOne != 0) return {.flaw = NumberFlaw::TooFine};
  return {.number = {static_cast<int64_t>(product / Number::kOne)}};
}

void NumberEvidence::add(std::string_view text) {
  text = trim(text);
  if (is_blank(text)) return;
  ++values;
  const ParsedNumber as_point = parse_amount(text, DecimalMark::Point),
                     as_comma = parse_amount(text, DecimalMark::Comma);
  const bool point_reads = as_point.flaw != NumberFlaw::NotANumber,
             comma_reads = as_comma.flaw != NumberFlaw::NotANumber;
  if (!point_reads && !comma_reads) {
    ++bad;
  } else if (point_reads && comma_reads) {
    ++(as_point.number == as_comma.number && as_point.flaw == as_comma.flaw ? plain : either);
  } else {
    ++(point_reads ? point : comma);
  }
  if (text.size() > 1 && text[0] == '0' && is_digit(text[1])) ++padded;
  if (text.size() > 2 && text.ends_with(".0") && all_digits(text.substr(0, text.size() - 2))) ++float_ids;
  const ParsedNumber& read = point_reads ? as_point : as_comma;
  if (read.flaw || read.number.micros % Number::kOne != 0) ++fractions;
}

DecimalMark NumberEvidence::mark(bool semicolons) const {
  if (comma != point) return comma > point ? DecimalMark::Comma : DecimalMark::Point;
  // Nothing but "1,234": a semicolon between fields means that the comma is taken for decimals.
  return either > 0 && semicolons ? DecimalMark::Comma : DecimalMark::Point;
}

bool is_blank(std::string_view text) {
  text = trim(text);
  if (text.empty()) return true;
  if (text.size() > 10) return false;
  static constexpr std::string_view kBlank[] = {"null", "nan", "none",   "n/a",  "na",  "#n/a",    "nil",  "undefined",
                                                "-",    "\\n", "(null)", "<na>", "nat", "#value!", "#ref!"};
  constexpr std::string_view kBegins = "nNuU-\\(<#";  // each of them
  return kBegins.find(text.front()) != kBegins.npos &&
         std::ranges::any_of(kBlank, [text](std::string_view word) { return folds_to(text, word); });
}

namespace {

// What stands where there is no id, for every door. First what a variable without a value, or the name of the field,
// becomes in a program, as if nothing stood there; then words that somebody chose for many.
constexpr std::string_view kNoValue[] = {
    "[object object]", "[undefined]", "[null]",      "test",        "id",       "email",        "userid",
    "user_id",         "distinctid",  "distinct_id", "anonymousid", "[object]", "anonymous_id", "not_authenticated"};
constexpr std::string_view kNobody[] = {"anonymous", "guest",  "unknown",  "(not set)", "not set", "anonym",
                                        "gast",      "invité", "invitado", "false",     "true"};
constexpr size_t kLongestNoId = 20;  // bytes; longer ids are looked at no further

}  // namespace

IdFlaw flaw_of_id(std::string_view text) {
  text = trim(text);
  if (is_blank(text)) return IdFlaw::Blank;
  if (has_lost_letter(text)) return IdFlaw::Blocked;
  if (text.find_first_not_of("0-") == std::string_view::npos || text == "-1" || text == "0.0") return IdFlaw::Blocked;
  if (text.size() > kLongestNoId || is_digit(text.front())) return IdFlaw::None;
  const auto is = [text](std::string_view word) { return folds_to(text, word); };
  if (std::ranges::any_of(kNoValue, is)) return IdFlaw::Blank;
  return std::ranges::any_of(kNobody, is) ? IdFlaw::Blocked : IdFlaw::None;
}

std::string_view without_point_zero(std::string_view text) {
  text = trim(text);
  if (text.size() > 2 && text.ends_with(".0") && all_digits(text.substr(0, text.size() - 2))) text.remove_suffix(2);
  return text;
}

std::optional<std::string> clean_email(std::string_view text) {
  text = trim(text);
  const size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.size() > 254 || has_lost_letter(text) ||
      text.find('@', at + 1) != std::string_view::npos ||
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) <= ' ' || c == 0x7F; })) {
    return std::nullopt;
  }
  const std::string_view domain = text.substr(at + 1);
  const size_t dot = domain.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 >= domain.size()) return std::nullopt;
  return fold_case(text);
}

std::optional<std::string> clean_phone(std::string_view text) {
  text = trim(text);
  std::string out;
  for (const char c : text) {
    if (is_digit(c)) {
      out += c;
    } else if (c == '+' && out.empty()) {
      out += c;
    } else if (is_letter(c)) {
      return std::nullopt;
    }
  }
  if (out.starts_with("00")) out.replace(0, 2, "+");
  return out.size() >= 6 && out.size() <= 18 ? std::optional(out) : std::nullopt;
}

std::optional<bool> parse_truth(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.size() > 10) return std::nullopt;
  static constexpr std::string_view kYes[] = {"true", "yes", "y",  "t",         "ja",  "oui",  "vrai",
                                              "wahr", "si",  "sí", "verdadero", "sim", "vero", "on"};
  static constexpr std::string_view kNo[] = {"false", "no",     "n",     "f",   "nein", "non",
                                             "faux",  "falsch", "falso", "não", "off"};
  const std::string folded = fold_case(text);
  if (std::find(std::begin(kYes), std::end(kYes), folded) != std::end(kYes)) return true;
  if (std::find(std::begin(kNo), std::end(kNo), folded) != std::end(kNo)) return false;
  return std::nullopt;
}

}  // namespace tessera::formats

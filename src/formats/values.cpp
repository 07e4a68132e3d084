#include "formats/values.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"

namespace tessera::formats {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Spaces between thousands, and signs around amounts (longest first, no single letters: "R100" is a number), in UTF-8.
constexpr std::string_view kSpaces[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", " "};
constexpr std::string_view kMinus = "\xE2\x88\x92";
constexpr std::string_view kCurrencies[] = {
    "US$", "HK$", "CA$", "NT$", "AU$", "NZ$", "MX$", "A$",  "C$",  "R$",  "S$", "S/.", "S/", "Bs.",
    "Rs.", "Rs",  "RS",  "Rp.", "Rp",  "RM",  "KSh", "Fr.", "kr.", "Kr.", "kr", "Kr",  "zł", "Kč",
    "Ft",  "лв",  "lei", "Dhs", "Dh",  "€",   "£",   "$",   "¥",   "￥",  "₹",  "₽",   "₩",  "₺",
    "₫",   "฿",   "₪",   "₴",   "₱",   "₦",   "₵",   "₡",   "₲",   "₸",   "₼",  "₾",   "৳",  "₨"};

bool take_front(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}
bool take_back(std::string_view& text, std::string_view what) {
  if (!text.ends_with(what)) return false;
  text.remove_suffix(what.size());
  return true;
}

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

struct Month {
  std::string_view prefix;
  int month;
};
// Folded beginnings of month names: English, German, French, Spanish. Longest first where one begins another.
constexpr Month kMonths[] = {
    {"januar", 1},     {"janvier", 1},   {"janv", 1},      {"jan", 1},       {"jän", 1},        {"enero", 1},
    {"ene", 1},        {"februar", 2},   {"février", 2},   {"febrero", 2},   {"févr", 2},       {"fév", 2},
    {"feb", 2},        {"marzo", 3},     {"march", 3},     {"mars", 3},      {"märz", 3},       {"mär", 3},
    {"mrz", 3},        {"mar", 3},       {"april", 4},     {"avril", 4},     {"abril", 4},      {"avr", 4},
    {"abr", 4},        {"apr", 4},       {"mayo", 5},      {"may", 5},       {"mai", 5},        {"junio", 6},
    {"june", 6},       {"juni", 6},      {"juin", 6},      {"jun", 6},       {"juillet", 7},    {"juil", 7},
    {"julio", 7},      {"july", 7},      {"juli", 7},      {"jul", 7},       {"august", 8},     {"agosto", 8},
    {"août", 8},       {"aout", 8},      {"ago", 8},       {"aug", 8},       {"september", 9},  {"septembre", 9},
    {"septiembre", 9}, {"sept", 9},      {"sep", 9},       {"october", 10},  {"octobre", 10},   {"octubre", 10},
    {"oktober", 10},   {"oct", 10},      {"okt", 10},      {"november", 11}, {"novembre", 11},  {"noviembre", 11},
    {"nov", 11},       {"december", 12}, {"dezember", 12}, {"décembre", 12}, {"diciembre", 12}, {"déc", 12},
    {"dec", 12},       {"dez", 12},      {"dic", 12}};

struct ZoneName {
  std::string_view name;
  int minutes;
};
constexpr ZoneName kZoneNames[] = {{"Z", 0},      {"UTC", 0},    {"GMT", 0},    {"EST", -300}, {"EDT", -240},
                                   {"CST", -360}, {"CDT", -300}, {"MST", -420}, {"MDT", -360}, {"PST", -480},
                                   {"PDT", -420}, {"CET", 60},   {"CEST", 120}, {"BST", 60},   {"IST", 330}};

// Reads numbers and marks off the front of a text.
struct Scanner {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  // Up to `most` digits; -1 where there is none. `width` says how many there were.
  int number(size_t most, size_t* width = nullptr) {
    size_t n = 0;
    int value = 0;
    while (n < most && n < rest.size() && is_digit(rest[n])) value = value * 10 + (rest[n++] - '0');
    rest.remove_prefix(n);
    if (width) *width = n;
    return n == 0 ? -1 : value;
  }
  void spaces() {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  }
};

// ".123456": milliseconds, the rest dropped. False where no digit follows the mark.
bool take_fraction(Scanner& in, int& millisecond) {
  if (in.rest.empty() || (in.rest.front() != '.' && in.rest.front() != ',')) return true;
  in.rest.remove_prefix(1);
  int scale = 100, count = 0;
  millisecond = 0;
  while (!in.rest.empty() && is_digit(in.rest.front())) {
    millisecond += scale * (in.rest.front() - '0');
    scale /= 10;
    ++count;
    in.rest.remove_prefix(1);
  }
  return count > 0;
}

// "8:26", "08:26:05.250", "8:26 PM", "8h26".
bool take_clock(Scanner& in, CivilTime& t) {
  size_t width = 0;
  t.hour = in.number(2, &width);
  if (t.hour < 0) return false;
  const bool has_colon = in.take(':') || (in.take('h') && width > 0);
  if (has_colon) {
    t.minute = in.number(2, &width);
    if (width != 2) return false;
    if (in.take(':')) {
      t.second = in.number(2, &width);
      if (width != 2 || !take_fraction(in, t.millisecond)) return false;
    }
  }
  in.spaces();
  const std::string half = fold_case(in.rest.substr(0, 2));
  if (half == "am" || half == "pm") {
    if (t.hour < 1 || t.hour > 12) return false;
    t.hour = t.hour % 12 + (half == "pm" ? 12 : 0);
    in.rest.remove_prefix(2);
  } else if (!has_colon) {
    return false;
  }
  if (t.second == 60) t.second = 59;  // a leap second: the last one before it
  return t.hour < 24 && t.minute < 60 && t.second < 60;
}

// "Z", "+01:00", "-0500", " UTC": nothing is fine too. False where something else is left.
bool take_offset(Scanner& in, std::optional<int>& offset) {
  in.spaces();
  if (in.rest.empty()) return true;
  for (const ZoneName& zone : kZoneNames) {
    if (in.rest == zone.name) {
      offset = zone.minutes;
      return true;
    }
  }
  take_front(in.rest, "UTC") || take_front(in.rest, "GMT");
  const bool minus = in.take('-');
  if (!minus && !in.take('+')) return false;
  size_t width = 0;
  const int hours = in.number(2, &width);
  if (hours < 0 || hours > 15) return false;
  in.take(':');
  const int minutes = std::max(0, in.number(2));
  if (minutes > 59) return false;
  offset = (minus ? -1 : 1) * (hours * 60 + minutes);
  return in.rest.empty();
}

// What follows a date: nothing, or a clock and perhaps an offset.
std::optional<ParsedTime> finish_time(Scanner in, int year, int month, int day) {
  ParsedTime time{.local = {year, month, day}};
  if (!is_date(year, month, day)) return std::nullopt;
  in.take(',');
  if (!in.rest.empty()) {
    if (!in.take('T')) {
      if (in.rest.front() != ' ') return std::nullopt;
      in.spaces();
      if (take_front(in.rest, "at ")) in.spaces();
    }
    if (!in.rest.empty()) {
      if (!take_clock(in, time.local) || !take_offset(in, time.offset_minutes)) return std::nullopt;
      time.has_clock = true;
    }
  }
  return time;
}

// Four digits, or two. -1 where there are neither.
int take_year(Scanner& in) {
  size_t width = 0;
  const int year = in.number(4, &width);
  if (width == 2) return year < 70 ? 2000 + year : 1900 + year;
  return width == 4 && year >= 1000 ? year : -1;
}

std::optional<ParsedTime> parse_iso(std::string_view text) {
  Scanner in{text};
  size_t width = 0;
  const int year = in.number(4, &width);
  if (width != 4 || year < 1000 || in.rest.empty()) return std::nullopt;
  const char mark = in.rest.front();
  if (mark != '-' && mark != '/' && mark != '.') return std::nullopt;
  in.take(mark);
  const int month = in.number(2);
  if (!in.take(mark)) return std::nullopt;
  const int day = in.number(2);
  return finish_time(in, year, month, day);
}

std::optional<ParsedTime> parse_slashed(std::string_view text, bool day_first) {
  Scanner in{text};
  int a = in.number(2);
  if (a < 0 || in.rest.empty()) return std::nullopt;
  const char mark = in.rest.front();
  if (mark != '/' && mark != '.' && mark != '-') return std::nullopt;
  in.take(mark);
  int b = in.number(2);
  if (b < 0 || !in.take(mark)) return std::nullopt;
  const int year = take_year(in);
  if (year < 0) return std::nullopt;
  if (!day_first) std::swap(a, b);
  return finish_time(in, year, b, a);
}

// The month at the front of the text, with a dot or more letters behind it; 0 where there is none.
int take_month(Scanner& in) {
  size_t size = 0;
  while (size < in.rest.size() && (is_letter(in.rest[size]) || static_cast<uint8_t>(in.rest[size]) >= 0x80)) ++size;
  const std::string name = fold_case(in.rest.substr(0, size));
  for (const Month& month : kMonths) {
    if (name.size() >= 3 && name.starts_with(month.prefix) && name.size() <= month.prefix.size() + 6) {
      in.rest.remove_prefix(size);
      in.take('.');
      return month.month;
    }
  }
  return 0;
}

std::optional<ParsedTime> parse_month_name(std::string_view text) {
  Scanner in{text};
  // A weekday before it: "Fri, 01 Mar 2024".
  if (const size_t comma = text.find(','); comma != std::string_view::npos && comma < 12 && !text.empty() &&
                                           !is_digit(text.front()) &&
                                           text.substr(0, comma).find(' ') == std::string_view::npos) {
    in.rest.remove_prefix(comma + 1);
    in.spaces();
  }
  int day = in.number(2), month = 0;
  const auto gap = [&in] {
    for (bool again = true; again;) {
      again = in.take(' ') || in.take('-') || in.take(',') || in.take('.') || take_front(in.rest, "de ");
    }
  };
  if (day < 0) {
    month = take_month(in);
    gap();
    day = in.number(2);
    for (const std::string_view suffix : {"st", "nd", "rd", "th"}) take_front(in.rest, suffix);
  } else {
    for (const std::string_view suffix : {"st", "nd", "rd", "th", "er"}) take_front(in.rest, suffix);
    gap();
    month = take_month(in);
  }
  gap();
  const int year = take_year(in);
  if (month == 0 || year < 0) return std::nullopt;
  return finish_time(in, year, month, day);
}

std::optional<ParsedTime> parse_compact(std::string_view text) {
  if (text.size() < 8 || !all_digits(text.substr(0, 8)) || (text.size() > 8 && is_digit(text[8]))) return std::nullopt;
  Scanner in{text};
  const int year = in.number(4), month = in.number(2), day = in.number(2);
  if (year < 1900 || year > 2100) return std::nullopt;
  if (in.rest.size() >= 7 && in.rest[0] == 'T' && all_digits(in.rest.substr(1, 6))) {
    in.take('T');
    ParsedTime time{.local = {year, month, day}, .has_clock = true};
    time.local.hour = in.number(2);
    time.local.minute = in.number(2);
    time.local.second = in.number(2);
    if (!is_date(year, month, day) || time.local.hour > 23 || time.local.minute > 59 || time.local.second > 59) {
      return std::nullopt;
    }
    return take_offset(in, time.offset_minutes) ? std::optional(time) : std::nullopt;
  }
  return finish_time(in, year, month, day);
}

std::optional<ParsedTime> parse_serial(std::string_view text) {
  const ParsedNumber days = parse_number(text);
  // 1954 to 2119: outside, a number of days is more likely something else. Excel keeps 15 digits: a fraction finer
  // than a millionth of a day (0.09 s) says nothing, so the flaw TooFine is let pass.
  const double value =
      days.flaw == NumberFlaw::TooFine ? std::strtod(std::string(text).c_str(), nullptr) : days.number.as_double();
  if ((days.flaw && days.flaw != NumberFlaw::TooFine) || !is_digit(text.front()) || value < 20'000 || value >= 80'000) {
    return std::nullopt;
  }
  // To the second: what spreadsheets show.
  const int64_t seconds = static_cast<int64_t>(value * 86'400 + 0.5);
  return ParsedTime{.local = civil_of(Instant{(seconds - int64_t{25'569} * 86'400) * 1000}),
                    .has_clock = text.find('.') != std::string_view::npos};
}

std::optional<ParsedTime> parse_epoch(std::string_view text, int64_t from, int64_t until, int64_t per_second) {
  const size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  int64_t value = 0;
  const auto [end, code] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (code != std::errc() || end != whole.data() + whole.size() || value < from || value >= until) return std::nullopt;
  int64_t ms = per_second <= 1000 ? value * (1000 / per_second) : value / (per_second / 1000);
  if (dot != std::string_view::npos) {
    std::string_view fraction = text.substr(dot + 1);
    if (!all_digits(fraction)) return std::nullopt;
    if (per_second == 1) {
      for (size_t i = 0, scale = 100; i < 3 && i < fraction.size(); ++i, scale /= 10) {
        ms += static_cast<int64_t>(scale) * (fraction[i] - '0');
      }
    }
  }
  return ParsedTime{.local = civil_of(Instant{ms}), .offset_minutes = 0, .has_clock = true};
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

std::string_view name_of(TimeForm form) {
  constexpr std::string_view kNames[] = {"year-month-day", "day/month/year",     "month/day/year",
                                         "month by name",  "yyyymmdd",           "Excel's day numbers",
                                         "epoch seconds",  "epoch milliseconds", "epoch microseconds"};
  return kNames[static_cast<size_t>(form)];
}

Instant ParsedTime::instant(const Zone* zone) const {
  if (offset_minutes) return instant_of(local) - kMinute * *offset_minutes;
  return zone ? zone->to_utc(local) : instant_of(local);
}

std::optional<ParsedTime> parse_time(std::string_view text, TimeForm form) {
  text = trim(text);
  if (text.empty() || text.size() > 64) return std::nullopt;
  switch (form) {
    case TimeForm::Iso:
      return parse_iso(text);
    case TimeForm::DayMonth:
      return parse_slashed(text, true);
    case TimeForm::MonthDay:
      return parse_slashed(text, false);
    case TimeForm::MonthName:
      return parse_month_name(text);
    case TimeForm::Compact:
      return parse_compact(text);
    case TimeForm::ExcelSerial:
      return parse_serial(text);
    case TimeForm::EpochSeconds:
      return parse_epoch(text, 100'000'000, 5'000'000'000, 1);
    case TimeForm::EpochMillis:
      return parse_epoch(text, 100'000'000'000, 5'000'000'000'000, 1000);
    case TimeForm::EpochMicros:
      return parse_epoch(text, 100'000'000'000'000, 5'000'000'000'000'000, 1'000'000);
  }
  return std::nullopt;
}

std::optional<CivilTime> parse_clock(std::string_view text) {
  Scanner in{trim(text)};
  CivilTime time;
  if (!take_clock(in, time) || !in.rest.empty()) return std::nullopt;
  return time;
}

void TimeEvidence::add(std::string_view text) {
  text = trim(text);
  if (is_blank(text)) return;
  ++values;
  bool any = false;
  for (size_t form = 0; form < kTimeForms; ++form) {
    const auto time = parse_time(text, static_cast<TimeForm>(form));
    if (!time) continue;
    ++reads[form];
    if (!any) {
      with_offset += time->offset_minutes ? 1 : 0;
      with_clock += time->has_clock ? 1 : 0;
    }
    any = true;
  }
  if (!any) ++unreadable;
  const bool day = parse_time(text, TimeForm::DayMonth).has_value(),
             month = parse_time(text, TimeForm::MonthDay).has_value();
  day_first += day && !month ? 1 : 0;
  month_first += month && !day ? 1 : 0;
}

size_t TimeEvidence::best() const {
  return *std::max_element(reads.begin(), reads.end());
}

bool is_blank(std::string_view text) {
  text = trim(text);
  if (text.empty()) return true;
  if (text.size() > 10) return false;
  static constexpr std::string_view kBlank[] = {"null", "nan", "none",   "n/a",  "na",  "#n/a",    "nil",  "undefined",
                                                "-",    "\\n", "(null)", "<na>", "nat", "#value!", "#ref!"};
  const std::string folded = fold_case(text);
  return std::find(std::begin(kBlank), std::end(kBlank), folded) != std::end(kBlank);
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
  if (text.find_first_not_of("0-") == std::string_view::npos || text == "-1" || text == "0.0") return IdFlaw::Blocked;
  if (text.size() > kLongestNoId || is_digit(text.front())) return IdFlaw::None;
  const std::string folded = fold_case(text);
  if (std::ranges::find(kNoValue, folded) != std::end(kNoValue)) return IdFlaw::Blank;
  return std::ranges::find(kNobody, folded) != std::end(kNobody) ? IdFlaw::Blocked : IdFlaw::None;
}

std::string_view without_point_zero(std::string_view text) {
  text = trim(text);
  if (text.size() > 2 && text.ends_with(".0") && all_digits(text.substr(0, text.size() - 2))) text.remove_suffix(2);
  return text;
}

std::optional<std::string> clean_email(std::string_view text) {
  text = trim(text);
  const size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.size() > 254 ||
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

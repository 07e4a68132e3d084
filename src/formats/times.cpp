// The times of values.hpp: what exports of shops in five languages (English, German, French, Spanish, Italian) write,
// with the words that stand around dates and clocks there. What is not read here is no time, and said so by whoever
// asked; nothing is read by halves.
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/text.hpp"
#include "formats/scanner.hpp"
#include "formats/values.hpp"

namespace tessera::formats {
namespace {

constexpr size_t kLongestTime = 96;  // bytes: JavaScript's dates with the zone in words have some 70

struct Month {
  std::string_view prefix;
  int month;
};
// Folded beginnings of month names: English, German, French, Spanish, Italian, and what Dutch and Portuguese have
// besides. Longest first where one begins another.
constexpr Month kMonths[] = {
    {"januar", 1},    {"janvier", 1},   {"janeiro", 1},   {"janv", 1},       {"jan", 1},        {"jän", 1},
    {"enero", 1},     {"ene", 1},       {"gennaio", 1},   {"genn", 1},       {"gen", 1},        {"februar", 2},
    {"février", 2},   {"fevrier", 2},   {"febrero", 2},   {"febbraio", 2},   {"fevereiro", 2},  {"febbr", 2},
    {"févr", 2},      {"fevr", 2},      {"fév", 2},       {"fev", 2},        {"feb", 2},        {"marzo", 3},
    {"march", 3},     {"março", 3},     {"maart", 3},     {"mars", 3},       {"märz", 3},       {"maerz", 3},
    {"mär", 3},       {"mrz", 3},       {"mrt", 3},       {"mar", 3},        {"april", 4},      {"avril", 4},
    {"abril", 4},     {"aprile", 4},    {"avr", 4},       {"abr", 4},        {"apr", 4},        {"maggio", 5},
    {"magg", 5},      {"mag", 5},       {"mayo", 5},      {"maio", 5},       {"may", 5},        {"mai", 5},
    {"mei", 5},       {"giugno", 6},    {"giu", 6},       {"junio", 6},      {"junho", 6},      {"june", 6},
    {"juni", 6},      {"juin", 6},      {"jun", 6},       {"luglio", 7},     {"lug", 7},        {"juillet", 7},
    {"juil", 7},      {"julio", 7},     {"julho", 7},     {"july", 7},       {"juli", 7},       {"jul", 7},
    {"august", 8},    {"agosto", 8},    {"août", 8},      {"aout", 8},       {"ago", 8},        {"aug", 8},
    {"september", 9}, {"septembre", 9}, {"settembre", 9}, {"septiembre", 9}, {"setembro", 9},   {"sept", 9},
    {"sett", 9},      {"sep", 9},       {"set", 9},       {"october", 10},   {"octobre", 10},   {"octubre", 10},
    {"oktober", 10},  {"ottobre", 10},  {"outubro", 10},  {"oct", 10},       {"okt", 10},       {"ott", 10},
    {"out", 10},      {"november", 11}, {"novembre", 11}, {"noviembre", 11}, {"novembro", 11},  {"nov", 11},
    {"december", 12}, {"dezember", 12}, {"décembre", 12}, {"decembre", 12},  {"diciembre", 12}, {"dicembre", 12},
    {"dezembro", 12}, {"déc", 12},      {"dec", 12},      {"dez", 12},       {"dic", 12}};

// Days of the week and what else stands before a date, folded: left out where a date follows.
constexpr std::string_view kBeforeDates[] = {
    "monday",   "tuesday",   "wednesday",  "thursday",  "friday",    "saturday",  "sunday",  "mon",      "tue",
    "tues",     "wed",       "thu",        "thur",      "thurs",     "fri",       "sat",     "sun",      "montag",
    "dienstag", "mittwoch",  "donnerstag", "freitag",   "samstag",   "sonnabend", "sonntag", "mo",       "di",
    "mi",       "do",        "fr",         "sa",        "so",        "lundi",     "mardi",   "mercredi", "jeudi",
    "vendredi", "samedi",    "dimanche",   "lun",       "mar",       "mer",       "jeu",     "ven",      "sam",
    "dim",      "lunes",     "martes",     "miércoles", "miercoles", "jueves",    "viernes", "sábado",   "sabado",
    "domingo",  "mié",       "mie",        "jue",       "vie",       "sáb",       "sab",     "dom",      "lunedì",
    "martedì",  "mercoledì", "giovedì",    "venerdì",   "domenica",  "gio",       "on",      "am",       "den",
    "vom",      "le",        "du",         "el",        "il",        "del",       "dal"};
// Between a date and its clock.
constexpr std::string_view kBetween[] = {"at ", "um ", "à ",   "a las ", "a la ",         "alle ore ", "alle ", "ore ",
                                         "om ", "às ", "kl. ", "kl ",    "\xE2\x80\x93 ", "- ",        "| ",    "/ "};
// Behind a clock, folded, and nothing but that. `alone`: makes a clock of an hour without minutes.
struct ClockWord {
  std::string_view word;
  bool alone = false;
};
constexpr ClockWord kBehindClocks[] = {{"uhr", true}, {"hrs"}, {"hours"}, {"heures"}, {"horas"}, {"ore"}, {"h"}};
struct HalfDay {
  std::string_view word;
  bool is_afternoon;
};
constexpr HalfDay kHalfDays[] = {{"a. m.", false}, {"p. m.", true}, {"a.m.", false}, {"p.m.", true},
                                 {"a.m", false},   {"p.m", true},   {"am", false},   {"pm", true}};

struct ZoneWord {
  std::string_view word;
  int minutes;
};
// Each says its offset, in summer and in winter. Of words that two places use, what most exports mean: CST and IST are
// America's and India's.
constexpr ZoneWord kZoneWords[] = {
    {"Z", 0},      {"UTC", 0},    {"GMT", 0},    {"EST", -300}, {"EDT", -240},  {"CST", -360},  {"CDT", -300},
    {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"AKST", -540}, {"AKDT", -480}, {"HST", -600},
    {"AST", -240}, {"ADT", -180}, {"NST", -210}, {"NDT", -150}, {"BRT", -180},  {"ART", -180},  {"WET", 0},
    {"WEST", 60},  {"CET", 60},   {"CEST", 120}, {"MEZ", 60},   {"MESZ", 120},  {"BST", 60},    {"EET", 120},
    {"EEST", 180}, {"MSK", 180},  {"TRT", 180},  {"SAST", 120}, {"GST", 240},   {"PKT", 300},   {"IST", 330},
    {"ICT", 420},  {"WIB", 420},  {"SGT", 480},  {"HKT", 480},  {"PHT", 480},   {"MYT", 480},   {"AWST", 480},
    {"JST", 540},  {"KST", 540},  {"ACST", 570}, {"ACDT", 630}, {"AEST", 600},  {"AEDT", 660},  {"NZST", 720},
    {"NZDT", 780}};

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
  // Letters at the front, those beyond ASCII too.
  std::string_view word() const {
    size_t size = 0;
    while (size < rest.size() && (is_letter(rest[size]) || static_cast<uint8_t>(rest[size]) >= 0x80)) ++size;
    return rest.substr(0, size);
  }
};

// ".123456": milliseconds, the rest dropped. False where no digit follows the mark.
bool take_fraction(Scanner& in, int& millisecond) {
  if (in.rest.empty() || (in.rest.front() != '.' && in.rest.front() != ',')) return true;
  if (in.rest.front() == ',' && in.rest.size() > 1 && in.rest[1] == ' ') return true;  // "10:00:00, 5 March"
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

// "am", "p. m." behind a clock; false where the hour cannot be one of twelve.
bool take_half_day(Scanner& in, CivilTime& t, bool& found) {
  found = false;
  if (in.rest.empty() || !is_letter(in.rest.front())) return true;
  const std::string folded = fold_case(in.rest.substr(0, 5));
  for (const HalfDay& half : kHalfDays) {
    if (!folded.starts_with(half.word)) continue;
    if (t.hour < 1 || t.hour > 12) return false;
    t.hour = t.hour % 12 + (half.is_afternoon ? 12 : 0);
    in.rest.remove_prefix(half.word.size());
    found = true;
    break;
  }
  return true;
}

// "Uhr" and its like, as a word of its own.
bool take_clock_word(Scanner& in, bool& alone) {
  alone = false;
  const std::string_view word = in.word();
  if (word.empty() || word.size() > 6) return false;
  const std::string folded = fold_case(word);
  for (const ClockWord& known : kBehindClocks) {
    if (folded != known.word) continue;
    in.rest.remove_prefix(word.size());
    in.take('.');
    alone = known.alone;
    return true;
  }
  return false;
}

enum class ClockDots : uint8_t { No, Yes };  // "15.05" is a clock behind a date, and a number elsewhere

// "8:26", "08:26:05.250", "8:26 PM", "8h26", "15:05 Uhr", "15 Uhr"; behind a date "15.05" too.
bool take_clock(Scanner& in, CivilTime& t, ClockDots dots) {
  size_t width = 0;
  t.hour = in.number(2, &width);
  if (t.hour < 0) return false;
  const bool is_dotted = dots == ClockDots::Yes && in.rest.size() > 1 && in.rest[0] == '.' && is_digit(in.rest[1]);
  const bool has_minutes =
      in.take(':') || (is_dotted && in.take('.')) || (in.rest.size() > 1 && is_digit(in.rest[1]) && in.take('h'));
  if (has_minutes) {
    t.minute = in.number(2, &width);
    if (width != 2) return false;
    const bool dotted_seconds = is_dotted && in.rest.size() > 2 && is_digit(in.rest[1]) && is_digit(in.rest[2]);
    if (in.take(':') || (dotted_seconds && in.take('.'))) {
      t.second = in.number(2, &width);
      if (width != 2 || !take_fraction(in, t.millisecond)) return false;
    }
  }
  in.spaces();
  bool has_half = false, alone = false;
  if (!take_half_day(in, t, has_half)) return false;
  if (take_clock_word(in, alone)) {
    in.spaces();
    alone = alone || dots == ClockDots::Yes;  // "1er mars 2025 à 8 h"
  }
  if (!has_minutes && !has_half && !alone) return false;
  if (t.second == 60) t.second = 59;  // a leap second: the last one before it
  return t.hour < 24 && t.minute < 60 && t.second < 60;
}

// "(Central European Time)": says again what was said.
void skip_comment(Scanner& in) {
  in.spaces();
  if (!in.rest.empty() && in.rest.front() == '(' && in.rest.back() == ')') in.rest = {};
}

// "Z", "+01:00", "-0500", " UTC", "(PDT)", "GMT+0100 (CET)": nothing is fine too. False where something else is left.
bool take_offset(Scanner& in, std::optional<int>& offset) {
  in.spaces();
  if (in.rest.empty()) return true;
  if (in.rest.size() > 2 && in.rest.front() == '(' && in.rest.back() == ')')
    in.rest = in.rest.substr(1, in.rest.size() - 2);
  const std::string_view word = in.word();
  if (const auto known = offset_of_zone_word(word)) {
    in.rest.remove_prefix(word.size());
    skip_comment(in);
    if (in.rest.empty()) {
      offset = known;
      return true;
    }
    if (*known != 0) return false;  // "UTC+2" is one, "CET+2" is none
  }
  const bool minus = in.take('-');
  if (!minus && !in.take('+')) return false;
  size_t width = 0;
  const int hours = in.number(2, &width);
  if (hours < 0 || hours > 15) return false;
  in.take(':');
  const int minutes = std::max(0, in.number(2));
  if (minutes > 59) return false;
  offset = (minus ? -1 : 1) * (hours * 60 + minutes);
  skip_comment(in);
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
      for (const std::string_view word : kBetween) {
        if (!take_front(in.rest, word)) continue;
        in.spaces();
        break;
      }
    }
    if (!in.rest.empty()) {
      if (!take_clock(in, time.local, ClockDots::Yes) || !take_offset(in, time.offset_minutes)) return std::nullopt;
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

// "2024-03-01T10:15:00.250Z", a blank for the T, without the fraction, without the Z: what programs write. nullopt:
// anything else, which may be a time too.
std::optional<ParsedTime> parse_plain_iso(std::string_view text) {
  constexpr std::string_view kLayout = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kLayout.size()) return std::nullopt;
  for (size_t i = 0; i < kLayout.size(); ++i) {
    const bool fits = kLayout[i] == 'd'   ? is_digit(text[i])
                      : kLayout[i] == 'T' ? text[i] == 'T' || text[i] == ' '
                                          : text[i] == kLayout[i];
    if (!fits) return std::nullopt;
  }
  const auto two = [text](size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  ParsedTime time{.local = {two(0) * 100 + two(2), two(5), two(8), two(11), two(14), two(17)}, .has_clock = true};
  const CivilTime& t = time.local;
  if (t.year < 1000 || !is_date(t.year, t.month, t.day) || t.hour > 23 || t.minute > 59 || t.second > 59)
    return std::nullopt;
  Scanner in{text.substr(kLayout.size())};
  if (!take_fraction(in, time.local.millisecond)) return std::nullopt;
  if (in.take('Z')) time.offset_minutes = 0;
  return in.rest.empty() ? std::optional(time) : std::nullopt;
}

std::optional<ParsedTime> parse_iso(std::string_view text) {
  if (const auto plain = parse_plain_iso(text)) return plain;
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
  const std::string_view word = in.word();
  const std::string name = fold_case(word);
  for (const Month& month : kMonths) {
    if (name.size() >= 3 && name.starts_with(month.prefix) && name.size() <= month.prefix.size() + 6) {
      in.rest.remove_prefix(word.size());
      in.take('.');
      return month.month;
    }
  }
  return 0;
}

void take_gap(Scanner& in) {
  for (bool again = true; again;) {
    again = in.take(' ') || in.take('-') || in.take('/') || in.take(',') || in.take('.') ||
            take_front(in.rest, "de ") || take_front(in.rest, "del ") || take_front(in.rest, "of ");
  }
}

// "Mar 1 10:00:00 +0000 2024", as mail, Unix and old interfaces write it: the year behind the clock.
std::optional<ParsedTime> parse_year_last(Scanner in, int month, int day) {
  ParsedTime time{.local = {1970, month, day}, .has_clock = true};
  if (!take_clock(in, time.local, ClockDots::No)) return std::nullopt;
  in.spaces();
  const size_t space = in.rest.rfind(' ');
  Scanner zone{space == std::string_view::npos ? std::string_view() : in.rest.substr(0, space)};
  Scanner year{space == std::string_view::npos ? in.rest : in.rest.substr(space + 1)};
  time.local.year = take_year(year);
  if (time.local.year < 0 || !year.rest.empty() || !is_date(time.local.year, month, day)) return std::nullopt;
  return take_offset(zone, time.offset_minutes) ? std::optional(time) : std::nullopt;
}

std::optional<ParsedTime> parse_month_name(std::string_view text) {
  Scanner in{text};
  // A weekday before it, in whatever language: "Fri, 01 Mar 2024".
  if (const size_t comma = text.find(','); comma != std::string_view::npos && comma < 12 && !text.empty() &&
                                           !is_digit(text.front()) &&
                                           text.substr(0, comma).find(' ') == std::string_view::npos) {
    in.rest.remove_prefix(comma + 1);
    in.spaces();
  }
  int day = in.number(2), month = 0;
  if (day < 0) {
    month = take_month(in);
    take_gap(in);
    day = in.number(2);
    for (const std::string_view suffix : {"st", "nd", "rd", "th"}) take_front(in.rest, suffix);
    if (month > 0 && day > 0) {
      Scanner clock = in;
      clock.spaces();
      if (auto time = parse_year_last(clock, month, day)) return time;
    }
  } else {
    for (const std::string_view suffix : {"st", "nd", "rd", "th", "er"}) take_front(in.rest, suffix);
    take_gap(in);
    month = take_month(in);
  }
  take_gap(in);
  const int year = take_year(in);
  if (month == 0 || year < 0) return std::nullopt;
  return finish_time(in, year, month, day);
}

// "20240301", "20240301T101500Z", "20240301101500".
std::optional<ParsedTime> parse_compact(std::string_view text) {
  const bool is_run = text.size() == 14 && all_digits(text);
  if (text.size() < 8 || !all_digits(text.substr(0, 8))) return std::nullopt;
  if (text.size() > 8 && is_digit(text[8]) && !is_run) return std::nullopt;
  Scanner in{text};
  const int year = in.number(4), month = in.number(2), day = in.number(2);
  if (year < 1900 || year > 2100) return std::nullopt;
  if (is_run || (in.rest.size() >= 7 && in.rest[0] == 'T' && all_digits(in.rest.substr(1, 6)))) {
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

// Of a text that begins with a day of the week, an article or the like: what follows it; else the text as it is.
std::string_view behind_first_word(std::string_view text) {
  Scanner in{text};
  const std::string_view word = in.word();
  if (word.size() < 2 || word.size() > 12) return text;
  const std::string folded = fold_case(word);
  if (std::ranges::find(kBeforeDates, folded) == std::end(kBeforeDates)) return text;
  in.rest.remove_prefix(word.size());
  in.take('.');
  in.take(',');
  if (in.rest.empty() || in.rest.front() != ' ') return text;
  in.spaces();
  return in.rest;
}

std::optional<ParsedTime> parse_as(std::string_view text, TimeForm form) {
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

// Spaces that do not break, which newer programs write before "PM", as plain ones.
std::string with_plain_spaces(std::string_view text) {
  std::string out(text);
  for (const std::string_view space : {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"})
    for (size_t at; (at = out.find(space)) != std::string::npos;) out.replace(at, space.size(), " ");
  return out;
}

}  // namespace

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

std::optional<int> offset_of_zone_word(std::string_view word) {
  if (word.empty() || word.size() > 5) return std::nullopt;
  for (const ZoneWord& zone : kZoneWords) {
    const bool same =
        word.size() == zone.word.size() && std::equal(word.begin(), word.end(), zone.word.begin(), [](char a, char b) {
          return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
        });
    if (same) return zone.minutes;
  }
  return std::nullopt;
}

std::optional<ParsedTime> parse_time(std::string_view text, TimeForm form) {
  text = trim(text);
  if (text.empty() || text.size() > kLongestTime) return std::nullopt;
  const bool is_text = form <= TimeForm::MonthName;
  if (is_text && (text.find('\xC2') != std::string_view::npos || text.find('\xE2') != std::string_view::npos)) {
    const std::string plain = with_plain_spaces(text);
    if (plain != text) return parse_time(plain, form);
  }
  const auto time = parse_as(text, form);
  if (time || !is_text || is_digit(text.front())) return time;
  const std::string_view rest = behind_first_word(text);
  return rest.size() < text.size() ? parse_as(rest, form) : std::nullopt;
}

std::optional<CivilTime> parse_clock(std::string_view text) {
  Scanner in{trim(text)};
  CivilTime time;
  if (!take_clock(in, time, ClockDots::No) || !in.rest.empty()) return std::nullopt;
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
  const size_t mark = text.find_first_not_of("0123456789");
  dotted += day && month && mark != text.npos && text[mark] == '.' ? 1 : 0;
}

size_t TimeEvidence::best() const {
  return *std::max_element(reads.begin(), reads.end());
}

}  // namespace tessera::formats

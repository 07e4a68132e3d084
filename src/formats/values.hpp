// What one field of text says: a number in anybody's notation, a time, an id, a truth. Nothing here guesses twice: how
// a whole column is to be read (decimal comma or point, day or month first) is decided once from all its values by the
// evidence types below, and a value that does not fit the decision is no value.
// REQUIRES throughout: valid UTF-8, which the readers see to.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/number.hpp"
#include "core/time.hpp"

namespace tessera::formats {

// --- numbers

enum class DecimalMark : uint8_t { Point, Comma };

// "1,234.50", "1.234,50", "1 234,50", "1'234.50", "€ 12", "12.00 GBP", "(3.50)", "-3.50", "3.50-", "1,00,000".
// A thousands mark must be followed by groups of three (or two, the Indian way) and at last three digits.
// Flaws as parse_number's; empty text is NotANumber.
ParsedNumber parse_amount(std::string_view text, DecimalMark mark);
// The currency that an amount is written with, as its three letters: "12.50 €", "USD 3", "R$5". Empty where it is written with
// none, or with a sign of several ("$", "kr").
std::string_view currency_of_amount(std::string_view text);
bool is_currency(std::string_view code);  // three letters of ISO 4217 that are in use

// a * b, exactly; TooFine or OutOfRange where it does not fit.
ParsedNumber multiply(Number a, Number b);

// What the values of a column say about its decimal mark.
struct NumberEvidence {
  size_t values = 0;  // not blank
  size_t plain = 0;   // readable with either mark alike: "12", "-7"
  size_t point = 0;   // only as decimal point: "12.5", "1,234.5"
  size_t comma = 0;   // only as decimal comma
  size_t either = 0;  // differently with each: "1.234", "1,234"
  size_t bad = 0;
  size_t padded = 0;     // leading zero before a digit: "00123", an id or a code
  size_t fractions = 0;  // some digit other than zero behind the mark
  size_t float_ids = 0;  // "17850.0"
  void add(std::string_view text);
  bool is_numeric() const { return values > 0 && bad * 50 <= values; }  // at most 2 % cannot be read
  DecimalMark mark(bool semicolons) const;
  // Numbers that each mark reads otherwise, and none that one alone reads.
  bool is_open() const { return either > 0 && point == 0 && comma == 0; }
};

// --- times

// How a column writes its times. Stored nowhere.
enum class TimeForm : uint8_t {
  Iso,           // 2024-03-01, 2024/03/01, 2024.03.01, with or without a clock and an offset
  DayMonth,      // 01/03/2024, 1.3.24
  MonthDay,      // 03/01/2024
  MonthName,     // 01 Mar 2024, March 1, 2024, 1. März 2024 (five languages)
  Compact,       // 20240301, 20240301T101500, 20240301101500
  ExcelSerial,   // 45352.42: days since 1899-12-30
  EpochSeconds,  // from 1973 on, so that they cannot be mixed up with the others
  EpochMillis,
  EpochMicros,
};
inline constexpr size_t kTimeForms = 9;
std::string_view name_of(TimeForm form);

struct ParsedTime {
  CivilTime local;
  std::optional<int> offset_minutes;  // of UTC, where the text says it; epochs are UTC
  bool has_clock = false;             // a date alone has none

  // In UTC: by its own offset, else by `zone` (null: read as if UTC).
  Instant instant(const Zone* zone) const;
};

// nullopt where the text is no time of that form. Years 1000 to 9999 (two digits: 1970 to 2069). Days of the week and
// the words of five languages around dates and clocks are passed over ("Mo., 15.01.2026 um 15:05 Uhr (MEZ)").
std::optional<ParsedTime> parse_time(std::string_view text, TimeForm form);

// Minutes east of UTC of "UTC", "PDT", "MESZ" and their like; nullopt where the word is not known.
std::optional<int> offset_of_zone_word(std::string_view word);

// A clock alone: "08:26", "8:26:05 PM", "15:05 Uhr". nullopt where it is none.
std::optional<CivilTime> parse_clock(std::string_view text);

// What the values of a column say about their form.
struct TimeEvidence {
  size_t values = 0;  // not blank
  std::array<size_t, kTimeForms> reads{};
  size_t with_offset = 0, with_clock = 0;
  size_t day_first = 0, month_first = 0;  // day/month texts that only one order can read
  size_t dotted = 0;                      // those that both can, with dots: 03.04.2026 is written day first
  size_t unreadable = 0;                  // by every form
  void add(std::string_view text);
  bool is_time() const { return values > 0 && unreadable * 20 <= values; }
  size_t best() const;
  // Days and months in numbers, and no value that says which of them is first.
  bool is_open() const {
    return reads[static_cast<size_t>(TimeForm::DayMonth)] > 0 && day_first == 0 && month_first == 0;
  }
};

// --- identity and truth

enum class IdFlaw : uint8_t { None, Blank, Blocked };
// Blank: nothing, "null", "nan", "n/a" and the like. Blocked: what systems write for nobody: 0, 00, -1, "anonymous",
// "guest", "unknown", a GUID of zeros (Segment blocks the same); and an id that lost a letter.
IdFlaw flaw_of_id(std::string_view text);
// Whether U+FFFD stands where a letter was lost on the way: two different ids may have become one text.
inline bool has_lost_letter(std::string_view text) {
  return text.find("\xEF\xBF\xBD") != std::string_view::npos;
}
// "", "null", "nan", "n/a", "-" ...: no value said.
bool is_blank(std::string_view text);
// "17850.0" -> "17850"; anything else as it is.
std::string_view without_point_zero(std::string_view text);
// Trimmed and folded; nullopt where it cannot be an address.
std::optional<std::string> clean_email(std::string_view text);
// Digits with a leading '+' kept; nullopt with fewer than 6 digits.
std::optional<std::string> clean_phone(std::string_view text);

// yes/no, true/false, ja/nein, oui/non, sí/no, vrai/faux, wahr/falsch, verdadero/falso, y/n, t/f; 1/0 are numbers.
std::optional<bool> parse_truth(std::string_view text);

}  // namespace tessera::formats

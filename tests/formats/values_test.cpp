// Values in anybody's notation. Tables, so that a new notation is a line.
#include "formats/values.hpp"

#include <rapidcheck.h>

namespace tessera::formats {
namespace {

std::string amount(std::string_view text, DecimalMark mark) {
  const ParsedNumber number = parse_amount(text, mark);
  if (!number.flaw) return number.number.text();
  return *number.flaw == NumberFlaw::NotANumber ? "no" : *number.flaw == NumberFlaw::TooFine ? "fine" : "range";
}

TEST(Values, Amounts) {
  struct Case {
    std::string_view text, point, comma;
  };
  constexpr Case kCases[] = {
      {"12", "12", "12"},
      {"-12.50", "-12.5", "no"},
      {"1,234.50", "1234.5", "no"},
      {"1.234,50", "no", "1234.5"},
      {"1.234", "1.234", "1234"},
      {"1,234", "1234", "1.234"},
      {"12,34", "no", "12.34"},
      {"1 234,50", "no", "1234.5"},
      {"1\xC2\xA0"
       "234,50 €",
       "no", "1234.5"},
      {"1\xE2\x80\xAF"
       "234,50",
       "no", "1234.5"},
      {"1'234.50", "1234.5", "no"},
      {"1’234.50", "1234.5", "no"},
      {"1,00,000", "100000", "no"},
      {"€12.00", "12", "no"},
      {"12,00 €", "no", "12"},
      {"$-5.25", "-5.25", "no"},
      {"-$5.25", "-5.25", "no"},
      {"(£3.50)", "-3.5", "no"},
      {"3.50-", "-3.5", "no"},
      {"−3.50", "-3.5", "no"},
      {"GBP 12", "12", "12"},
      {"12.00 USD", "12", "no"},
      {"R$ 1.234,50", "no", "1234.5"},
      {"+7", "7", "7"},
      {".5", "0.5", "no"},
      {"1e3", "1000", "no"},
      {"1.2.3", "no", "no"},
      {"1,23,4", "no", "no"},
      {"--5", "no", "no"},
      {"", "no", "no"},
      {"abc", "no", "no"},
      {"12 apples", "no", "no"},
      {"€", "no", "no"},
      {"0.1234567", "fine", "no"},
      {"1000000000000", "range", "range"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(amount(c.text, DecimalMark::Point), c.point) << c.text;
    EXPECT_EQ(amount(c.text, DecimalMark::Comma), c.comma) << c.text;
  }
}

TEST(Values, EveryNumberIsReadBackInBothNotations) {
  EXPECT_TRUE(rc::check([] {
    const int64_t micros = *rc::gen::inRange<int64_t>(-Number::kLimit + 1, Number::kLimit);
    std::string text = Number{micros}.text();
    RC_ASSERT(parse_amount(text, DecimalMark::Point).number.micros == micros);
    std::replace(text.begin(), text.end(), '.', ',');
    RC_ASSERT(parse_amount(text, DecimalMark::Comma).number.micros == micros);
  }));
}

std::string time(std::string_view text, TimeForm form) {
  const auto parsed = parse_time(text, form);
  return parsed ? text_of(parsed->instant(nullptr)) : "no";
}

TEST(Values, Times) {
  struct Case {
    TimeForm form;
    std::string_view text, expected;
  };
  using enum TimeForm;
  constexpr Case kCases[] = {
      {Iso, "2024-03-01", "2024-03-01T00:00:00Z"},
      {Iso, "2024-03-01 08:26:00", "2024-03-01T08:26:00Z"},
      {Iso, "2024-03-01T08:26:00.250Z", "2024-03-01T08:26:00.250Z"},
      {Iso, "2024-03-01T08:26:00+01:00", "2024-03-01T07:26:00Z"},
      {Iso, "2024-03-01 08:26:00 -0500", "2024-03-01T13:26:00Z"},
      {Iso, "2024-03-01 08:26:00 UTC", "2024-03-01T08:26:00Z"},
      {Iso, "2024/3/1 8:26", "2024-03-01T08:26:00Z"},
      {Iso, "2017-01-21 22:11:48.556739", "2017-01-21T22:11:48.556Z"},
      {Iso, "2024-02-30", "no"},
      {Iso, "2024-13-01", "no"},
      {Iso, "2024-03-01 25:00", "no"},
      {Iso, "2024-03-01 x", "no"},
      {DayMonth, "01/03/2024", "2024-03-01T00:00:00Z"},
      {DayMonth, "1.3.2024 08:26", "2024-03-01T08:26:00Z"},
      {DayMonth, "01.03.24, 08:26 Uhr", "2024-03-01T08:26:00Z"},
      {DayMonth, "01-03-2024", "2024-03-01T00:00:00Z"},
      {DayMonth, "31/12/70", "1970-12-31T00:00:00Z"},
      {DayMonth, "12/25/2024", "no"},
      {MonthDay, "12/25/2024 3:45 PM", "2024-12-25T15:45:00Z"},
      {MonthDay, "12/1/10 12:05 AM", "2010-12-01T00:05:00Z"},
      {MonthDay, "25/12/2024", "no"},
      {MonthName, "01 Mar 2024", "2024-03-01T00:00:00Z"},
      {MonthName, "March 1, 2024", "2024-03-01T00:00:00Z"},
      {MonthName, "Mar 1st, 2024 at 3:45 PM", "2024-03-01T15:45:00Z"},
      {MonthName, "Fri, 01 Mar 2024 10:00:00 GMT", "2024-03-01T10:00:00Z"},
      {MonthName, "1. März 2024", "2024-03-01T00:00:00Z"},
      {MonthName, "1er août 2024", "2024-08-01T00:00:00Z"},
      {MonthName, "3 de enero de 2024", "2024-01-03T00:00:00Z"},
      {MonthName, "15-Dec-23", "2023-12-15T00:00:00Z"},
      {MonthName, "Foo 1, 2024", "no"},
      {Compact, "20240301", "2024-03-01T00:00:00Z"},
      {Compact, "20240301T081500Z", "2024-03-01T08:15:00Z"},
      {Compact, "20241399", "no"},
      {ExcelSerial, "45352", "2024-03-01T00:00:00Z"},
      {ExcelSerial, "45352.5", "2024-03-01T12:00:00Z"},
      {ExcelSerial, "45352.3513888889", "2024-03-01T08:26:00Z"},
      {ExcelSerial, "17850", "no"},
      {EpochSeconds, "1709281560", "2024-03-01T08:26:00Z"},
      {EpochSeconds, "1709281560.25", "2024-03-01T08:26:00.250Z"},
      {EpochMillis, "1709281560250", "2024-03-01T08:26:00.250Z"},
      {EpochMicros, "1709281560250999", "2024-03-01T08:26:00.250Z"},
      {EpochSeconds, "1709281560250", "no"},
      {EpochMillis, "1709281560", "no"},
  };
  for (const Case& c : kCases) EXPECT_EQ(time(c.text, c.form), c.expected) << c.text;
}

// What programs write has a way of its own; a blank more takes the other.
TEST(Values, PlainTimesReadAsOthers) {
  rc::check([] {
    const auto digits = [](int least, int most) { return *rc::gen::inRange(least, most); };
    const std::string date = fmt::format("{:04}-{:02}-{:02}", digits(990, 2100), digits(0, 14), digits(0, 33));
    std::string clock = fmt::format("{:02}:{:02}:{:02}", digits(0, 26), digits(0, 62), digits(0, 62));
    if (*rc::gen::arbitrary<bool>()) clock += fmt::format(".{}", digits(0, 99'999));
    const std::string zone = *rc::gen::element<std::string>("", "Z", " Z", "+01:00", "x");
    const auto read = [](const std::string& text) {
      const auto time = parse_time(text, TimeForm::Iso);
      return time ? fmt::format("{} {} {}", text_of(instant_of(time->local)), time->offset_minutes.value_or(-1),
                                time->has_clock)
                  : "no time";
    };
    RC_TAG(read(date + " " + clock + zone) == "no time");
    RC_ASSERT(read(date + " " + clock + zone) == read(date + "  " + clock + zone));
    RC_ASSERT(read(date + "T" + clock + zone) == read(date + "  " + clock + zone));
  });
}

TEST(Values, AZoneIsUsedWhereTheTextSaysNone) {
  const Zone london = *Zone::named("Europe/London");
  EXPECT_EQ(text_of(parse_time("2024-07-01 12:00", TimeForm::Iso)->instant(&london)), "2024-07-01T11:00:00Z");
  EXPECT_EQ(text_of(parse_time("2024-07-01 12:00Z", TimeForm::Iso)->instant(&london)), "2024-07-01T12:00:00Z");
}

TEST(Values, ExcelDaysAreRightForEveryDay) {
  EXPECT_TRUE(rc::check([] {
    const int day = *rc::gen::inRange(20'000, 80'000);
    const auto parsed = parse_time(std::to_string(day), TimeForm::ExcelSerial);
    RC_ASSERT(parsed.has_value());
    // 25569 is 1970-01-01 in the 1900 date system.
    RC_ASSERT(parsed->instant(nullptr).ms == (int64_t{day} - 25'569) * kDay.ms);
  }));
}

TEST(Values, Ids) {
  EXPECT_EQ(without_point_zero("17850.0"), "17850");
  EXPECT_EQ(without_point_zero("17850.10"), "17850.10");
  EXPECT_EQ(without_point_zero("v1.0"), "v1.0");
  for (const std::string_view blank :
       {"", " ", "nan", "NULL", "N/A", "None", "-", "undefined", "[object Object]", "test", "User_ID"}) {
    EXPECT_EQ(flaw_of_id(blank), IdFlaw::Blank) << blank;
  }
  for (const std::string_view nobody :
       {"0", "000", "-1", "0.0", "guest", "Anonymous", "00000000-0000-0000-0000-000000000000"}) {
    EXPECT_EQ(flaw_of_id(nobody), IdFlaw::Blocked) << nobody;
  }
  for (const std::string_view fine : {"1", "01", "jo", "guest-7", "-2", "testa", "[object Object] 1"})
    EXPECT_EQ(flaw_of_id(fine), IdFlaw::None) << fine;
}

TEST(Values, EmailsPhonesTruths) {
  EXPECT_EQ(clean_email(" Jo.Müller@Example.COM "), "jo.müller@example.com");
  for (const std::string_view bad : {"jo", "@x.y", "a@b", "a b@c.d", "a@b@c.d", "a@b."})
    EXPECT_FALSE(clean_email(bad)) << bad;
  EXPECT_EQ(clean_phone("+49 (171) 123-456"), "+49171123456");
  EXPECT_EQ(clean_phone("0049 171 123456"), "+49171123456");
  EXPECT_FALSE(clean_phone("12345"));
  EXPECT_FALSE(clean_phone("call me"));
  for (const std::string_view yes : {"yes", "TRUE", "Ja", "oui", "sí", "wahr", "Y"})
    EXPECT_EQ(parse_truth(yes), true) << yes;
  for (const std::string_view no : {"no", "False", "nein", "NON", "falso", "f"})
    EXPECT_EQ(parse_truth(no), false) << no;
  EXPECT_FALSE(parse_truth("1"));
  EXPECT_FALSE(parse_truth("maybe"));
}

TEST(Values, ProductsAreExactOrSaidNotToBe) {
  const auto times = [](std::string_view a, std::string_view b) {
    return multiply(parse_number(a).number, parse_number(b).number);
  };
  EXPECT_EQ(times("2.55", "6").number.text(), "15.3");
  EXPECT_EQ(times("-0.001", "0.001").number.text(), "-0.000001");
  EXPECT_EQ(times("0.0001", "0.001").flaw, NumberFlaw::TooFine);
  EXPECT_EQ(times("999999999999", "2").flaw, NumberFlaw::OutOfRange);
}

}  // namespace
}  // namespace tessera::formats

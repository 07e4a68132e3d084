#include "formats/rates_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/number.hpp"
#include "core/time.hpp"

namespace tessera::formats {
namespace {

std::string read(std::string_view text) {
  const auto quotes = parse_rates(text, "rates.csv");
  if (!quotes) return quotes.error().place + ": " + quotes.error().message;
  std::string out;
  for (const Rates::Quote& quote : *quotes)
    out += fmt::format("{}{} {} {}", out.empty() ? "" : ", ", text_of(Instant{quote.day * kDay.ms}).substr(0, 10),
                       quote.currency, Number{quote.micros}.text());
  return out;
}

TEST(RatesFile, IsReadAsTheBankWritesIt) {
  EXPECT_EQ(read("Date,USD,JPY,CYP,\n2026-11-27,1.0952,163.21,N/A,\n2026-11-26,1.1,N/A,0.58,\n"),
            "2026-11-27 USD 1.0952, 2026-11-27 JPY 163.21, 2026-11-26 USD 1.1, 2026-11-26 CYP 0.58");
  EXPECT_EQ(read("Date, USD, JPY, \n27 November 2026, 1.0952, 163.21, \n"),
            "2026-11-27 USD 1.0952, 2026-11-27 JPY 163.21");
}

TEST(RatesFile, IsReadAsOthersWriteIt) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "Date,usd\r\n\r\n2026-11-27,1.5\r\n"),
            "2026-11-27 USD 1.5");
  EXPECT_EQ(read("\"Date\",\"USD\",\"JPY\"\n\"2026-11-27\",\"1.5\",\"\"\n"), "2026-11-27 USD 1.5");
  EXPECT_EQ(read("Date,USD\n1 may 1999,1.5"), "1999-05-01 USD 1.5");
}

TEST(RatesFile, WhatIsNoneSaysWhere) {
  EXPECT_EQ(read(""), "rates.csv: is empty");
  EXPECT_EQ(read("\n \n"), "rates.csv: is empty");
  EXPECT_EQ(read("Date,USD\n"), "rates.csv: has no day");
  EXPECT_EQ(read(std::string_view("PK\0\1", 4)), "rates.csv: is no text, and no table of rates");
  EXPECT_EQ(read("Day,USD\n"), "rates.csv:1:1: the first column is to be Date, and is 'Day'");
  EXPECT_EQ(read("Date\n2026-01-01\n"), "rates.csv:1:1: names no currency");
  EXPECT_EQ(read("Date,USD,$\n"), "rates.csv:1:10: '$' is no code of a currency");
  EXPECT_EQ(read("Date,USD,EUR\n"), "rates.csv:1:10: EUR is what the others are measured by, and has no column");
  EXPECT_EQ(read("Date,USD,usd\n"), "rates.csv:1:10: USD has two columns");
  EXPECT_EQ(read("Date,USD\n2026-02-30,1\n"), "rates.csv:2:1: '2026-02-30' is no day");
  EXPECT_EQ(read("Date,USD\n27.11.2026,1\n"), "rates.csv:2:1: '27.11.2026' is no day");
  EXPECT_EQ(read("Date,USD\n2026-01-01,1\n2026-01-01,2\n"), "rates.csv:3:1: 2026-01-01 is there twice");
  EXPECT_EQ(read("Date,USD\n2026-01-01,1,2\n"), "rates.csv:2:1: 3 cells, and the first line names 2");
  EXPECT_EQ(read("Date,USD,JPY,GBP\n2026-01-01,1\n"), "rates.csv:2:1: 2 cells, and the first line names 4");
  for (const char* rate : {"0", "-1", "abc", "1e99", "nan"})
    EXPECT_EQ(read(fmt::format("Date,USD\n2026-01-01,{}\n", rate)),
              fmt::format("rates.csv:2:12: '{}' is no rate: a number above 0, or N/A", rate));
  EXPECT_EQ(read("Date,USD\n2026-01-01, 0.1234567\n"), "rates.csv:2:13: '0.1234567' has more than six places");
}

TEST(RatesFile, AFileThatIsNoneSaysSo) {
  const auto gone = read_rates("/no/such/rates.csv");
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().place, "/no/such/rates.csv");
  EXPECT_FALSE(gone.error().remedy.empty());
  EXPECT_FALSE(read_rates("/").has_value());
}

}  // namespace
}  // namespace tessera::formats

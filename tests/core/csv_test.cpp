// Fields of CSV: what a spreadsheet would run is text, and programs get back what was there.
#include "core/csv.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tessera {
namespace {

TEST(Csv, WhatASpreadsheetWouldRunIsDefused) {
  EXPECT_EQ(csv_field("+cmd|calc"), "'+cmd|calc");
  EXPECT_EQ(csv_field(R"(=HYPERLINK("http://evil","x"))"), R"csv("'=HYPERLINK(""http://evil"",""x"")")csv");
  EXPECT_EQ(csv_field("-2+3"), "'-2+3");
  EXPECT_EQ(csv_field("@SUM(1)"), "'@SUM(1)");
  EXPECT_EQ(csv_field("\t=1"), "'\t=1");
  EXPECT_EQ(csv_field("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(csv_field("\n=1"), "\"'\n=1\"");
  EXPECT_EQ(csv_field("  =1"), "'  =1");
  EXPECT_EQ(csv_field("\xef\xbc\x9d"
                      "1"),
            "'\xef\xbc\x9d"
            "1");
  EXPECT_EQ(csv_field("-"), "'-");
  EXPECT_EQ(csv_field("-e5"), "'-e5");
  EXPECT_EQ(csv_field("+1e"), "'+1e");
}

TEST(Csv, WhatItWouldNotIsAsItIs) {
  for (const char* const text : {"ann", "ann@shop.com", "-5", "+49123456789", "-1.25", "1e-9", "-0.5e+10", "", "'",
                                 "'ann", "a=b", "2026-01-05T10:00:00Z", "[-1, 2]"})
    EXPECT_FALSE(is_run(text)) << text;
  EXPECT_EQ(csv_field("-5"), "-5");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
}

TEST(Csv, ProgramsGetItAsItIs) {
  EXPECT_EQ(csv_field("+cmd|calc", CsvFor::Programs), "+cmd|calc");
}

// As docs/server.md says.
std::string way_back(std::string field) {
  if (field.starts_with('"')) {
    std::string out;
    for (size_t i = 1; i + 1 < field.size(); ++i) {
      out += field[i];
      if (field[i] == '"') ++i;
    }
    field = out;
  }
  return field.starts_with('\'') && is_run(std::string_view(field).substr(1)) ? field.substr(1) : field;
}

RC_GTEST_PROP(Csv, TheWayBackGivesWhatWasThere, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::element('\'', ' ', '=', '+', '-', '@', '\t', '\r', '\n', '"', ',', '5', 'e', '.'),
                     rc::gen::arbitrary<char>()));
  const std::string field = csv_field(text);
  RC_ASSERT(way_back(field) == text);
  RC_ASSERT(!is_run(text) || field.starts_with('\'') || field.starts_with("\"'"));
  RC_ASSERT(csv_field(text, CsvFor::Programs).find_first_of("\r\n") == std::string::npos ||
            csv_field(text, CsvFor::Programs).starts_with('"'));
}

}  // namespace
}  // namespace tessera

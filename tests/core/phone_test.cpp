// Telephone numbers by E.164: ways of writing, what is possible, and, of every country, what libphonenumber-js says.
#include "core/phone.hpp"

#include <cstdio>

#include "core/json.hpp"

namespace tessera {
namespace {

TEST(Phone, OneNumberHoweverItIsWritten) {
  for (const std::string_view text : {"+49 171 2345678", "0171 2345678", "0171/234 56 78", "(0171) 2345678",
                                      "+49 (0)171 2345678", "0049 171 2345678", "tel:+49-171-2345678", "491712345678",
                                      "1712345678", "491712345678.0", "0171 2345678 ext. 5", "0171 2345678;ext=5"})
    EXPECT_EQ(e164_of(text, "DE"), "+491712345678") << text;
  for (const std::string_view text : {"(212) 555-0123", "1 212 555 0123", "212.555.0123", "011 1 212 555 0123"})
    EXPECT_EQ(e164_of(text, "US"), "+12125550123") << text;
  // Where no zero leads out, one that is in front is the number's.
  EXPECT_EQ(e164_of("06 1234 5678", "IT"), "+390612345678");
  // What stands inside takes another place outside.
  EXPECT_EQ(e164_of("011 15 2345-6789", "AR"), "+5491123456789");
}

TEST(Phone, OfTwoCountriesTwo) {
  EXPECT_EQ(e164_of("0171 2345678", "DE"), "+491712345678");
  EXPECT_EQ(e164_of("0171 2345678", "AT"), "+431712345678");
  EXPECT_EQ(e164_of("0171 2345678"), std::nullopt);
}

TEST(Phone, WhatIsNoPossibleNumberIsNone) {
  for (const std::string_view text : {"", "+", "call me", "+49 1", "12", "0", "+0 171 2345678", "+999 12345678",
                                      "4.91712E+11", "0171 2345678 0171 2345679 01", "+49 171 2345678 and more"})
    EXPECT_EQ(e164_of(text, "DE"), std::nullopt) << text;
}

TEST(Phone, CountriesByTheirNames) {
  EXPECT_EQ(country_of("de"), "DE");
  EXPECT_EQ(country_of(" Germany "), "DE");
  EXPECT_EQ(country_of("Deutschland"), "DE");
  EXPECT_EQ(country_of("DEU"), "DE");
  EXPECT_EQ(country_of("Allemagne"), "DE");
  EXPECT_EQ(country_of("UK"), "GB");
  EXPECT_EQ(country_of("United States"), "US");
  EXPECT_EQ(country_of("Freedonia"), std::nullopt);
  EXPECT_EQ(country_of("ZZ"), std::nullopt);
  EXPECT_EQ(country_of(""), std::nullopt);
}

TEST(Phone, AsItWasKeptBefore) {
  EXPECT_THAT(spellings_inside("+491712345678"), testing::ElementsAre("1712345678", "01712345678"));
  EXPECT_THAT(spellings_inside("0171 2345678"), testing::IsEmpty());
}

// The library itself, on its example numbers of every country: each as it is written inside, outside, and as digits.
// A line each: country, text, what parsePhoneNumber makes of it.
TEST(Phone, IsWhatLibphonenumberSays) {
  const std::string script = std::string(TESSERA_SOURCE_DIR) + "/tests/core/phone_numbers.cjs";
  FILE* const out = popen(("node " + script).c_str(), "r");
  ASSERT_TRUE(out);
  std::string text;
  char piece[4096];
  while (const size_t size = std::fread(piece, 1, sizeof piece, out)) text.append(piece, size);
  ASSERT_EQ(pclose(out), 0) << "node " << script;
  const auto all = parse_json(text);
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_EQ(all->find("version")->text_or(""), phone_plan_version());
  const Json::Array& numbers = *all->find("numbers")->as_array();
  EXPECT_GT(numbers.size(), 1'000u);
  for (const Json& one : numbers) {
    const std::string country = one.find("country")->text_or(""), written = one.find("text")->text_or("");
    const auto number = e164_of(written, country);
    EXPECT_EQ(number.value_or(""), one.find("number")->text_or("")) << country << ": " << written;
    if (number) {
      EXPECT_EQ(e164_of(*number), number) << country << ": " << written;
      EXPECT_TRUE(is_e164(*number));
    }
  }
}

}  // namespace
}  // namespace tessera

// The currency that stands beside an amount. A sign that one country alone uses says it; "$", "kr", "Rs" and "¥" are of
// several, and say nothing.
#include <algorithm>

#include "core/text.hpp"
#include "formats/values.hpp"

namespace tessera::formats {
namespace {

// In alphabetical order.
constexpr std::string_view kCodes[] = {
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "GBP", "GEL", "GHS",
    "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR",
    "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR",
    "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN",
    "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN",
    "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SOS", "SRD", "SZL",
    "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES",
    "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZAR", "ZMW"};

struct Sign {
  std::string_view sign, code;
};
// Longer ones first: "US$" is no "$".
constexpr Sign kSigns[] = {
    {"US$", "USD"}, {"HK$", "HKD"}, {"CA$", "CAD"}, {"NT$", "TWD"}, {"AU$", "AUD"}, {"NZ$", "NZD"}, {"MX$", "MXN"},
    {"A$", "AUD"},  {"R$", "BRL"},  {"S$", "SGD"},  {"S/.", "PEN"}, {"S/", "PEN"},  {"Rp.", "IDR"}, {"Rp", "IDR"},
    {"RMB", "CNY"}, {"RM", "MYR"},  {"KSh", "KES"}, {"Fr.", "CHF"}, {"zł", "PLN"},  {"Kč", "CZK"},  {"Ft", "HUF"},
    {"лв", "BGN"},  {"lei", "RON"}, {"€", "EUR"},   {"£", "GBP"},   {"₹", "INR"},   {"₽", "RUB"},   {"₩", "KRW"},
    {"₺", "TRY"},   {"₫", "VND"},   {"฿", "THB"},   {"₪", "ILS"},   {"₴", "UAH"},   {"₱", "PHP"},   {"₦", "NGN"},
    {"₵", "GHS"},   {"₡", "CRC"},   {"₲", "PYG"},   {"₸", "KZT"},   {"₼", "AZN"},   {"₾", "GEL"},   {"৳", "BDT"}};

// What an amount is written with beside its currency, spaces and marks of thousands in UTF-8.
constexpr std::string_view kOfTheNumber[] = {"0",
                                             "1",
                                             "2",
                                             "3",
                                             "4",
                                             "5",
                                             "6",
                                             "7",
                                             "8",
                                             "9",
                                             ".",
                                             ",",
                                             "(",
                                             ")",
                                             "+",
                                             "-",
                                             " ",
                                             "'",
                                             "\xC2\xA0",
                                             "\xE2\x80\xAF",
                                             "\xE2\x80\x89",
                                             "\xE2\x88\x92",
                                             "\xE2\x80\x99"};

bool is_figure(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool is_currency(std::string_view code) {
  return std::ranges::binary_search(kCodes, code);
}

std::string_view currency_of_amount(std::string_view text) {
  if (text.find_first_not_of("0123456789.,+- ") == text.npos) return {};
  text = trim(text);
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view part : kOfTheNumber) {
      if (!text.starts_with(part)) continue;
      text.remove_prefix(part.size());
      again = true;
    }
  }
  if (text.empty()) return {};
  // What is left begins with a sign before the number, or is the one behind it.
  for (const Sign& sign : kSigns)
    if (text.starts_with(sign.sign)) return sign.code;
  if (text.size() < 3 || !is_currency(text.substr(0, 3))) return {};
  const auto code = std::ranges::lower_bound(kCodes, text.substr(0, 3));
  const bool ends =
      text.size() == 3 || is_figure(text[3]) || std::string_view(" .,-+(\xC2\xE2").find(text[3]) != text.npos;
  return ends ? *code : std::string_view();
}

}  // namespace tessera::formats

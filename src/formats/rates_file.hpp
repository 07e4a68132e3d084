// Rates of currencies from a file in the layout of the European Central Bank: eurofxref-hist.csv ("Date,USD,JPY,...,", one
// day a line, N/A where there is none, a comma behind each line) and eurofxref.csv ("Date, USD, JPY", one line, the day as
// "27 November 2026").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/currency.hpp"
#include "core/result.hpp"

namespace tessera::formats {

// All days since 1999 are 0.7 MB. What is a hundred times as large is another file.
inline constexpr size_t kMostRatesBytes = 64 << 20;

// Error: with its line and column, what is no rate, day or currency; a day or a currency given twice.
Result<std::vector<Rates::Quote>> parse_rates(std::string_view text, const std::string& name);
Result<std::vector<Rates::Quote>> read_rates(const std::string& path);

}  // namespace tessera::formats

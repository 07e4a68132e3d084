#include "formats/rates_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tessera::formats {

namespace {

constexpr const char* kLayout =
    "the layout is the European Central Bank's: a line \"Date,USD,JPY\", then a line a day, such as "
    "\"2026-11-27,1.0952,163.21\"; https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip has all days";
constexpr size_t kShownBytes = 40;

std::string shown(std::string_view cell) {
  return plain_line(cell.size() > kShownBytes ? std::string(cell.substr(0, kShownBytes)) + "..." : std::string(cell));
}

// Without blanks, and without the quotes that some programs write around each cell.
std::string_view bare(std::string_view cell) {
  cell = trim(cell);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = trim(cell.substr(1, cell.size() - 2));
  return cell;
}

std::optional<int> whole_of(std::string_view digits, size_t most) {
  if (digits.empty() || digits.size() > most) return std::nullopt;
  int out = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    out = 10 * out + (c - '0');
  }
  return out;
}

std::optional<int32_t> day_of(int year, int month, int day) {
  if (!is_date(year, month, day)) return std::nullopt;
  return utc_day(instant_of({.year = year, .month = month, .day = day}));
}

// "2026-11-27" or "27 November 2026".
std::optional<int32_t> day_said(std::string_view text) {
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const auto year = whole_of(text.substr(0, 4), 4), month = whole_of(text.substr(5, 2), 2),
               day = whole_of(text.substr(8), 2);
    return year && month && day ? day_of(*year, *month, *day) : std::nullopt;
  }
  constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                     "may",       "june",     "july",     "august",
                                                     "september", "october",  "november", "december"};
  const auto words = split(text, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto month = std::ranges::find(kMonths, fold_case(words[1]));
  const auto day = whole_of(words[0], 2), year = whole_of(words[2], 4);
  if (month == kMonths.end() || !day || !year) return std::nullopt;
  return day_of(*year, static_cast<int>(month - kMonths.begin()) + 1, *day);
}

class RatesText {
 public:
  RatesText(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  Result<std::vector<Rates::Quote>> read() {
    if (text_.find('\0') != std::string_view::npos)
      return fail("is no text, and no table of rates", name_,
                  "if it is the bank's .zip, take the .csv out of it: unzip eurofxref-hist.zip");
    for (const std::string_view line : split(text_, '\n')) {
      ++line_;
      if (trim(line).empty()) continue;
      if (currencies_.empty())
        TRY(read_head(line));
      else
        TRY(read_day(line));
    }
    if (currencies_.empty()) return fail("is empty", name_, kLayout);
    if (days_.empty()) return fail("has no day", name_, kLayout);
    return std::move(quotes_);
  }

 private:
  std::unexpected<Error> wrong(size_t column, const std::string& what) const {
    return fail(what, fmt::format("{}:{}:{}", name_, line_, column), kLayout);
  }

  struct Cell {
    std::string_view text;
    size_t column;  // of the line, from 1
  };
  // The comma behind the last cell begins none.
  static std::vector<Cell> cells_of(std::string_view line) {
    std::vector<Cell> out;
    for (const std::string_view cell : split(line, ',')) {
      const std::string_view text = bare(cell);
      out.push_back({text, static_cast<size_t>((text.empty() ? cell : text).data() - line.data()) + 1});
    }
    if (out.size() > 1 && out.back().text.empty()) out.pop_back();
    return out;
  }

  Result<void> read_head(std::string_view line) {
    const auto cells = cells_of(line);
    if (fold_case(cells[0].text) != "date")
      return wrong(1, fmt::format("the first column is to be Date, and is '{}'", shown(cells[0].text)));
    if (cells.size() < 2) return wrong(1, "names no currency");
    for (size_t i = 1; i < cells.size(); ++i) {
      const auto code = currency_code(cells[i].text);
      if (!code) return wrong(cells[i].column, fmt::format("'{}' is no code of a currency", shown(cells[i].text)));
      if (*code == Rates::kBase)
        return wrong(cells[i].column, fmt::format("{} is what the others are measured by, and has no column", *code));
      if (std::ranges::find(currencies_, *code) != currencies_.end())
        return wrong(cells[i].column, fmt::format("{} has two columns", *code));
      currencies_.push_back(*code);
    }
    return {};
  }

  Result<void> read_day(std::string_view line) {
    const auto cells = cells_of(line);
    const auto day = day_said(cells[0].text);
    if (!day) return wrong(1, fmt::format("'{}' is no day", shown(cells[0].text)));
    if (!days_.insert(*day).second) return wrong(1, fmt::format("{} is there twice", shown(cells[0].text)));
    // A last cell without a rate may be left away as the comma behind it.
    if (cells.size() > currencies_.size() + 1 || cells.size() < currencies_.size())
      return wrong(1, fmt::format("{} cells, and the first line names {}", cells.size(), currencies_.size() + 1));
    for (size_t i = 1; i < cells.size(); ++i) {
      if (cells[i].text.empty() || cells[i].text == "N/A") continue;
      const ParsedNumber rate = parse_number(cells[i].text);
      if (rate.flaw == NumberFlaw::TooFine)
        return wrong(cells[i].column, fmt::format("'{}' has more than six places", shown(cells[i].text)));
      if (rate.flaw || rate.number.micros <= 0)
        return wrong(cells[i].column, fmt::format("'{}' is no rate: a number above 0, or N/A", shown(cells[i].text)));
      quotes_.push_back({*day, currencies_[i - 1], rate.number.micros});
    }
    return {};
  }

  std::string_view text_;
  const std::string& name_;
  size_t line_ = 0;
  std::vector<std::string> currencies_;
  std::set<int32_t> days_;
  std::vector<Rates::Quote> quotes_;
};

}  // namespace

Result<std::vector<Rates::Quote>> parse_rates(std::string_view text, const std::string& name) {
  return RatesText(text, name).read();
}

Result<std::vector<Rates::Quote>> read_rates(const std::string& path) {
  std::error_code flaw;
  const bool is_file = std::filesystem::is_regular_file(path, flaw);
  if (flaw || !is_file) return fail("no such file of rates", path, kLayout);
  const auto size = std::filesystem::file_size(path, flaw);
  if (flaw || size > kMostRatesBytes)
    return fail(fmt::format("is larger than {} MB, and no table of rates", kMostRatesBytes >> 20), path, kLayout);
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    return fail("cannot be read", path, try_shell("ls -l").argument(path));
  return parse_rates(text, path);
}

}  // namespace tessera::formats

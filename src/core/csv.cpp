#include "core/csv.hpp"

#include <algorithm>

namespace tessera {

namespace {

// Fullwidth = + - @ are taken for the narrow ones where the system's language writes wide.
constexpr std::string_view kRun[] = {
    "=", "+", "-", "@", "\t", "\r", "\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

size_t digits_at(std::string_view text, size_t at) {
  size_t count = 0;
  while (at + count < text.size() && text[at + count] >= '0' && text[at + count] <= '9') ++count;
  return count;
}

// [+-]digits[.digits][e[+-]digits]
bool is_number(std::string_view text) {
  const auto skip_sign = [&](size_t at) {
    return at < text.size() && (text[at] == '+' || text[at] == '-') ? at + 1 : at;
  };
  size_t at = skip_sign(0);
  const size_t whole = digits_at(text, at);
  if (whole == 0) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') at += 1 + digits_at(text, at + 1);
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    at = skip_sign(at + 1);
    const size_t power = digits_at(text, at);
    if (power == 0) return false;
    at += power;
  }
  return at == text.size();
}

}  // namespace

bool is_run(std::string_view field) {
  const size_t begin = field.find_first_not_of("' ");
  if (begin == std::string_view::npos || is_number(field)) return false;
  return std::ranges::any_of(kRun, [&](std::string_view each) { return field.substr(begin).starts_with(each); });
}

std::string csv_field(std::string_view text, CsvFor reader) {
  std::string out = reader == CsvFor::Spreadsheets && is_run(text) ? "'" : "";
  out += text;
  if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
  std::string quoted = "\"";
  for (const char c : out) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace tessera

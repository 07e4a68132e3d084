#include "formats/json_text.hpp"

#include <cstdint>

namespace tessera::formats {

namespace {

constexpr uint32_t kNoLetter = 0xFFFD;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Behind the quote of the text whose first quote stands at `from`.
size_t end_of_text(std::string_view text, size_t from) {
  for (size_t at = from + 1; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return std::string_view::npos;
}

// Behind the bracket of the object or array that begins at `from`.
size_t end_of_container(std::string_view text, size_t from) {
  size_t depth = 0;
  for (size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_text(text, at);
      if (at == std::string_view::npos) return at;
      --at;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth <= 1) return at + 1;
      --depth;
    }
  }
  return std::string_view::npos;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The four digits of \uXXXX, which stand at `at`.
std::optional<uint32_t> unit_at(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  uint32_t unit = 0;
  for (const char c : text.substr(at, 4)) {
    const int digit = hex_value(c);
    if (digit < 0) return std::nullopt;
    unit = unit * 16 + static_cast<uint32_t>(digit);
  }
  return unit;
}

bool is_high(uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

void put_letter(uint32_t letter, std::string& out) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (letter < 0x80) return put(letter);
  if (letter < 0x800) {
    put(0xC0 | letter >> 6);
  } else if (letter < 0x10000) {
    put(0xE0 | letter >> 12);
    put(0x80 | (letter >> 6 & 0x3F));
  } else {
    put(0xF0 | letter >> 18);
    put(0x80 | (letter >> 12 & 0x3F));
    put(0x80 | (letter >> 6 & 0x3F));
  }
  put(0x80 | (letter & 0x3F));
}

// Reads the escape whose 'u' stands at `at`, and the second of a pair; `at` is behind it. False: no digits.
bool put_unicode(std::string_view text, size_t& at, std::string& out) {
  const auto unit = unit_at(text, at + 1);
  if (!unit) return false;
  at += 5;
  uint32_t letter = is_high(*unit) || is_low(*unit) ? kNoLetter : *unit;
  if (is_high(*unit) && text.substr(at, 2) == "\\u") {
    const auto second = unit_at(text, at + 2);
    if (second && is_low(*second)) {
      letter = 0x10000 + ((*unit - 0xD800) << 10 | (*second - 0xDC00));
      at += 6;
    }
  }
  put_letter(letter, out);
  return true;
}

}  // namespace

bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_json_number(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

size_t end_of_value(std::string_view text, size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  if (text[from] == '{' || text[from] == '[') return end_of_container(text, from);
  if (text[from] == '"') return end_of_text(text, from);
  size_t at = from;
  while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' && !is_json_space(text[at])) ++at;
  return at;
}

std::optional<std::string> unescape_json(std::string_view text) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kLetters = "\"\\/\b\f\n\r\t";
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    if (static_cast<uint8_t>(text[at]) < 0x20) return std::nullopt;  // JSON wants them escaped
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    if (++at >= text.size()) return std::nullopt;
    if (text[at] == 'u') {
      if (!put_unicode(text, at, out)) return std::nullopt;
      continue;
    }
    const size_t which = kEscapes.find(text[at++]);
    if (which == std::string_view::npos) return std::nullopt;
    out += kLetters[which];
  }
  return out;
}

}  // namespace tessera::formats

#include "core/text.hpp"

#include <algorithm>
#include <cstdint>

namespace tessera {

namespace {

// Length of the valid UTF-8 sequence at the start of text, 0 if there is none (overlong forms and surrogates are none).
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if ((lead & 0xF0) == 0xE0) {
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// Two-byte letters only; the others fold to themselves.
char32_t fold(char32_t c) {
  if (c >= U'A' && c <= U'Z') return c + 32;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if ((c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) || (c >= 0x14A && c <= 0x177)) return c | 1;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1) ? c + 1 : c;
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

}  // namespace

std::optional<size_t> first_invalid_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = sequence_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = sequence_length(text.substr(at));
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else
      out += text.substr(at, length);
    at += std::max<size_t>(length, 1);
  }
  return out;
}

namespace {

// The length of the code point that begins here, where it is one to leave out: marks of direction (U+200E, U+200F,
// U+202A to U+202E, U+2066 to U+2069), line and paragraph separators (U+2028, U+2029).
size_t unwanted_at(std::string_view text, size_t at) {
  if (text.size() - at < 3 || text[at] != '\xE2') return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]), third = static_cast<unsigned char>(text[at + 2]);
  const bool marks = second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE));
  return marks || (second == 0x81 && third >= 0xA6 && third <= 0xA9) ? 3 : 0;
}

}  // namespace

std::string plain_line(std::string_view text) {
  const std::string clean = repair_utf8(text);
  std::string out;
  for (size_t i = 0; i < clean.size(); ++i) {
    if (const size_t skip = unwanted_at(clean, i)) {
      i += skip - 1;
      continue;
    }
    const auto c = static_cast<unsigned char>(clean[i]);
    out += c < 0x20 || c == 0x7F ? ' ' : clean[i];
  }
  return out;
}

size_t length_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

namespace {

// Folds the letter that begins at `at` and gives it to `emit` byte by byte, as long as that says true; how many bytes of
// the text it was (of the folded text it is as many), 0 when emit said false.
template <typename Emit>
size_t fold_letter(std::string_view text, size_t at, Emit&& emit) {
  const auto lead = static_cast<uint8_t>(text[at]);
  if (lead < 0x80) return emit(static_cast<char>(fold(lead))) ? 1 : 0;
  if (lead < 0xC2 || lead > 0xDF || at + 1 >= text.size()) return emit(text[at]) ? 1 : 0;
  const char32_t folded = fold(((lead & 0x1F) << 6) | (static_cast<uint8_t>(text[at + 1]) & 0x3F));
  return emit(static_cast<char>(0xC0 | (folded >> 6))) && emit(static_cast<char>(0x80 | (folded & 0x3F))) ? 2 : 0;
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto emit = [&out](char c) {
    out += c;
    return true;
  };
  for (size_t at = 0; at < text.size();) at += fold_letter(text, at, emit);
  return out;
}

bool folds_to(std::string_view text, std::string_view folded) {
  if (text.size() != folded.size()) return false;
  const char* next = folded.data();
  const auto emit = [&next](char c) { return c == *next++; };
  for (size_t at = 0; at < text.size();) {
    const size_t size = fold_letter(text, at, emit);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (size_t from = 0;;) {
    const size_t to = text.find(by, from);
    out.push_back(text.substr(from, to - from));
    if (to == std::string_view::npos) return out;
    from = to + 1;
  }
}

std::string join(std::span<const std::string> parts, std::string_view by) {
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i) out += by;
    out += parts[i];
  }
  return out;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates) {
  const std::string wanted = fold_case(name);
  std::optional<std::string> best;
  size_t least = std::max<size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > wanted.size() + least || wanted.size() > candidate.size() + least) continue;
    const size_t distance = edit_distance(wanted, fold_case(candidate));
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string grouped(double value) {
  const double size = std::fabs(value);
  std::string text = size >= 100 || value == std::round(value) ? fmt::format("{:.0f}", value)
                     : size >= 10                              ? fmt::format("{:.1f}", value)
                                                               : fmt::format("{:.2f}", value);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  if (text == "-0") text = "0";
  const size_t point = std::min(text.find('.'), text.size()), start = text[0] == '-' ? 1 : 0;
  for (size_t i = point; i > start + 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string shell_quoted(std::string_view text) {
  const bool is_bare = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.,:/@%+=").find(c) != std::string_view::npos;
  });
  if (is_bare) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string slug_of(std::string_view name) {
  std::string out;
  for (const char c : fold_case(name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

}  // namespace tessera

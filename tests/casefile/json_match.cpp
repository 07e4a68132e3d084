#include "casefile/json_match.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::cases {

namespace {

constexpr std::string_view kOpen = "...";

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

// Bare `...` as texts, so that it is JSON: {"a": ..., ...} is {"a": "...", "...": "..."}.
std::string as_json(std::string_view text) {
  std::string out, open;  // open: the brackets around
  char before = 0;        // the last letter that is not blank
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_quoted && text.substr(i).starts_with(kOpen)) {
      size_t end = i + kOpen.size();
      while (end < text.size() && is_name(text[end])) ++end;
      const bool is_member = !open.empty() && open.back() == '{' && before != ':';
      out += fmt::format("\"{}\"{}", text.substr(i, end - i), is_member ? ":null" : "");
      i = end - 1;
      before = '.';
      continue;
    }
    if (c == '"' && (i == 0 || text[i - 1] != '\\')) is_quoted = !is_quoted;
    if (!is_quoted && (c == '{' || c == '[')) open += c;
    if (!is_quoted && (c == '}' || c == ']') && !open.empty()) open.pop_back();
    if (c != ' ' && c != '\n') before = c;
    out += c;
  }
  return out;
}

class Matcher {
 public:
  explicit Matcher(Remembered& remembered) : remembered_(remembered) {}

  bool matches(const Json& expected, const Json& found) {
    if (const std::string* text = expected.as_text()) return matches_text(*text, found);
    if (const auto* members = expected.as_object()) return found.as_object() && matches_members(*members, found);
    if (const auto* items = expected.as_array()) return found.as_array() && matches_items(*items, *found.as_array());
    return expected == found;
  }

 private:
  bool matches_text(const std::string& expected, const Json& found) {
    const size_t open = expected.find(kOpen);
    if (open == std::string::npos) return found.as_text() && *found.as_text() == expected;
    if (expected == kOpen) return true;
    const std::string* text = found.as_text();
    if (!text) return false;
    if (open == 0 && std::ranges::all_of(expected.substr(kOpen.size()), is_name)) {
      remembered_[expected.substr(kOpen.size())] = *text;
      return true;
    }
    const std::string_view begin = std::string_view(expected).substr(0, open),
                           end = std::string_view(expected).substr(open + kOpen.size());
    return text->size() >= begin.size() + end.size() && text->starts_with(begin) && text->ends_with(end);
  }
  bool matches_members(const Json::Object& expected, const Json& found) {
    size_t named = 0;
    bool is_open = false;
    for (const auto& [name, value] : expected) {
      if (name == kOpen) {
        is_open = true;
        continue;
      }
      const Json* member = found.find(name);
      if (!member || !matches(value, *member)) return false;
      ++named;
    }
    return is_open || named == found.as_object()->size();
  }
  bool matches_items(const Json::Array& expected, const Json::Array& found) {
    const bool is_open = !expected.empty() && expected.back() == Json(kOpen);
    const size_t size = expected.size() - (is_open ? 1 : 0);
    if (is_open ? found.size() < size : found.size() != size) return false;
    for (size_t i = 0; i < size; ++i)
      if (!matches(expected[i], found[i])) return false;
    return true;
  }

  Remembered& remembered_;
};

void show(const Json& value, int indent, std::string& out) {
  constexpr size_t kWidth = 110;
  const std::string line = value.dump();
  const Json::Object* members = value.as_object();
  const Json::Array* items = value.as_array();
  if ((!members && !items) || line.size() + static_cast<size_t>(indent) <= kWidth) {
    out += line;
    return;
  }
  const std::string blanks(static_cast<size_t>(indent) + 1, ' ');
  out += members ? "{\n" : "[\n";
  const size_t size = members ? members->size() : items->size();
  for (size_t i = 0; i < size; ++i) {
    out += blanks;
    if (members) out += quoted_json((*members)[i].first) + ":";
    show(members ? (*members)[i].second : (*items)[i], indent + 1, out);
    out += i + 1 < size ? ",\n" : "\n";
  }
  out += blanks.substr(1) + (members ? "}" : "]");
}

}  // namespace

bool matches_json(std::string_view expected, const Json& found, Remembered& remembered) {
  const auto json = parse_json(as_json(expected));
  return json && Matcher(remembered).matches(*json, found);
}

std::string shown_json(const Json& value) {
  std::string out;
  show(value, 0, out);
  return out;
}

}  // namespace tessera::cases

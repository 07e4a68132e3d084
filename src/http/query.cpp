#include "http/query.hpp"

#include "core/base64.hpp"
#include "core/text.hpp"

namespace tessera::http {

namespace {

constexpr size_t kMostParts = 8;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What follows the scheme's name, in any letter case, and blanks.
std::optional<std::string_view> after_scheme(std::string_view text, std::string_view scheme) {
  if (text.size() <= scheme.size() || text[scheme.size()] != ' ') return std::nullopt;
  if (fold_case(text.substr(0, scheme.size())) != scheme) return std::nullopt;
  return trim(text.substr(scheme.size() + 1));
}

void put(Json& into, std::span<const std::string_view> parts, const std::string& value) {
  if (parts.size() == 1) {
    if (!into.find(parts[0])) into.set(std::string(parts[0]), value);
    return;
  }
  const Json* known = into.find(parts[0]);
  Json inner = known && known->as_object() ? *known : Json::object();
  if (known && !known->as_object()) return;
  put(inner, parts.subspan(1), value);
  into.set(std::string(parts[0]), std::move(inner));
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return std::nullopt;
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_blank ? ' ' : text[i];
    }
    if (out.back() == '\0') return std::nullopt;
  }
  if (first_invalid_utf8(out)) return std::nullopt;
  return out;
}

Query Query::parse(std::string_view text) {
  Query out;
  for (const std::string_view member : split(text, '&')) {
    const size_t equals = member.find('=');
    auto name = percent_decoded(member.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::string() : percent_decoded(member.substr(equals + 1), true);
    if (name && value && !name->empty()) out.members_.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
    if (is_plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return out;
}

std::optional<std::string> Query::get(std::string_view name) const {
  for (const auto& [known, value] : members_)
    if (known == name) return value;
  return std::nullopt;
}

std::optional<std::string> basic_user(std::string_view authorization) {
  const auto coded = after_scheme(authorization, "basic");
  if (!coded) return std::nullopt;
  const auto pair = from_any_base64(*coded);
  if (!pair) return std::nullopt;
  return pair->substr(0, pair->find(':'));
}

std::optional<std::string> bearer_token(std::string_view authorization) {
  const auto token = after_scheme(authorization, "bearer");
  if (!token || token->empty()) return std::nullopt;
  return std::string(*token);
}

// Asked of every route for every request: nothing is allocated before a part in braces is met.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view path) {
  std::vector<std::string> out;
  const auto first_of = [](std::string_view& rest) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
  };
  for (bool is_more = true; is_more;) {
    const bool wants_more = pattern.contains('/');
    is_more = path.contains('/');
    if (wants_more != is_more) return std::nullopt;
    const std::string_view wanted = first_of(pattern), given = first_of(path);
    if (!wanted.starts_with('{')) {
      if (wanted != given) return std::nullopt;
      continue;
    }
    auto part = percent_decoded(given);
    if (!part || part->empty()) return std::nullopt;
    out.push_back(std::move(*part));
  }
  return out;
}

Json nested(const Query& query) {
  Json out = Json::object();
  for (const auto& [name, value] : query.members()) {
    const auto parts = split(name, '.');
    const bool has_blank = std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); });
    if (!has_blank && parts.size() <= kMostParts) put(out, parts, value);
  }
  return out;
}

}  // namespace tessera::http

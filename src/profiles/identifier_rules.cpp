#include "profiles/identifier_rules.hpp"

#include <fmt/format.h>

namespace tessera::profiles {

namespace {

// The three as regular expressions for RE2, which DuckDB has too; the view tessera.person has them (store/migrations.cpp),
// and is_contact says the same.
constexpr std::string_view kContacts =
    R"(^[^@[:cntrl:] ]+@[^@[:cntrl:] ]+\.[^@[:cntrl:] .]+$|^(tel:)?\+[0-9][0-9 ()./-]{5,}$|)"
    R"(^\([0-9]{2,5}\)[0-9 ./-]{5,}$|^0[0-9]+[ /-][0-9 ()./-]{5,}$)";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_address(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.find('@', at + 1) != std::string_view::npos) return false;
  if (std::ranges::any_of(text, [](char c) { return (c >= 0 && c <= ' ') || c == 0x7F; })) return false;
  const std::string_view domain = text.substr(at + 1);
  const size_t dot = domain.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < domain.size();
}

// Nothing but what stands between the digits of a number as people write it.
bool is_rest_of_number(std::string_view text, std::string_view between) {
  return text.size() >= 5 && std::ranges::all_of(text, [&](char c) { return is_digit(c) || between.contains(c); });
}

bool is_written_number(std::string_view text) {
  if (text.starts_with("tel:+")) text.remove_prefix(4);
  if (text.size() < 2) return false;
  const auto digits_from = [&](size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
  };
  if (text[0] == '+') return is_digit(text[1]) && is_rest_of_number(text.substr(2), " ()./-");
  if (text[0] == '(') {
    const size_t end = digits_from(1);
    const bool is_code = end >= 3 && end <= 6 && end < text.size() && text[end] == ')';
    return is_code && is_rest_of_number(text.substr(end + 1), " ./-");
  }
  const size_t end = digits_from(1);
  if (text[0] != '0' || end < 2 || end >= text.size()) return false;
  return std::string_view(" /-").contains(text[end]) && is_rest_of_number(text.substr(end + 1), " ()./-");
}

}  // namespace

bool is_contact(std::string_view user_id) {
  return is_address(user_id) || is_written_number(user_id);
}

std::string shown_sql(std::string_view table) {
  return fmt::format(
      "CASE WHEN {0}.kind = 1 AND NOT regexp_matches({0}.value, '{1}') THEN {0}.value ELSE {0}.pseudonym END", table,
      kContacts);
}

bool is_shown_itself(const Identifier& identifier) {
  return identifier.kind == IdentifierKind::UserId && !is_contact(identifier.value);
}

bool may_join(const Identifier& identifier) {
  return identifier.kind != IdentifierKind::Phone || is_e164(identifier.value);
}

const Identifier& strongest_of(std::span<const Identifier> who) {
  return *std::ranges::min_element(who, {},
                                   [](const Identifier& each) { return std::pair(!may_join(each), each.kind); });
}

}  // namespace tessera::profiles

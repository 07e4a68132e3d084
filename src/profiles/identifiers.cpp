#include "profiles/identifiers.hpp"

#include <algorithm>

#include "core/phone.hpp"
#include "core/text.hpp"

namespace tessera::profiles {

namespace {

constexpr size_t kLongest = 500;

struct IdentifierName {
  IdentifierKind kind;
  std::string_view name;
};
constexpr IdentifierName kIdentifiers[] = {{IdentifierKind::UserId, "user_id"},
                                           {IdentifierKind::Email, "email"},
                                           {IdentifierKind::Phone, "phone"},
                                           {IdentifierKind::AnonymousId, "anonymous_id"}};

// As rows are kept that say it.
std::string as_compared(IdentifierKind kind, std::string value) {
  if (kind == IdentifierKind::Email) return fold_case(value);
  return kind == IdentifierKind::Phone ? e164_of(value).value_or(value) : value;
}

std::unexpected<Error> wrong(std::string what, std::string remedy) {
  return usage(std::move(what), std::move(remedy));
}

}  // namespace

std::string_view name_of(IdentifierKind kind) {
  constexpr std::string_view kNames[] = {"identifier", "user id", "e-mail", "phone", "anonymous id"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view word_of(IdentifierKind kind) {
  for (const IdentifierName& known : kIdentifiers)
    if (known.kind == kind) return known.name;
  return "";
}

std::optional<NamedIdentifier> identifier_of(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  for (const IdentifierName& known : kIdentifiers) {
    if (known.name != text.substr(0, colon)) continue;
    NamedIdentifier out{known.kind, std::string(trim(text.substr(colon + 1)))};
    out.value = as_compared(out.kind, std::move(out.value));
    return out;
  }
  return std::nullopt;
}

Json json_of(const NamedIdentifier& identifier) {
  for (const IdentifierName& known : kIdentifiers)
    if (known.kind == identifier.kind) return Json::object().set(std::string(known.name), identifier.value);
  return Json::object();
}

Result<NamedIdentifier> parse_identifier(const Json& json) {
  const Json::Object* members = json.as_object();
  const auto bad = [] {
    return wrong("an identifier is an object with one of user_id, email, phone, anonymous_id", R"({"user_id": "u1"})");
  };
  if (!members || members->size() != 1) return bad();
  for (const IdentifierName& known : kIdentifiers) {
    if (members->begin()->first != known.name) continue;
    NamedIdentifier out{known.kind, std::string(trim(members->begin()->second.text_or("")))};
    out.value = as_compared(out.kind, std::move(out.value));
    if (out.value.empty()) return wrong(fmt::format("'{}' is empty", known.name), R"({"user_id": "u1"})");
    if (out.value.size() > kLongest || first_invalid_utf8(out.value))
      return wrong(fmt::format("'{}' is longer than {} bytes or not valid UTF-8", known.name, kLongest), "");
    return out;
  }
  return bad();
}

}  // namespace tessera::profiles

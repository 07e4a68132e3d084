// What a customer is known by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace tessera::profiles {

// Kinds of identifiers, strongest first: a customer is shown under the strongest one known. A customer has at most one
// user id: what would join two user ids is not joined but listed as a suspected duplicate.
enum class IdentifierKind : uint8_t {
  UserId = 1,
  Email = 2,
  Phone = 3,
  AnonymousId = 4
};  // stored on disk, never renumber

std::string_view name_of(IdentifierKind kind);  // "user id", "e-mail", "phone", "anonymous id"
std::string_view word_of(IdentifierKind kind);  // "user_id", "email", "phone", "anonymous_id"

struct Identifier {
  IdentifierKind kind = IdentifierKind::UserId;
  std::string_view value;  // as it is to be compared: the caller has trimmed, and folded e-mails
};

// One that owns its value.
struct NamedIdentifier {
  IdentifierKind kind = IdentifierKind::UserId;
  std::string value;
  Identifier view() const { return {kind, value}; }
  bool operator==(const NamedIdentifier&) const = default;
};

// {"email": "a@b.c"}; e-mails are folded.
Json json_of(const NamedIdentifier& identifier);
Result<NamedIdentifier> parse_identifier(const Json& json);
// "email:a@b.c", as the command line has it; nullopt: it begins with no such word.
std::optional<NamedIdentifier> identifier_of(std::string_view text);

}  // namespace tessera::profiles

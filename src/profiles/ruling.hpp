// What a person or a detector has decided about customers, beside what the data says: these two are one, these two are
// not; this one is a bot; this one refused to be recorded; this value identifies nobody. A ruling is a fact like any
// other, learnt at an instant and kept with its reason and who made it: nothing is changed in place, so every ruling
// can be taken back by another.
//
// As JSON (the REST API and the log):
//   {"ruling": "link" | "unlink", "who": IDENTIFIER, "other": IDENTIFIER}
//   {"ruling": "mark", "who": IDENTIFIER, "as": "bot" | "staff" | "test"}, {"ruling": "unmark", "who": IDENTIFIER}
//   {"ruling": "consent", "who": IDENTIFIER, "collection": true | false, "profiling": true | false}
//   {"ruling": "block" | "unblock" | "allow", "who": IDENTIFIER}
//   {"ruling": "staff domain", "value": "example.org"}
//   {"ruling": "consent category", "value": "C0002", "purpose": "collection" | "profiling" | "none"}
// each with "reason" and "by" where given. IDENTIFIER is {"user_id": "u1"}, {"email": ...}, {"phone": ...} or
// {"anonymous_id": ...}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "profiles/consent.hpp"
#include "profiles/identifiers.hpp"

namespace tessera::profiles {

enum class RulingKind : uint8_t {
  Link = 1,
  Unlink = 2,
  Mark = 3,
  Unmark = 4,
  Consent = 5,
  Block = 6,
  Unblock = 7,
  Allow = 8,  // no warning about it: it joins whom it joins
  StaffDomain = 9,
  ConsentCategory = 10
};  // stored on disk, never renumber

std::string_view name_of(RulingKind kind);
std::optional<RulingKind> ruling_named(std::string_view name);

struct Ruling {
  RulingKind kind = RulingKind::Mark;
  std::optional<NamedIdentifier> who, other;
  std::optional<profiles::Mark> mark;
  std::optional<bool> collection, profiling;
  std::string value;    // StaffDomain, ConsentCategory
  std::string purpose;  // ConsentCategory
  std::string reason, by;
  bool operator==(const Ruling&) const = default;
};

// Error: what is wrong with it, and how it is written.
Result<Ruling> parse_ruling(const Json& json);
Json json_of(const Ruling& ruling);

}  // namespace tessera::profiles

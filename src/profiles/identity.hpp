// Which identifiers are one person. Every identifier ever seen (a user id, an e-mail) is a profile of its own; a link
// is a dated fact that two of them are one person, or (joins = false) that they are not. Customers are what follows:
// the connected components of the links, under one rule: a customer has at most one user id, but for those that it was
// renamed from (a link of two user ids says just that: `alias`), and of other identifiers no more than the limits say.
// A link that would go beyond joins nothing and is reported as a suspicion. An identifier whose links were refused again
// and again is a storm (a shared device, the address of a test): from then on it joins nobody any more. Values that
// somebody has blocked join nobody at all.
//
// Nothing is ever merged in place, so un-merging is one more fact, and "who was who, as far as we knew at T" is the
// same function over the links of before T. The last fact about a pair counts; what it says is applied in the order in
// which it was learnt (seq, then the profiles' numbers), so the result does not depend on the order of the input;
// where nothing is refused, it does not depend on the order of the facts either.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "profiles/history.hpp"
#include "profiles/identifiers.hpp"

namespace tessera::profiles {

using Profile = uint32_t;  // dense, in the order in which identifiers were first seen

struct Link {
  Profile a = 0, b = 0;  // in either order
  Seq seq = 0;
  bool joins = true;
  bool operator==(const Link&) const = default;
};

// Of one customer. The defaults: people have one account, a few addresses and phones over the years, and a browser or
// device whose anonymous id is new whenever its storage was cleared; beyond these it is no person.
struct StitchLimits {
  // By IdentifierKind.
  std::array<uint32_t, 5> most{0, 1, 10, 10, 200};
  // User ids, where one is the other's new name: an account is renamed once or twice. Anybody who can send events can
  // say so of any two.
  uint32_t most_renamed = 5;
  // So many refused links make an identifier a storm; more for a user id, which meets the devices of others.
  std::array<uint32_t, 5> storm{0, 100, 10, 10, 10};
};

struct StitchRules {
  StitchLimits limits = {};
  std::vector<Profile> blocked, allowed;  // ascending; allowed ones are never a storm
};

// How many identifiers of each kind, by IdentifierKind.
using KindCounts = std::array<uint16_t, 5>;
// What a link says: they came together, or one is the other's former user id.
enum class LinkKind : uint8_t { Together, Renamed };
constexpr LinkKind kind_of_link(IdentifierKind a, IdentifierKind b) {
  return a == IdentifierKind::UserId && b == IdentifierKind::UserId ? LinkKind::Renamed : LinkKind::Together;
}
// The kind that the two together would have too many of; nullopt: they fit.
std::optional<IdentifierKind> beyond(const StitchLimits& limits, const KindCounts& a, const KindCounts& b,
                                     LinkKind link);

// The link that was not applied, the leaders of the two customers it would have made one, and of what it would have had
// too many.
struct Suspicion {
  Link link;
  Profile user_a = 0, user_b = 0;
  IdentifierKind beyond = IdentifierKind::UserId;
  bool operator==(const Suspicion&) const = default;
};

struct Storm {
  Profile profile;
  uint32_t refused;  // links
  bool operator==(const Storm&) const = default;
};

struct Stitching {
  // Of each profile: the profile that leads its customer. The strongest identifier leads; of equals the first seen.
  std::vector<Profile> leader;
  std::vector<Suspicion> suspicions;              // in the order in which they arose
  std::vector<Storm> storms;                      // by profile
  std::unordered_map<Profile, uint32_t> refused;  // links, of every profile that had one refused
};

// kinds[p] is the kind of profile p. O((profiles + links) log links).
Stitching stitch(std::span<const IdentifierKind> kinds, std::vector<Link> links, const StitchRules& rules = {});

}  // namespace tessera::profiles

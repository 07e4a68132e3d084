// Which identifiers are one person. Every identifier ever seen (a user id, an e-mail) is a profile of its own; a link
// is a dated fact that two of them are one person, or (joins = false) that they are not. Customers are what follows:
// the connected components of the links, under one rule: a customer has at most one user id. A link that would join two
// user ids joins nothing and is reported as a suspicion.
//
// Nothing is ever merged in place, so un-merging is one more fact, and "who was who, as far as we knew at T" is the
// same function over the links of before T. The last fact about a pair counts; what it says is applied in the order in
// which it was learnt (seq, then the profiles' numbers), so the result does not depend on the order of the input;
// without two user ids in reach of each other, it does not depend on the order of the facts either.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "profiles/history.hpp"
#include "profiles/intake.hpp"

namespace tessera::profiles {

using Profile = uint32_t;  // dense, in the order in which identifiers were first seen

struct Link {
  Profile a = 0, b = 0;  // in either order
  Seq seq = 0;
  bool joins = true;
  bool operator==(const Link&) const = default;
};

// The link that was not applied, and the two user ids it would have made one customer.
struct Suspicion {
  Link link;
  Profile user_a = 0, user_b = 0;
  bool operator==(const Suspicion&) const = default;
};

struct Stitching {
  // Of each profile: the profile that leads its customer. The strongest identifier leads; of equals the first seen.
  std::vector<Profile> leader;
  std::vector<Suspicion> suspicions;  // in the order in which they arose
};

// kinds[p] is the kind of profile p. O((profiles + links) log links).
Stitching stitch(std::span<const IdentifierKind> kinds, std::vector<Link> links);

}  // namespace tessera::profiles

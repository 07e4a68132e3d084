// Who is who, as rows come in: every identifier ever seen with its profile, and the customers that the links between
// them make, by the rule of profiles::stitch, one link at a time. Equal to stitch() over the links that were noted and
// under the rulings that were made: a link that comes in is the last in order, so it can be applied to what there is;
// where a person undoes one, or a value is blocked, all that hangs together with it is stitched anew by stitch()
// itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiles/batch.hpp"
#include "profiles/identifiers.hpp"
#include "profiles/identity.hpp"
#include "profiles/ruling.hpp"

namespace tessera::fold {

using profiles::IdentifierKind;
using profiles::Profile;

class Identities {
 public:
  struct Found {
    Profile profile;
    bool is_new;
  };
  // O(1); the table doubles now and then.
  Found find_or_add(IdentifierKind kind, std::string_view value);
  std::optional<Profile> find(IdentifierKind kind, std::string_view value) const;

  size_t size() const { return kinds_.size(); }
  IdentifierKind kind(Profile profile) const { return kinds_[profile]; }
  std::string_view value(Profile profile) const { return values_[profile]; }

  // What links may do; before the first one.
  void set_limits(const profiles::StitchLimits& limits) { rules_.limits = limits; }

  // True the first time this pair is linked: then the link is a fact to be recorded. Not so for an identifier that is a
  // storm: its links join nobody, and are not kept.
  bool note_link(Profile a, Profile b, profiles::Seq seq);
  struct Joined {
    Profile leader, former;  // `former` led a customer of its own until now
  };
  // The link noted last. nullopt where nothing changes: one customer already, or together they would be too many.
  std::optional<Joined> join(Profile a, Profile b);

  // A person's word on a pair, and on a value (Block, Unblock, Allow). Customers follow with restitch().
  void rule_link(Profile a, Profile b, profiles::Seq seq, bool joins);
  void rule_value(Profile profile, profiles::RulingKind ruling);
  // Every profile that some link, standing or not, connects with this one, ascending.
  std::vector<Profile> connected(Profile profile) const;
  // Stitches these anew. REQUIRES: all that are connected with one of them are among them.
  void restitch(std::span<const Profile> profiles);

  // As the record has them, in the order of their seqs; then leaders; then recount().
  void restore_link(const profiles::Link& link);
  void restore_leader(Profile profile, Profile leader);
  void recount();

  bool is_storm(Profile profile) const;
  // By profile.
  std::vector<profiles::Storm> storms() const;

  Profile leader(Profile profile) const { return leader_[profile]; }
  bool leads(Profile profile) const { return leader_[profile] == profile; }
  // All profiles of the customer, the leader first.
  void members(Profile leader, std::vector<Profile>& out) const;

  size_t customers() const { return customers_; }
  size_t bytes() const;

 private:
  struct Slot {
    uint32_t hash = 0;  // its high half
    uint32_t next = 0;  // profile + 1; 0: free
  };
  struct Pair {  // two profiles that some fact links, and what the last fact says
    Profile a, b;
    profiles::Seq seq;  // from which it has been standing
    bool joins;
    uint32_t next_of_a, next_of_b;  // the next pair of each, kNone: none
  };
  static constexpr uint32_t kNone = ~uint32_t{0};
  uint32_t find_pair(Profile a, Profile b) const;
  uint32_t add_pair(Profile a, Profile b, profiles::Seq seq, bool joins);
  void grow_pairs();
  template <typename Visit>
  void each_pair(Profile profile, const Visit& visit) const;  // visit(pair, other)
  void tie(Profile leader, Profile from);
  profiles::KindCounts counts(Profile leader) const;
  void grow();
  size_t slot_of(IdentifierKind kind, std::string_view value) const;

  std::vector<Slot> slots_;
  std::vector<IdentifierKind> kinds_;
  profiles::TextColumn values_;
  std::vector<Profile> leader_;
  std::vector<Profile> ring_;  // the next profile of the same customer
  std::vector<Pair> pairs_;
  std::vector<uint32_t> pair_slots_;               // hash table of pairs: index + 1; 0: free
  std::vector<uint32_t> first_pair_;               // by profile
  std::unordered_map<Profile, uint32_t> refused_;  // links that joined nobody
  profiles::StitchRules rules_;
  size_t customers_ = 0;
};

}  // namespace tessera::fold

// Who is who, as rows come in: every identifier ever seen with its profile, and the customers that the links between
// them make, by the rule of profiles::stitch, one link at a time. Equal to stitch() over the same links as long as no
// person has said of a pair that they are two.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "profiles/batch.hpp"
#include "profiles/identity.hpp"
#include "profiles/intake.hpp"

namespace tessera::live {

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

  // True the first time this pair is linked: then the link is a fact to be recorded.
  bool note_link(Profile a, Profile b);
  struct Joined {
    Profile leader, former;  // `former` led a customer of its own until now
  };
  // nullopt where nothing changes: one customer already, or both have a user id (a suspected duplicate).
  std::optional<Joined> join(Profile a, Profile b);

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
  void grow();
  size_t slot_of(IdentifierKind kind, std::string_view value) const;

  std::vector<Slot> slots_;
  std::vector<IdentifierKind> kinds_;
  profiles::TextColumn values_;
  std::vector<Profile> leader_;
  std::vector<Profile> ring_;  // the next profile of the same customer
  std::unordered_set<uint64_t> links_;
  size_t customers_ = 0;
};

}  // namespace tessera::live

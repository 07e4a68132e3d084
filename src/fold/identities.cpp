#include "fold/identities.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/hash.hpp"

namespace tessera::fold {

namespace {

uint64_t hash_of(IdentifierKind kind, std::string_view value) {
  return hash64(value, static_cast<uint64_t>(kind));
}

}  // namespace

size_t Identities::slot_of(IdentifierKind kind, std::string_view value) const {
  const uint64_t hash = hash_of(kind, value);
  const auto high = static_cast<uint32_t>(hash >> 32);
  size_t at = hash & (slots_.size() - 1);
  for (; slots_[at].next != 0; at = (at + 1) & (slots_.size() - 1)) {
    const Profile profile = slots_[at].next - 1;
    if (slots_[at].hash == high && kinds_[profile] == kind && values_[profile] == value) break;
  }
  return at;
}

void Identities::grow() {
  std::vector<Slot> slots(std::max<size_t>(1024, 2 * slots_.size()));
  for (Profile profile = 0; profile < size(); ++profile) {
    const uint64_t hash = hash_of(kinds_[profile], values_[profile]);
    size_t at = hash & (slots.size() - 1);
    while (slots[at].next != 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = {static_cast<uint32_t>(hash >> 32), profile + 1};
  }
  slots_ = std::move(slots);
}

std::optional<Profile> Identities::find(IdentifierKind kind, std::string_view value) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[slot_of(kind, value)];
  return slot.next == 0 ? std::nullopt : std::optional<Profile>(slot.next - 1);
}

Identities::Found Identities::find_or_add(IdentifierKind kind, std::string_view value) {
  if (4 * (size() + 1) > 3 * slots_.size()) grow();
  Slot& slot = slots_[slot_of(kind, value)];
  if (slot.next != 0) return {slot.next - 1, false};
  const auto profile = static_cast<Profile>(size());
  slot = {static_cast<uint32_t>(hash_of(kind, value) >> 32), profile + 1};
  kinds_.push_back(kind);
  values_.add(value);
  leader_.push_back(profile);
  ring_.push_back(profile);
  ++customers_;
  return {profile, true};
}

// --- links

uint32_t Identities::find_pair(Profile a, Profile b) const {
  if (pair_slots_.empty()) return kNone;
  const uint64_t key = uint64_t{std::min(a, b)} << 32 | std::max(a, b);
  for (size_t at = mix64(key) & (pair_slots_.size() - 1);; at = (at + 1) & (pair_slots_.size() - 1)) {
    if (pair_slots_[at] == 0) return kNone;
    const Pair& pair = pairs_[pair_slots_[at] - 1];
    if ((uint64_t{pair.a} << 32 | pair.b) == key) return pair_slots_[at] - 1;
  }
}

void Identities::grow_pairs() {
  pair_slots_.assign(std::max<size_t>(1024, 2 * pair_slots_.size()), 0);
  for (uint32_t index = 0; index < pairs_.size(); ++index) {
    size_t at = mix64(uint64_t{pairs_[index].a} << 32 | pairs_[index].b) & (pair_slots_.size() - 1);
    while (pair_slots_[at] != 0) at = (at + 1) & (pair_slots_.size() - 1);
    pair_slots_[at] = index + 1;
  }
}

uint32_t Identities::add_pair(Profile a, Profile b, profiles::Seq seq, bool joins) {
  if (a > b) std::swap(a, b);
  if (4 * (pairs_.size() + 1) > 3 * pair_slots_.size()) grow_pairs();
  first_pair_.resize(size(), kNone);
  const auto index = static_cast<uint32_t>(pairs_.size());
  pairs_.push_back({a, b, seq, joins, first_pair_[a], first_pair_[b]});
  first_pair_[a] = first_pair_[b] = index;
  size_t at = mix64(uint64_t{a} << 32 | b) & (pair_slots_.size() - 1);
  while (pair_slots_[at] != 0) at = (at + 1) & (pair_slots_.size() - 1);
  pair_slots_[at] = index + 1;
  return index;
}

template <typename Visit>
void Identities::each_pair(Profile profile, const Visit& visit) const {
  if (profile >= first_pair_.size()) return;
  for (uint32_t at = first_pair_[profile]; at != kNone;) {
    const Pair& pair = pairs_[at];
    visit(pair, pair.a == profile ? pair.b : pair.a);
    at = pair.a == profile ? pair.next_of_a : pair.next_of_b;
  }
}

bool Identities::note_link(Profile a, Profile b, profiles::Seq seq) {
  if (a == b || find_pair(a, b) != kNone) return false;
  if (leader_[a] != leader_[b] && (is_storm(a) || is_storm(b))) return false;
  add_pair(a, b, seq, true);
  return true;
}

namespace {

bool is_in(const std::vector<Profile>& list, Profile profile) {
  return !list.empty() && std::ranges::binary_search(list, profile);
}

void set_in(std::vector<Profile>& list, Profile profile, bool in) {
  const auto at = std::ranges::lower_bound(list, profile);
  const bool is = at != list.end() && *at == profile;
  if (in && !is) list.insert(at, profile);
  if (!in && is) list.erase(at);
}

}  // namespace

std::optional<Identities::Joined> Identities::join(Profile a, Profile b) {
  Profile to = leader_[a], from = leader_[b];
  if (to == from || is_in(rules_.blocked, a) || is_in(rules_.blocked, b)) return std::nullopt;
  if (profiles::beyond(rules_.limits, counts(to), counts(from), profiles::kind_of_link(kinds_[a], kinds_[b]))) {
    ++refused_[a];
    ++refused_[b];
    return std::nullopt;
  }
  if (std::pair(kinds_[from], from) < std::pair(kinds_[to], to)) std::swap(to, from);
  tie(to, from);
  return Joined{to, from};
}

// One customer of two, both named by their leaders.
void Identities::tie(Profile to, Profile from) {
  for (Profile each = from;;) {
    leader_[each] = to;
    each = ring_[each];
    if (each == from) break;
  }
  std::swap(ring_[to], ring_[from]);
  --customers_;
}

profiles::KindCounts Identities::counts(Profile leader) const {
  profiles::KindCounts out{};
  Profile each = leader;
  do ++out[static_cast<size_t>(kinds_[each])];
  while ((each = ring_[each]) != leader);
  return out;
}

// --- a person's word

void Identities::rule_link(Profile a, Profile b, profiles::Seq seq, bool joins) {
  const uint32_t known = find_pair(a, b);
  if (known == kNone) {
    add_pair(a, b, seq, joins);
    return;
  }
  // Standing since the first fact that joins behind the last that does not.
  if (joins && !pairs_[known].joins) pairs_[known].seq = seq;
  pairs_[known].joins = joins;
}

void Identities::rule_value(Profile profile, profiles::RulingKind ruling) {
  set_in(rules_.blocked, profile, ruling == profiles::RulingKind::Block);
  set_in(rules_.allowed, profile, ruling == profiles::RulingKind::Allow);
}

std::vector<Profile> Identities::connected(Profile profile) const {
  std::vector<Profile> found{profile};
  std::unordered_set<Profile> known{profile};
  for (size_t i = 0; i < found.size(); ++i)
    each_pair(found[i], [&](const Pair&, Profile other) {
      if (known.insert(other).second) found.push_back(other);
    });
  std::ranges::sort(found);
  return found;
}

void Identities::restitch(std::span<const Profile> profiles) {
  const auto local = [&](Profile profile) {
    return static_cast<Profile>(std::ranges::lower_bound(profiles, profile) - profiles.begin());
  };
  std::vector<IdentifierKind> kinds;
  std::vector<profiles::Link> links;
  profiles::StitchRules rules{.limits = rules_.limits, .blocked = {}, .allowed = {}};
  for (Profile i = 0; i < profiles.size(); ++i) {
    const Profile profile = profiles[i];
    customers_ -= leads(profile);
    kinds.push_back(kinds_[profile]);
    if (is_in(rules_.blocked, profile)) rules.blocked.push_back(i);
    if (is_in(rules_.allowed, profile)) rules.allowed.push_back(i);
    refused_.erase(profile);
    each_pair(profile, [&](const Pair& pair, Profile other) {
      if (pair.a == profile && pair.joins) links.push_back({.a = i, .b = local(other), .seq = pair.seq});
    });
  }
  const auto stitched = profiles::stitch(kinds, std::move(links), rules);
  for (Profile i = 0; i < profiles.size(); ++i) {
    leader_[profiles[i]] = ring_[profiles[i]] = profiles[i];
    ++customers_;
  }
  for (Profile i = 0; i < profiles.size(); ++i)
    if (stitched.leader[i] != i) tie(profiles[stitched.leader[i]], profiles[i]);
  for (const auto& [i, refused] : stitched.refused) refused_[profiles[i]] = refused;
}

// --- the way back

void Identities::restore_link(const profiles::Link& link) {
  if (link.a == link.b) return;
  const uint32_t known = find_pair(link.a, link.b);
  if (known == kNone)
    add_pair(link.a, link.b, link.seq, link.joins);
  else
    rule_link(link.a, link.b, link.seq, link.joins);
}

void Identities::restore_leader(Profile profile, Profile leader) {
  if (leader_[profile] != leader && leads(profile)) tie(leader, profile);
}

// Links between two customers were refused, or came too late behind a storm; which of the two, and how often, stitching
// says. Where there are none, which is usual, nothing is to be done.
void Identities::recount() {
  std::unordered_set<Profile> done;
  for (const Pair& pair : pairs_) {
    if (leader_[pair.a] == leader_[pair.b] || done.contains(pair.a)) continue;
    const auto all = connected(pair.a);
    done.insert(all.begin(), all.end());
    restitch(all);
  }
}

bool Identities::is_storm(Profile profile) const {
  if (refused_.empty()) return false;
  const auto found = refused_.find(profile);
  return found != refused_.end() && found->second >= rules_.limits.storm[static_cast<size_t>(kinds_[profile])] &&
         !is_in(rules_.allowed, profile);
}

std::vector<profiles::Storm> Identities::storms() const {
  std::vector<profiles::Storm> out;
  for (const auto& [profile, refused] : refused_)
    if (is_storm(profile)) out.push_back({profile, refused});
  std::ranges::sort(out, {}, &profiles::Storm::profile);
  return out;
}

// --- customers

void Identities::members(Profile leader, std::vector<Profile>& out) const {
  out.clear();
  Profile each = leader;
  do out.push_back(each);
  while ((each = ring_[each]) != leader);
}

size_t Identities::bytes() const {
  return slots_.capacity() * sizeof(Slot) + kinds_.capacity() + leader_.capacity() * 8 +
         pairs_.capacity() * sizeof(Pair) + pair_slots_.capacity() * 4 + first_pair_.capacity() * 4 +
         refused_.size() * 32 + values_.bytes();
}

}  // namespace tessera::fold

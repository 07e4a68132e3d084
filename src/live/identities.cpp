#include "live/identities.hpp"

#include "core/hash.hpp"

namespace tessera::live {

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

bool Identities::note_link(Profile a, Profile b) {
  return links_.insert(uint64_t{std::min(a, b)} << 32 | std::max(a, b)).second;
}

std::optional<Identities::Joined> Identities::join(Profile a, Profile b) {
  Profile to = leader_[a], from = leader_[b];
  if (to == from) return std::nullopt;
  if (kinds_[to] == IdentifierKind::UserId && kinds_[from] == IdentifierKind::UserId) return std::nullopt;
  if (std::pair(kinds_[from], from) < std::pair(kinds_[to], to)) std::swap(to, from);
  for (Profile each = from;;) {
    leader_[each] = to;
    each = ring_[each];
    if (each == from) break;
  }
  std::swap(ring_[to], ring_[from]);
  --customers_;
  return Joined{to, from};
}

void Identities::members(Profile leader, std::vector<Profile>& out) const {
  out.clear();
  Profile each = leader;
  do out.push_back(each);
  while ((each = ring_[each]) != leader);
}

size_t Identities::bytes() const {
  return slots_.capacity() * sizeof(Slot) + kinds_.capacity() + leader_.capacity() * 8 + links_.size() * 24 +
         links_.bucket_count() * 8 + values_.bytes();
}

}  // namespace tessera::live

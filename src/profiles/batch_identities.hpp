// The identifiers of a batch of rows on their way into the record.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/hash.hpp"
#include "core/result.hpp"
#include "profiles/batch.hpp"
#include "profiles/identifiers.hpp"
#include "profiles/identity.hpp"

namespace tessera::store {
class Connection;
}

namespace tessera::profiles {

// The identifiers of a batch, each once: a flat hash table of 8 bytes a slot over texts end to end, since an import
// spends most of its own time here.
class BatchIdentities {
 public:
  std::vector<Profile> profile;  // of each, once found or made

  uint32_t intern(IdentifierKind kind, std::string_view value) {
    if (2 * (size() + 1) > slots_.size()) grow();
    const uint64_t hash = hash64(value, static_cast<uint64_t>(kind));
    const auto high = static_cast<uint32_t>(hash >> 32);
    for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.next_index == 0) {
        slot = {high, static_cast<uint32_t>(size() + 1)};
        values_.add(value);
        kinds_.push_back(kind);
        return slot.next_index - 1;
      }
      const uint32_t index = slot.next_index - 1;
      if (slot.hash == high && kinds_[index] == kind && values_[index] == value) return index;
    }
  }
  size_t size() const { return kinds_.size(); }
  IdentifierKind kind(uint32_t index) const { return kinds_[index]; }
  std::string_view value(uint32_t index) const { return values_[index]; }

 private:
  struct Slot {
    uint32_t hash = 0;        // its high half
    uint32_t next_index = 0;  // index + 1; 0: free
  };
  void grow() {
    std::vector<Slot> slots(std::max<size_t>(1024, 2 * slots_.size()));
    for (uint32_t index = 0; index < size(); ++index) {
      const uint64_t hash = hash64(values_[index], static_cast<uint64_t>(kinds_[index]));
      size_t at = hash & (slots.size() - 1);
      while (slots[at].next_index != 0) at = (at + 1) & (slots.size() - 1);
      slots[at] = {static_cast<uint32_t>(hash >> 32), index + 1};
    }
    slots_ = std::move(slots);
  }
  std::vector<Slot> slots_;
  std::vector<IdentifierKind> kinds_;
  TextColumn values_;
};

// The user ids that are known, the record's and those of an import so far: read where somebody asks first, 8 bytes each.
class KnownUsers {
 public:
  bool is_read() const { return is_read_; }
  Result<void> read(store::Connection& connection, const BatchIdentities& batch);
  void add(std::string_view id) { hashes_.insert(hash64(id)); }
  bool has(std::string_view id) const { return hashes_.contains(hash64(id)); }

 private:
  bool is_read_ = false;
  std::unordered_set<uint64_t> hashes_;
};

}  // namespace tessera::profiles

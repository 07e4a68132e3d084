// Who is in a segment: a compressed set of profiles (a Roaring bitmap), ascending.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "profiles/identity.hpp"

namespace tessera::fold {

// Of a row of bits, one for each segment.
inline bool bit_of(std::span<const uint64_t> bits, size_t bit) {
  return bits[bit / 64] >> (bit % 64) & 1;
}

class MemberSet {
 public:
  MemberSet();
  MemberSet(MemberSet&&) noexcept;
  MemberSet& operator=(MemberSet&&) noexcept;
  ~MemberSet();

  void add(profiles::Profile profile);
  void remove(profiles::Profile profile);
  bool contains(profiles::Profile profile) const;
  size_t size() const;
  size_t in_common(const MemberSet& other) const;
  std::vector<profiles::Profile> all() const;
  size_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::fold

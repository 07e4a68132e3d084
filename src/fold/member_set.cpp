#include "fold/member_set.hpp"

#include <roaring/roaring.hh>

namespace tessera::fold {

struct MemberSet::State {
  Roaring bitmap;
};

MemberSet::MemberSet() : state_(std::make_unique<State>()) {}
MemberSet::MemberSet(MemberSet&&) noexcept = default;
MemberSet& MemberSet::operator=(MemberSet&&) noexcept = default;
MemberSet::~MemberSet() = default;

void MemberSet::add(profiles::Profile profile) {
  state_->bitmap.add(profile);
}
void MemberSet::remove(profiles::Profile profile) {
  state_->bitmap.remove(profile);
}
bool MemberSet::contains(profiles::Profile profile) const {
  return state_->bitmap.contains(profile);
}
size_t MemberSet::size() const {
  return state_->bitmap.cardinality();
}
size_t MemberSet::in_common(const MemberSet& other) const {
  return state_->bitmap.and_cardinality(other.state_->bitmap);
}
std::vector<profiles::Profile> MemberSet::all() const {
  std::vector<profiles::Profile> out(size());
  state_->bitmap.toUint32Array(out.data());
  return out;
}
size_t MemberSet::bytes() const {
  return state_->bitmap.getSizeInBytes();
}

}  // namespace tessera::fold

// The fold when what is asked changes, and not what is known: other definitions come into force, or what the feed said is
// held against what is.
#include <algorithm>
#include <set>

#include "fold/fold.hpp"

namespace tessera::fold {

// Memberships as they were, laid out by the segments that there are now; in segments that are gone nobody is any more.
// Sets of members are moved whole. Rows of bits stay, are copied where there are more words, and are set anew from the
// members where a segment has another place than before, which takes a step for each membership.
void Fold::lay_out_anew(Layout before) {
  std::map<std::string_view, uint32_t> now_by_slug;
  for (uint32_t s = 0; s < plan_->segments.size(); ++s) now_by_slug.emplace(versions_[version_of_plan_[s]].slug, s);
  bool are_in_place = true;
  for (uint32_t old = 0; old < before.members.size(); ++old) {
    const uint32_t version = before.version_of_plan[old];
    const auto now = now_by_slug.find(versions_[version].slug);
    are_in_place = are_in_place && now != now_by_slug.end() && now->second == old;
    if (now != now_by_slug.end()) {
      members_[now->second] = std::move(before.members[old]);
      continue;
    }
    for (const Profile profile : before.members[old].all())
      fresh_.push_back({.id = {},
                        .profile = profile,
                        .segment = version,
                        .kind = feed::ChangeKind::Left,
                        .cause = feed::Cause::Definition,
                        .at = learnt_,
                        .learnt = learnt_,
                        .correction_of = {},
                        .into = {}});
  }
  if (are_in_place && words_ == before.words) {
    bits_ = std::move(before.bits);
    return;
  }
  bits_.assign(identities_.size() * words_, 0);
  if (are_in_place) {
    for (Profile profile = 0; profile < identities_.size(); ++profile)
      std::copy_n(before.bits.data() + profile * before.words, before.words, bits_.data() + profile * words_);
    return;
  }
  for (uint32_t s = 0; s < members_.size(); ++s)
    for (const Profile profile : members_[s].all()) bits_[profile * words_ + s / 64] |= uint64_t{1} << (s % 64);
}

Result<void> Fold::redefine(Definitions definitions, std::unique_ptr<Memory> memory,
                            const std::set<std::string>* touched) {
  if (!definitions.plan)
    definitions.plan = std::make_shared<const segment::Plan>(TRY(segment::compile(definitions.program)));
  const bool is_all = !touched || memory;  // other facts in memory are another history
  // What the record has not been told yet was noted here.
  if (memory && memory->money.home.empty()) memory->money = memory_->money;
  auto old_memory = memory ? std::exchange(memory_, std::move(memory)) : nullptr;
  Layout before{words_, {}, version_of_plan_, std::exchange(members_, {})};
  if (auto set = set_plan(std::move(definitions)); !set) {
    if (old_memory) memory_ = std::move(old_memory);
    members_ = std::move(before.members);
    return set;
  }
  if (old_memory)
    inflow_->use(*memory_);
  else
    memory_->shape.want(Wanted::by(*plan_));
  before.bits = std::exchange(bits_, {});
  lay_out_anew(std::move(before));
  std::vector<uint32_t> looked_at;
  for (uint32_t s = 0; s < plan_->segments.size(); ++s)
    if (is_all || touched->contains(versions_[version_of_plan_[s]].slug)) looked_at.push_back(s);
  const bool is_whole = looked_at.size() == plan_->segments.size();
  const CustomerEvaluator::Part part = is_whole ? Affected::kAll : looker_->affected().of_segments(looked_at);
  if (is_whole) std::ranges::fill(next_, kNever);
  timers_ = std::make_unique<Timers>(next_);
  std::vector<CustomerEvaluator::Lane> lanes;
  for (Profile profile = 0; profile < identities_.size(); ++profile)
    if (identities_.leads(profile) && begin_[profile] != kNever) lanes.push_back({profile, learnt_, part});
  std::vector<uint64_t> bits(lanes.size() * words_);
  for (size_t i = 0; i < lanes.size(); ++i)
    std::copy_n(bits_.data() + lanes[i].leader * words_, words_, bits.data() + i * words_);
  std::vector<Instant> looks(lanes.size(), kNever);
  if (!looked_at.empty() || is_whole) looker_->look(lanes, bits, looks);
  for (size_t i = 0; i < lanes.size(); ++i) {
    const Profile leader = lanes[i].leader;
    const std::span<const uint64_t> now(bits.data() + i * words_, words_),
        before(bits_.data() + leader * words_, words_);
    for (const uint32_t s : looked_at) {
      if (bit_of(now, s) == bit_of(before, s)) continue;
      emit(leader, s, bit_of(before, s) ? feed::ChangeKind::Left : feed::ChangeKind::Entered, feed::Cause::Definition,
           learnt_);
      settled_[leader] = std::max(settled_[leader], learnt_);
    }
    set_bits(leader, now.data());
    next_[leader] = is_whole ? looks[i] : std::min(next_[leader], looks[i]);
    timers_->arm(leader);
  }
  return {};
}

// The changes that the entry itself has made by then (time passed up to it) were said after those.
void Fold::restate(std::span<const Said> members) {
  std::set<Said> said(members.begin(), members.end());
  for (const Flip& flip : fresh()) {
    if (flip.kind == feed::ChangeKind::Merged) continue;
    if (flip.is_member)
      said.insert({flip.profile, version_of(flip).slug});
    else
      said.erase({flip.profile, version_of(flip).slug});
  }
  for (uint32_t s = 0; s < plan_->segments.size(); ++s) {
    const std::string& slug = versions_[version_of_plan_[s]].slug;
    for (const Profile leader : members_[s].all())
      if (said.erase({leader, slug}) == 0) emit(leader, s, feed::ChangeKind::Entered, feed::Cause::Time, learnt_);
  }
  for (const auto& [profile, slug] : said)
    if (const auto s = find_segment(slug); s && profile < next_.size())
      emit(profile, static_cast<uint32_t>(*s), feed::ChangeKind::Left, feed::Cause::Time, learnt_);
  for (const Flip& flip : fresh_) settled_[flip.profile] = std::max(settled_[flip.profile], learnt_);
}

}  // namespace tessera::fold

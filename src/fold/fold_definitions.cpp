// The fold when what is asked changes, and not what is known: other definitions come into force, or what the feed said is
// held against what is.
#include <algorithm>
#include <set>

#include "fold/fold.hpp"

namespace tessera::fold {

// Memberships as they were, laid out by the segments that there are now; in segments that are gone nobody is any more.
void Fold::lay_bits_out_anew(const std::vector<uint64_t>& before, size_t old_words,
                             const std::vector<uint32_t>& old_versions) {
  std::map<std::string_view, uint32_t> now_by_slug;
  for (uint32_t s = 0; s < plan_->segments.size(); ++s) now_by_slug.emplace(versions_[version_of_plan_[s]].slug, s);
  std::vector<std::optional<uint32_t>> now_of(old_versions.size());
  for (uint32_t old = 0; old < old_versions.size(); ++old)
    if (const auto now = now_by_slug.find(versions_[old_versions[old]].slug); now != now_by_slug.end())
      now_of[old] = now->second;
  const auto leave = [&](Profile profile, uint32_t version) {
    fresh_.push_back({.id = {},
                      .profile = profile,
                      .segment = version,
                      .kind = feed::ChangeKind::Left,
                      .cause = feed::Cause::Definition,
                      .at = learnt_,
                      .learnt = learnt_,
                      .correction_of = {},
                      .into = {}});
  };
  bits_.assign(identities_.size() * words_, 0);
  for (Profile profile = 0; profile < identities_.size(); ++profile) {
    if (!identities_.leads(profile) || begin_[profile] == kNever) continue;
    for (size_t w = 0; w < old_words; ++w)
      for (uint64_t left = before[profile * old_words + w]; left != 0; left &= left - 1) {
        const size_t old = 64 * w + static_cast<size_t>(std::countr_zero(left));
        if (now_of[old]) {
          bits_[profile * words_ + *now_of[old] / 64] |= uint64_t{1} << (*now_of[old] % 64);
          members_[*now_of[old]].add(profile);
          continue;
        }
        leave(profile, old_versions[old]);
      }
  }
}

Result<void> Fold::redefine(Definitions definitions, std::unique_ptr<Memory> memory,
                            const std::set<std::string>* touched) {
  const size_t old_words = words_;
  const auto old_versions = version_of_plan_;
  if (!definitions.plan)
    definitions.plan = std::make_shared<const segment::Plan>(TRY(segment::compile(definitions.program)));
  const bool is_all = !touched || memory;  // other facts in memory are another history
  auto old_memory = memory ? std::exchange(memory_, std::move(memory)) : nullptr;
  if (auto set = set_plan(std::move(definitions)); !set) {
    if (old_memory) memory_ = std::move(old_memory);
    return set;
  }
  if (old_memory)
    inflow_->use(*memory_);
  else
    memory_->shape.want(Wanted::by(*plan_));
  lay_bits_out_anew(std::exchange(bits_, {}), old_words, old_versions);
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

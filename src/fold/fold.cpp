#include "fold/fold.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <set>

#include "segment/plan.hpp"

namespace tessera::fold {

using profiles::Seq;

namespace {

constexpr uint64_t kNoFlip = ~uint64_t{0};
constexpr uint32_t kNotInForce = ~uint32_t{0};
constexpr uint32_t kMergesLast = ~uint32_t{0};  // behind the rank of any segment
constexpr Duration kTick{1};
constexpr size_t kAhead = 8;  // so much earlier is what is needed asked of memory

}  // namespace

Fold::Fold(const FoldLimits& limits, FindChange find_change)
    : limits_(limits), find_change_(std::move(find_change)), recent_(limits.remembered_messages), rulings_(limits.key) {
  identities_.set_limits(limits.stitch);
  timers_ = std::make_unique<Timers>(next_);
}
Fold::~Fold() = default;

Result<std::unique_ptr<Fold>> Fold::make(Definitions definitions, const FoldLimits& limits, FindChange find_change,
                                         std::unique_ptr<Memory> memory) {
  std::unique_ptr<Fold> fold(new Fold(limits, std::move(find_change)));
  if (!memory) {
    memory = std::make_unique<Memory>(TRY(wanted_by(definitions)));
    memory->money = limits.money;
  }
  fold->memory_ = std::move(memory);
  TRY(fold->set_plan(std::move(definitions)));
  fold->inflow_ = std::make_unique<Inflow>(fold->identities_, *fold->memory_, fold->recent_, fold->rulings_, 0);
  return fold;
}

Result<Wanted> Fold::wanted_by(const Definitions& definitions) {
  if (definitions.plan) return Wanted::by(*definitions.plan);
  return Wanted::by(TRY(segment::compile(definitions.program)));
}

// The plan and what is laid out by its segments; memberships are the caller's to work out.
Result<void> Fold::set_plan(Definitions definitions) {
  auto plan = definitions.plan;
  if (!plan) plan = std::make_shared<const segment::Plan>(TRY(segment::compile(definitions.program)));
  const profiles::History nothing;
  TRY(segment::Bound::bind(*plan, nothing));  // so that later ones cannot fail
  definitions_ = std::move(definitions);
  plan_ = std::move(plan);
  looker_ = std::make_unique<CustomerEvaluator>(*plan_, identities_, memory_->histories, memory_->dictionary,
                                                limits_.unpacked_from);
  words_ = looker_->words();
  version_of_plan_.clear();
  defined_ = kEver;
  first_defined_ = plan_->segments.empty() ? kEver : kNever;
  std::map<std::string_view, const SegmentVersion*> by_slug;
  for (const SegmentVersion& each : definitions_.segments) by_slug.emplace(each.slug, &each);
  std::map<std::pair<std::string, uint32_t>, std::vector<uint32_t>> known;
  for (uint32_t v = 0; v < versions_.size(); ++v) known[{versions_[v].slug, versions_[v].version}].push_back(v);
  for (const uint32_t output : plan_->segments) {
    const auto version = by_slug.find(plan_->outputs[output].slug);
    VERIFY(version != by_slug.end());
    const SegmentVersion& is = *version->second;
    const auto& alike = known[{is.slug, is.version}];
    const auto same = std::ranges::find_if(alike, [&](uint32_t v) { return versions_[v] == is; });
    version_of_plan_.push_back(same == alike.end() ? static_cast<uint32_t>(versions_.size()) : *same);
    if (same == alike.end()) versions_.push_back(is);
    defined_ = std::max(defined_, is.since);
    first_defined_ = std::min(first_defined_, is.since);
  }
  plan_of_version_.assign(versions_.size(), kNotInForce);
  for (uint32_t s = 0; s < version_of_plan_.size(); ++s) plan_of_version_[version_of_plan_[s]] = s;
  std::vector<uint32_t> by_name(versions_.size());
  std::iota(by_name.begin(), by_name.end(), 0);
  std::ranges::sort(by_name, {}, [&](uint32_t v) { return std::tie(versions_[v].slug, versions_[v].version); });
  rank_.resize(versions_.size());
  for (uint32_t rank = 0; rank < by_name.size(); ++rank) rank_[by_name[rank]] = rank;
  members_ = std::vector<MemberSet>(plan_->segments.size());
  return {};
}

void Fold::add_profiles() {
  const size_t profiles = identities_.size();
  if (profiles <= next_.size()) return;
  const auto grow = [&](auto& values, size_t size, auto value) {
    if (size > values.capacity()) values.reserve(std::max(size, values.capacity() + values.capacity() / 2));
    values.resize(size, value);
  };
  grow(bits_, profiles * words_, uint64_t{0});
  grow(next_, profiles, kNever);
  grow(begin_, profiles, kNever);
  grow(own_begin_, profiles, kNever);
  grow(settled_, profiles, kEver);
  grow(last_flip_, profiles, kNoFlip);
}

void Fold::restore(std::vector<Instant> begins, Instant now, Seq next_seq) {
  add_profiles();
  learnt_ = now;
  inflow_ = std::make_unique<Inflow>(identities_, *memory_, recent_, rulings_, next_seq);
  std::vector<CustomerEvaluator::Lane> lanes;
  for (Profile profile = 0; profile < identities_.size(); ++profile) {
    const Profile leader = identities_.leader(profile);
    if (profile < begins.size()) own_begin_[profile] = begins[profile];
    begin_[leader] = std::min(begin_[leader], own_begin_[profile]);
  }
  // An identifier that was only ever named beside others is nobody without them.
  for (Profile profile = 0; profile < identities_.size(); ++profile)
    if (identities_.leads(profile) && begin_[profile] != kNever) lanes.push_back({profile, now});
  std::vector<uint64_t> bits(lanes.size() * words_);
  std::vector<Instant> looks(lanes.size());
  looker_->look(lanes, bits, looks);
  for (size_t i = 0; i < lanes.size(); ++i) {
    const Profile leader = lanes[i].leader;
    settled_[leader] = now;  // what turned before is not known: late facts are walked
    set_bits(leader, bits.data() + i * words_);
    next_[leader] = looks[i];
    timers_->arm(leader);
  }
}

Page Fold::take_page() {
  Page page = inflow_->take_page();
  page.versions = versions_;
  return page;
}

// --- an entry

void Fold::begin(uint64_t offset, Instant learnt) {
  VERIFY(learnt >= learnt_);
  offset_ = offset;
  learnt_ = learnt;
  fresh_.clear();
  pass_time();
  publish();
  inflow_->begin(learnt);
}

void Fold::finish(uint64_t next_offset) {
  Touched touched = inflow_->finish();
  add_profiles();
  settle(touched);
  publish();
  rows_ = std::move(touched.rows);
  inflow_->page().until_offset = next_offset;
}

void Fold::pass_time() {
  std::vector<CustomerEvaluator::Lane> lanes;
  for (const Profile profile : timers_->due(learnt_))
    if (identities_.leads(profile)) lanes.push_back({profile, next_[profile]});
  counts_.timers += lanes.size();
  follow(std::move(lanes), feed::Cause::Time);
}

// Looks at each customer at their instant and from there on up to now. What they were until then is what is in bits_.
// What turns on the way is told with the one cause, as correct() tells it: which of the two is used is not the same
// after a restart. Segments that a lane's part leaves out are certain up to the customer's next look as it was.
void Fold::follow(std::vector<CustomerEvaluator::Lane> lanes, feed::Cause cause) {
  std::vector<uint64_t> bits;
  std::vector<Instant> looks;
  while (!lanes.empty()) {
    bits.resize(lanes.size() * words_);
    looks.resize(lanes.size());
    for (size_t i = 0; i < lanes.size(); ++i)
      std::copy_n(bits_.data() + lanes[i].leader * words_, words_, bits.data() + i * words_);
    looker_->look(lanes, bits, looks);
    counts_.looks += lanes.size();
    std::vector<CustomerEvaluator::Lane> later;
    for (size_t i = 0; i < lanes.size(); ++i) {
      const auto [leader, at, part] = lanes[i];
      const uint64_t *now = bits.data() + i * words_, *before = bits_.data() + leader * words_;
      for (size_t w = 0; w < words_; ++w)
        for (uint64_t turned = now[w] ^ before[w]; turned != 0; turned &= turned - 1) {
          const auto segment = static_cast<uint32_t>(64 * w + static_cast<size_t>(std::countr_zero(turned)));
          emit(leader, segment, bit_of({now, words_}, segment) ? feed::ChangeKind::Entered : feed::ChangeKind::Left,
               cause, at);
          settled_[leader] = std::max(settled_[leader], at);
        }
      set_bits(leader, now);
      if (looks[i] <= learnt_)
        later.push_back({leader, looks[i], part});
      else
        look_again(leader, looks[i], part);
    }
    lanes = std::move(later);
  }
}

// At an instant at the latest: of the segments of a part.
void Fold::look_again(Profile leader, Instant at, CustomerEvaluator::Part part) {
  if (part != Affected::kAll) at = std::min(at, next_[leader]);
  if (at == next_[leader]) return;
  next_[leader] = at;
  timers_->arm(leader);
}

// What is known of a customer is soon needed.
void Fold::expect(Profile leader) const {
  for (const auto* of : {&begin_, &own_begin_, &settled_, &next_}) __builtin_prefetch(of->data() + leader);
  __builtin_prefetch(bits_.data() + leader * words_);
  __builtin_prefetch(last_flip_.data() + leader);
}

// Of every customer the entry touches one, by leader, so that the order of the work is fixed.
std::vector<Fold::Work> Fold::works_of(const Touched& touched) const {
  std::vector<Work> works;
  for (const Touched::Row& row : touched.rows) works.push_back({.leader = identities_.leader(row.profile)});
  for (const Touched::Customer& customer : touched.before)
    for (const Profile member : customer.members) works.push_back({.leader = identities_.leader(member)});
  std::ranges::sort(works, {}, &Work::leader);
  const auto twice = std::ranges::unique(works, {}, &Work::leader);
  works.erase(twice.begin(), twice.end());
  for (size_t i = 0; i < works.size() + kAhead; ++i) {
    if (i < works.size()) expect(works[i].leader);
    if (i >= kAhead) works[i - kAhead].old_begin = begin_[works[i - kAhead].leader];
  }
  return works;
}

void Fold::settle(const Touched& touched) {
  std::vector<Work> works = works_of(touched);
  const auto work_of = [&](Profile leader) -> Work& {
    return *std::ranges::lower_bound(works, leader, {}, &Work::leader);
  };
  for (const auto& [profile, time, stream] : touched.rows) {
    const Profile leader = identities_.leader(profile);
    Work& of = work_of(leader);
    // A fact without a time was always true.
    const Instant at = time == kEver ? std::min(of.old_begin, learnt_) : std::min(time, learnt_);
    of.from = std::min(of.from, at);
    own_begin_[profile] = std::min(own_begin_[profile], time == kEver ? learnt_ : at);
    if (stream) of.part = looker_->affected().both(of.part, looker_->affected().of(*stream));
  }
  for (const Touched::Customer& customer : touched.before) {
    const bool stays = identities_.leads(customer.leader);
    // What was always true of one of them was always true of all of them; and where some left, nothing is as it was.
    const bool is_whole = std::ranges::all_of(customer.members, [&](Profile each) {
      return identities_.leader(each) == identities_.leader(customer.leader);
    });
    const bool is_always = !is_whole || std::ranges::any_of(customer.members, [&](Profile each) {
      return memory_->histories.first_time(each) == kEver;
    });
    for (const Profile member : customer.members) {
      Work& of = work_of(identities_.leader(member));
      if (is_always) of.from = std::min({of.from, of.old_begin, begin_[customer.leader]});
      if (of.leader == customer.leader) continue;
      of.is_merged = true;
      of.from = std::min(of.from, begin_[customer.leader]);
    }
    if (!stays) continue;
    work_of(customer.leader).before = &customer.members;
    work_of(customer.leader).is_merged |= !is_whole;
  }
  for (const Touched::Customer& customer : touched.before)
    if (!identities_.leads(customer.leader)) retire(customer.leader, identities_.leader(customer.leader));
  std::vector<CustomerEvaluator::Lane> quick;
  std::vector<Work> late;
  for (Work& of : works) {
    const Profile leader = of.leader;
    begin_[leader] = of.is_merged ? begin_of_members(leader) : std::min(of.old_begin, of.from);
    // Named beside others only, without a fact of their own: nobody.
    if (begin_[leader] == kNever && of.old_begin == kNever) continue;
    const bool existed = of.old_begin != kNever, begins_earlier = of.from < of.old_begin;
    if (of.is_merged || begins_earlier) of.part = Affected::kAll;
    if (of.part == Affected::kNone) continue;
    const bool turns_late = existed && (of.from <= settled_[leader] || begins_earlier);
    if (!of.is_merged && of.from >= defined_ && !turns_late)
      quick.push_back({leader, of.from, of.part});
    else
      late.push_back(of);
  }
  correct(late, touched.first_seq);
  follow(std::move(quick), feed::Cause::Event);
}

// --- corrections

std::vector<Fold::Turn> Fold::turns_of(const std::vector<State>& states, Instant begin, Instant from) const {
  std::vector<Turn> turns;
  const auto add = [&](uint32_t s) {
    const Instant start = std::max(begin, versions_[version_of_plan_[s]].since);
    size_t next = 0;
    bool is_member = false;
    if (start <= from) {
      is_member = bit_of(states[next++].bits, s);
    } else {
      while (next < states.size() && states[next].at <= start) ++next;
      is_member = bit_of(states[next - 1].bits, s);
      if (is_member) turns.push_back({start, s, true});
    }
    for (; next < states.size(); ++next)
      if (bit_of(states[next].bits, s) != is_member) {
        is_member = !is_member;
        turns.push_back({states[next].at, s, is_member});
      }
  };
  // Where all began before, those that are the same in all states have no turn.
  const bool all_began = std::max(begin, defined_) <= from;
  for (size_t w = 0; w < words_; ++w) {
    uint64_t differ = all_began ? 0 : ~uint64_t{0};
    for (const State& state : states) differ |= state.bits[w] ^ states[0].bits[w];
    for (; differ != 0; differ &= differ - 1)
      if (const auto s = static_cast<uint32_t>(64 * w + static_cast<size_t>(std::countr_zero(differ)));
          s < plan_->segments.size())
        add(s);
  }
  return turns;
}

// From their `from` on the memberships of these customers are not what was thought.
void Fold::correct(std::span<const Work> works, Seq visible) {
  counts_.walks += works.size();
  std::vector<std::vector<Profile>> members(works.size());
  std::vector<CustomerEvaluator::Path> thought, is;
  std::vector<std::optional<size_t>> thought_of(works.size());
  for (size_t i = 0; i < works.size(); ++i) {
    const Work& of = works[i];
    identities_.members(of.leader, members[i]);
    is.push_back({.members = members[i], .from = walked_from(of), .to = learnt_, .part = of.part});
    if (of.old_begin == kNever || (of.is_merged && !of.before)) continue;
    thought_of[i] = thought.size();
    thought.push_back(is.back());
    if (of.is_merged) thought.back().members = *of.before;
  }
  looker_->walk(thought, visible);
  looker_->walk(is, profiles::kAllSeqs);
  for (size_t i = 0; i < works.size(); ++i) {
    const Instant start = walked_from(works[i]);
    const bool is_nobody = begin_[works[i].leader] == kNever;  // all their facts were those of others
    const auto turns = is_nobody ? std::vector<Turn>{} : turns_of(is[i].states, begin_[works[i].leader], start);
    tell_difference(
        works[i],
        thought_of[i] ? turns_of(thought[*thought_of[i]].states, works[i].old_begin, start) : std::vector<Turn>{},
        turns);
    const Profile leader = works[i].leader;
    // Of the segments that were not looked at, the last turn is where it was.
    if (works[i].part == Affected::kAll) settled_[leader] = std::min(settled_[leader], works[i].from);
    for (const Turn& turn : turns) settled_[leader] = std::max(settled_[leader], turn.at);
    std::vector<uint64_t> now = std::move(is[i].states.back().bits);
    const auto& looked_at = looker_->affected()[works[i].part].mask;
    for (size_t w = 0; w < words_; ++w) now[w] |= bits_[leader * words_ + w] & ~looked_at[w];
    if (is_nobody) std::ranges::fill(now, 0);
    set_bits(leader, now.data());
    look_again(leader, is_nobody ? kNever : is[i].next, works[i].part);
  }
}

// Before the earliest definition came into force nobody was anything: what happened then need not be gone through. Who
// has no fact (a link of two identifiers of which nothing is known) is looked at now.
Instant Fold::walked_from(const Work& of) const {
  return std::min(std::max(of.from, first_defined_), learnt_) - kTick;
}

// What was thought and what is, as changes. Both in order of segments, then instants.
void Fold::tell_difference(const Work& of, const std::vector<Turn>& thought, const std::vector<Turn>& is) {
  const feed::Cause cause = of.is_merged ? feed::Cause::Identity : feed::Cause::Event;
  const auto by_segment = [](const Turn& a, const Turn& b) {
    return std::tuple(a.segment, a.at, a.member) < std::tuple(b.segment, b.at, b.member);
  };
  std::vector<Turn> gone, come;
  std::ranges::set_difference(thought, is, std::back_inserter(gone), by_segment);
  std::ranges::set_difference(is, thought, std::back_inserter(come), by_segment);
  std::vector<bool> is_paired(come.size());
  for (const Turn& turn : gone) {
    Flip like{.profile = of.leader, .segment = version_of_plan_[turn.segment], .at = turn.at, .learnt = learnt_};
    like.kind = turn.member ? feed::ChangeKind::Entered : feed::ChangeKind::Left;
    const auto original = original_of(like);
    // A turn of the same kind elsewhere: it is the one that moved.
    size_t moved = 0;
    while (moved < come.size() &&
           (is_paired[moved] || come[moved].segment != turn.segment || come[moved].member != turn.member))
      ++moved;
    if (moved < come.size()) {
      is_paired[moved] = true;
      emit(of.leader, turn.segment, like.kind, cause, come[moved].at, original);
    } else if (original) {
      emit(of.leader, turn.segment, feed::ChangeKind::Voided, cause, turn.at, original);
    } else {
      // Carried over from the segment's version before: there was no change that could be voided.
      emit(of.leader, turn.segment, turn.member ? feed::ChangeKind::Left : feed::ChangeKind::Entered, cause, turn.at);
    }
  }
  for (size_t i = 0; i < come.size(); ++i)
    if (!is_paired[i])
      emit(of.leader, come[i].segment, come[i].member ? feed::ChangeKind::Entered : feed::ChangeKind::Left, cause,
           come[i].at);
}

Instant Fold::begin_of_members(Profile leader) {
  std::vector<Profile> members;
  identities_.members(leader, members);
  Instant begin = kNever;
  for (const Profile each : members) begin = std::min(begin, own_begin_[each]);
  return begin;
}

void Fold::retire(Profile former, Profile into) {
  for (uint32_t s = 0; s < plan_->segments.size(); ++s)
    if (is_member(former, s)) emit(former, s, feed::ChangeKind::Left, feed::Cause::Identity, learnt_);
  const std::vector<uint64_t> none(words_);
  set_bits(former, none.data());
  next_[former] = kNever;
  begin_[former] = kNever;
  settled_[former] = kEver;
  fresh_.push_back({.id = {},
                    .profile = former,
                    .segment = 0,
                    .kind = feed::ChangeKind::Merged,
                    .cause = feed::Cause::Identity,
                    .at = learnt_,
                    .learnt = learnt_,
                    .correction_of = {},
                    .into = into});
}

// --- memberships and changes

void Fold::set_bits(Profile leader, const uint64_t* bits) {
  uint64_t* const own = bits_.data() + leader * words_;
  for (size_t w = 0; w < words_; ++w) {
    for (uint64_t turned = own[w] ^ bits[w]; turned != 0; turned &= turned - 1) {
      const size_t segment = 64 * w + static_cast<size_t>(std::countr_zero(turned));
      if (bit_of({bits, words_}, segment))
        members_[segment].add(leader);
      else
        members_[segment].remove(leader);
    }
    own[w] = bits[w];
  }
}

void Fold::emit(Profile leader, uint32_t plan_segment, feed::ChangeKind kind, feed::Cause cause, Instant at,
                std::optional<feed::ChangeId> correction_of) {
  fresh_.push_back({.id = {},
                    .profile = leader,
                    .segment = version_of_plan_[plan_segment],
                    .kind = kind,
                    .cause = cause,
                    .at = at,
                    .learnt = learnt_,
                    .correction_of = correction_of,
                    .into = {}});
}

// Gives the changes so far their ids. They are in the order of the instants at which they became true, so that a reader
// who applies them one by one ends with what is true. By the names of segments and not by their numbers, which are
// others after a restart: the same entry gives the same ids whenever it is taken in.
void Fold::publish() {
  // Sorted is what they are ordered by, which is smaller than they are; the last is their place, so that equals stay.
  struct Key {
    Instant at;
    uint64_t of;  // profile, whether it merges, rank
    size_t place;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<Key> keys;
  keys.reserve(fresh_.size());
  for (const Flip& flip : fresh_) {
    const bool merges = flip.kind == feed::ChangeKind::Merged;
    const uint64_t of = uint64_t{flip.profile} << 32 | (merges ? kMergesLast : rank_[flip.segment]);
    keys.push_back({flip.at, of, keys.size()});
  }
  std::ranges::sort(keys);
  uint32_t ordinal = !flips_.empty() && flips_.back().id.offset == offset_ ? flips_.back().id.ordinal + 1 : 0;
  for (const Key& key : keys) {
    Flip& flip = fresh_[key.place];
    flip.id = {offset_, ordinal++};
    const uint32_t segment = flip.kind == feed::ChangeKind::Merged ? kNotInForce : plan_of_version_[flip.segment];
    flip.is_member = segment != kNotInForce && is_member(flip.profile, segment);
    inflow_->page().flips.push_back(flip);
    previous_flip_.push_back(std::exchange(last_flip_[flip.profile], dropped_flips_ + flips_.size()));
    flips_.push_back(flip);
  }
  counts_.flips += fresh_.size();
  fresh_.clear();
  while (flips_.size() > limits_.kept_flips) {
    flips_.pop_front();
    previous_flip_.pop_front();
    ++dropped_flips_;
  }
}

std::vector<Flip> Fold::fresh() const {
  const auto from = std::ranges::partition_point(flips_, [&](const Flip& flip) { return flip.id.offset < offset_; });
  return {from, flips_.end()};
}

std::optional<size_t> Fold::find_segment(std::string_view name) const {
  for (size_t s = 0; s < plan_->segments.size(); ++s) {
    const auto& output = plan_->outputs[plan_->segments[s]];
    if (output.slug == name || output.name == name) return s;
  }
  return std::nullopt;
}

std::optional<feed::ChangeId> Fold::original_of(const Flip& like) const {
  for (uint64_t at = last_flip_[like.profile]; at != kNoFlip && at >= dropped_flips_;
       at = previous_flip_[at - dropped_flips_]) {
    const Flip& flip = flips_[at - dropped_flips_];
    if (flip.segment == like.segment && flip.at == like.at && flip.kind == like.kind) return flip.id;
  }
  return find_change_ ? find_change_(like, versions_[like.segment]) : std::nullopt;
}

size_t Fold::bytes() const {
  size_t bytes = identities_.bytes() + memory_->histories.bytes() + memory_->dictionary.bytes() + recent_.bytes() +
                 rulings_.bytes() + bits_.capacity() * 8 + next_.capacity() * 40 + flips_.size() * (sizeof(Flip) + 8) +
                 timers_->size() * 8;
  for (const MemberSet& members : members_) bytes += members.bytes();
  return bytes;
}

}  // namespace tessera::fold

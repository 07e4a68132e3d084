#include "live/look.hpp"

#include <algorithm>
#include <bit>

#include "core/parallel.hpp"

namespace tessera::live {

namespace {

constexpr size_t kBlock = 256;  // customers unpacked together: their rows stay in the second-level cache

// What a plan is bound for at first; beyond it sums are computed with 128 bits.
constexpr segment::Limits kUsual{.largest = int64_t{1} << 40, .rows = uint64_t{1} << 20, .texts = 1 << 16};

}  // namespace

struct Looker::Workspace {
  Unpacked unpacked;
  segment::Limits limits = kUsual;
  std::optional<segment::Bound> bound;
  std::unique_ptr<segment::Evaluator> evaluator;

  void bind(const segment::Plan& plan) {
    evaluator.reset();
    auto made = segment::Bound::bind(plan, unpacked.history, limits);
    VERIFY(made.has_value());  // the plan was bound once when its definitions were applied
    bound.emplace(std::move(*made));
    evaluator = std::make_unique<segment::Evaluator>(
        *bound, segment::EvaluateOptions{.next_change = true, .may_be_early = true, .values = {}});
  }
};

Looker::Looker(const segment::Plan& plan, const Identities& identities, const Histories& histories,
               profiles::Dictionary dictionary)
    : plan_(plan),
      identities_(identities),
      histories_(histories),
      dictionary_(std::move(dictionary)),
      words_(plan.segments.size() / 64 + 1) {
  // A text that a condition names keeps its id when it comes in later.
  for (const std::string& text : segment::literal_texts(plan)) dictionary_.intern(text);
}

Looker::~Looker() = default;

std::unique_ptr<Looker::Workspace> Looker::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
  }
  auto workspace = std::make_unique<Workspace>();
  workspace->unpacked.history.dictionary = dictionary_;
  return workspace;
}

void Looker::give_back(std::unique_ptr<Workspace> workspace) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

void Looker::evaluate(Workspace& workspace, std::span<const std::span<const Profile>> customers,
                      std::span<const Instant> at, profiles::Seq visible, uint64_t* bits, Instant* look) {
  bool is_new = histories_.fit(workspace.unpacked) || !workspace.bound;
  histories_.unpack(customers, workspace.unpacked);
  segment::Limits& limits = workspace.limits;
  // Twice what is needed, so that a growing history is bound anew a few times only.
  const auto make_room = [&](auto& limit, auto needed) {
    if (needed <= limit) return;
    limit = needed > std::numeric_limits<std::decay_t<decltype(limit)>>::max() / 2 ? needed : 2 * needed;
    is_new = true;
  };
  make_room(limits.largest, histories_.largest_number());
  make_room(limits.rows, workspace.unpacked.most_rows);
  make_room(limits.texts, dictionary_.size());
  if (is_new) workspace.bind(plan_);
  workspace.evaluator->run(0, at, visible);
  segment::Evaluation found = workspace.evaluator->make({0, static_cast<profiles::CustomerIndex>(customers.size())});
  workspace.evaluator->copy_to(found, 0);
  std::fill_n(bits, customers.size() * words_, 0);
  for (size_t s = 0; s < found.members.size(); ++s)
    for (size_t w = 0; w < found.members[s].size(); ++w)
      for (uint64_t word = found.members[s][w]; word != 0; word &= word - 1) {
        const size_t i = 64 * w + static_cast<size_t>(std::countr_zero(word));
        if (i < customers.size()) bits[i * words_ + s / 64] |= uint64_t{1} << (s % 64);
      }
  std::ranges::copy(found.next_change, look);
}

void Looker::look(std::span<const Lane> lanes, std::span<uint64_t> bits, std::span<Instant> look) {
  parallel_for(lanes.size(), kBlock, [&](size_t from, size_t to) {
    auto workspace = borrow();
    std::vector<Profile> profiles, of_one;
    std::vector<size_t> ends;
    std::vector<Instant> at;
    for (size_t i = from; i < to; ++i) {
      identities_.members(lanes[i].leader, of_one);
      profiles.insert(profiles.end(), of_one.begin(), of_one.end());
      ends.push_back(profiles.size());
      at.push_back(lanes[i].at);
    }
    std::vector<std::span<const Profile>> customers;
    for (size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++])
      customers.emplace_back(profiles.data() + begin, ends[i] - begin);
    evaluate(*workspace, customers, at, profiles::kAllSeqs, bits.data() + from * words_, look.data() + from);
    give_back(std::move(workspace));
  });
}

std::vector<State> Looker::walk(std::span<const Profile> members, Instant from, Instant to, profiles::Seq visible,
                                Instant* next) {
  auto workspace = borrow();
  std::vector<State> states;
  std::vector<uint64_t> bits(words_);
  for (Instant at = from; at <= to;) {
    const Instant here = at;
    evaluate(*workspace, {&members, 1}, {&here, 1}, visible, bits.data(), &at);
    if (states.empty() || states.back().bits != bits) states.push_back({here, bits});
    if (next) *next = at;
  }
  give_back(std::move(workspace));
  return states;
}

}  // namespace tessera::live

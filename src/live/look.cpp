#include "live/look.hpp"

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"

namespace tessera::live {

namespace {

constexpr size_t kBlock = 256;  // customers unpacked together: their rows stay in the second-level cache
constexpr size_t kFew = 24;     // customers; with fewer, a part is not worth a block of its own

// What a plan is bound for at first; beyond it sums are computed with 128 bits.
constexpr segment::Limits kUsual{.largest = int64_t{1} << 40, .rows = uint64_t{1} << 20, .texts = 1 << 16};

}  // namespace

struct Looker::Workspace {
  Unpacked unpacked;
  segment::Limits limits = kUsual;
  std::optional<segment::Bound> bound;
  std::unique_ptr<segment::Evaluator> evaluator;
  // Of the block at hand.
  std::vector<std::span<const Profile>> customers;
  std::vector<Instant> at, looks;
  std::vector<uint64_t*> rows;

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
      words_(plan.segments.size() / 64 + 1),
      affected_(plan, histories.shape()) {
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

void Looker::evaluate(Workspace& workspace, std::span<const Task> tasks, const Affected::Segments& part,
                      profiles::Seq visible) {
  bool is_new = histories_.fit(workspace.unpacked) || !workspace.bound;
  workspace.customers.clear();
  workspace.at.clear();
  workspace.rows.clear();
  for (const Task& task : tasks) {
    workspace.customers.push_back(task.members);
    workspace.at.push_back(task.at);
    workspace.rows.push_back(task.bits);
  }
  histories_.unpack(workspace.customers, part.streams, workspace.unpacked);
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
  workspace.evaluator->run(0, workspace.at, visible, part.selection);
  workspace.looks.resize(tasks.size());
  workspace.evaluator->copy_rows(part.selection, workspace.rows, workspace.looks);
  for (size_t i = 0; i < tasks.size(); ++i) *tasks[i].look = workspace.looks[i];
}

// Tasks of one part together, in blocks. A part of few goes with others of few: evaluating a node costs something
// however few the customers are.
void Looker::run(std::span<Task> tasks, profiles::Seq visible) {
  std::ranges::stable_sort(tasks, {}, &Task::part);
  struct Group {
    size_t from, to;
    Part part;
  };
  std::vector<Group> groups;
  for (size_t from = 0, to; from < tasks.size(); from = to) {
    for (to = from + 1; to < tasks.size() && tasks[to].part == tasks[from].part;) ++to;
    const auto are_few = [](size_t begin, size_t end) { return end - begin < kFew; };
    if (!groups.empty() && (are_few(from, to) || are_few(groups.back().from, groups.back().to)))
      groups.back() = {groups.back().from, to, affected_.both(groups.back().part, tasks[from].part)};
    else
      groups.push_back({from, to, tasks[from].part});
  }
  std::vector<Group> blocks;
  for (const Group& group : groups) {
    // As many blocks as there are cores to share them, if they are not too small for it.
    const size_t size = std::clamp((group.to - group.from + thread_count() - 1) / thread_count(), kFew, kBlock);
    for (size_t from = group.from; from < group.to; from += size)
      blocks.push_back({from, std::min(group.to, from + size), group.part});
    affected_.fit(group.part);
  }
  parallel_for(blocks.size(), 1, [&](size_t from, size_t to) {
    auto workspace = borrow();
    for (size_t b = from; b < to; ++b)
      evaluate(*workspace, tasks.subspan(blocks[b].from, blocks[b].to - blocks[b].from), affected_[blocks[b].part],
               visible);
    give_back(std::move(workspace));
  });
}

void Looker::look(std::span<const Lane> lanes, std::span<uint64_t> bits, std::span<Instant> look) {
  std::vector<Profile> profiles, of_one;
  std::vector<size_t> ends;
  for (const Lane& lane : lanes) {
    identities_.members(lane.leader, of_one);
    profiles.insert(profiles.end(), of_one.begin(), of_one.end());
    ends.push_back(profiles.size());
  }
  std::vector<Task> tasks;
  tasks.reserve(lanes.size());
  for (size_t i = 0, begin = 0; i < lanes.size(); begin = ends[i++])
    tasks.push_back({.members = {profiles.data() + begin, ends[i] - begin},
                     .at = lanes[i].at,
                     .part = lanes[i].part,
                     .bits = bits.data() + i * words_,
                     .look = &look[i]});
  run(tasks, profiles::kAllSeqs);
}

void Looker::walk(std::span<Path> paths, profiles::Seq visible) {
  std::vector<uint64_t> bits(paths.size() * words_);
  std::vector<Instant> at;
  for (const Path& path : paths) at.push_back(path.from);
  for (std::vector<Task> tasks;; tasks.clear()) {
    std::vector<Instant> here = at;
    for (size_t i = 0; i < paths.size(); ++i)
      if (at[i] <= paths[i].to)
        tasks.push_back({.members = paths[i].members,
                         .at = at[i],
                         .part = paths[i].part,
                         .bits = bits.data() + i * words_,
                         .look = &at[i]});
    if (tasks.empty()) break;
    run(tasks, visible);
    for (size_t i = 0; i < paths.size(); ++i) {
      if (here[i] > paths[i].to) continue;
      const std::span<const uint64_t> now(bits.data() + i * words_, words_);
      if (paths[i].states.empty() || !std::ranges::equal(paths[i].states.back().bits, now))
        paths[i].states.push_back({here[i], {now.begin(), now.end()}});
    }
  }
  for (size_t i = 0; i < paths.size(); ++i) paths[i].next = at[i];
}

}  // namespace tessera::live

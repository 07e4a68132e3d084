#include "fold/evaluate_customers.hpp"

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"

namespace tessera::fold {

using profiles::Seq;

namespace {

constexpr size_t kBlock = 256;  // customers unpacked together: their rows stay in the second-level cache
constexpr size_t kFew = 24;     // customers; with fewer, a part is not worth a block of its own
constexpr size_t kShared = 64;  // customers; with fewer, a block is not worth being shared by two cores

// Kept unpacked is what fits into so many bytes (estimated), those looked at last.
constexpr size_t kKeptBytes = 256 << 20;
constexpr size_t kMostMet = 4096;  // customers

// What a plan is bound for at first; beyond it sums are computed with 128 bits.
constexpr segment::Limits kUsual{.largest = int64_t{1} << 40, .rows = uint64_t{1} << 20, .texts = 1 << 16};

}  // namespace

struct CustomerEvaluator::Workspace {
  Unpacked unpacked;
  segment::Limits limits = kUsual;
  std::optional<segment::Bound> bound;
  std::unique_ptr<segment::Evaluator> evaluator;
  // Of the block at hand.
  std::vector<std::span<const Profile>> customers;
  std::vector<Instant> at, looks;
  std::vector<uint64_t*> rows;
  std::vector<uint64_t> before;

  // Twice what is needed, so that a growing history is bound anew a few times only. True where it is to be bound anew.
  bool fits(int64_t largest, size_t texts) const {
    return bound && largest <= limits.largest && unpacked.most_rows <= limits.rows && texts <= limits.texts;
  }
  void bind(const segment::Plan& plan, int64_t largest, size_t texts, bool one_customer) {
    const auto make_room = [](auto& limit, auto needed) {
      if (needed > limit)
        limit = needed > std::numeric_limits<std::decay_t<decltype(limit)>>::max() / 2 ? needed : 2 * needed;
    };
    make_room(limits.largest, largest);
    make_room(limits.rows, unpacked.most_rows);
    make_room(limits.texts, texts);
    evaluator.reset();
    auto made = segment::Bound::bind(plan, unpacked.history, limits);
    VERIFY(made.has_value());  // the plan was bound once when its definitions were applied
    bound.emplace(std::move(*made));
    evaluator = std::make_unique<segment::Evaluator>(
        *bound, segment::EvaluateOptions{
                    .next_change = true, .may_be_early = true, .one_customer = one_customer, .values = {}});
  }
};

struct CustomerEvaluator::Kept {
  Workspace workspace;
  std::vector<Profile> members;
  std::vector<Histories::Place> places;
  std::vector<uint32_t> changed;
  uint64_t used = 0;  // when: the run

  Seq newest() const {
    Seq newest = 0;
    for (const Histories::Place& place : places) newest = std::max(newest, place.seq);
    return newest;
  }
  size_t bytes() const {
    size_t bytes = workspace.evaluator ? workspace.evaluator->bytes() : 0;
    for (const profiles::Stream& stream : workspace.unpacked.history.streams)
      bytes += stream.rows() * (12 + 12 * stream.columns.size());
    return bytes;
  }
};

CustomerEvaluator::CustomerEvaluator(const segment::Plan& plan, const Identities& identities,
                                     const Histories& histories, profiles::Dictionary dictionary, uint64_t kept_from)
    : plan_(plan),
      identities_(identities),
      histories_(histories),
      dictionary_(std::move(dictionary)),
      kept_from_(kept_from),
      words_(plan.segments.size() / 64 + 1),
      affected_(plan, histories.shape()) {
  // A text that a condition names keeps its id when it comes in later.
  for (const std::string& text : segment::literal_texts(plan)) dictionary_.intern(text);
}

CustomerEvaluator::~CustomerEvaluator() = default;

std::unique_ptr<CustomerEvaluator::Workspace> CustomerEvaluator::borrow() {
  {
    const auto idle = idle_.lock();
    if (!idle->empty()) {
      auto workspace = std::move(idle->back());
      idle->pop_back();
      return workspace;
    }
  }
  auto workspace = std::make_unique<Workspace>();
  workspace->unpacked.history.dictionary = dictionary_;
  return workspace;
}

void CustomerEvaluator::give_back(std::unique_ptr<Workspace> workspace) {
  idle_.lock()->push_back(std::move(workspace));
}

void CustomerEvaluator::evaluate(Workspace& workspace, std::span<const Task> tasks, const Affected::Segments& part,
                                 profiles::Seq visible) {
  const bool is_new = histories_.fit(workspace.unpacked);
  workspace.customers.clear();
  workspace.at.clear();
  workspace.rows.clear();
  workspace.before.clear();
  // Evaluated together with others, of more than was asked: what was not is left as it is.
  const auto is_wider = [&](size_t i) { return &affected_[tasks[i].part] != &part; };
  for (const Task& task : tasks) {
    workspace.customers.push_back(task.members);
    workspace.at.push_back(task.at);
    workspace.rows.push_back(task.bits);
  }
  histories_.unpack(workspace.customers, part.streams, workspace.unpacked);
  if (is_new || !workspace.fits(histories_.largest_number(), dictionary_.size()))
    workspace.bind(plan_, histories_.largest_number(), dictionary_.size(), false);
  workspace.evaluator->run(0, workspace.at, visible, part.selection);
  workspace.looks.resize(tasks.size());
  for (size_t i = 0; i < tasks.size(); ++i)
    if (is_wider(i)) std::copy_n(tasks[i].bits, words_, std::back_inserter(workspace.before));
  workspace.evaluator->copy_rows(part.selection, workspace.rows, workspace.looks);
  for (size_t i = 0, kept = 0; i < tasks.size(); ++i) {
    if (!is_wider(i)) continue;
    const auto& own = affected_[tasks[i].part].mask;
    for (size_t w = 0; w < words_; ++w, ++kept)
      tasks[i].bits[w] = (tasks[i].bits[w] & own[w]) | (workspace.before[kept] & ~own[w]);
  }
  for (size_t i = 0; i < tasks.size(); ++i) *tasks[i].look = workspace.looks[i];
}

// Whether the customer is to be evaluated where it is kept.
bool CustomerEvaluator::is_kept(const Task& task) {
  uint64_t facts = 0;
  for (const Profile member : task.members) facts += histories_.rows(member);
  if (facts < kept_from_) return false;
  const Profile leader = task.members[0];
  if (kept_.contains(leader)) return true;
  if (met_.size() > kMostMet) met_.clear();
  if (met_.insert(leader).second) return false;
  auto& kept = kept_[leader] = std::make_unique<Kept>();
  kept->workspace.unpacked.history.dictionary = dictionary_;
  return true;
}

// False where it cannot: it knows more than is visible, or is asked what the customer was when it had other profiles.
bool CustomerEvaluator::evaluate_kept(Kept& kept, const Task& task, Seq visible) {
  Workspace& workspace = kept.workspace;
  const bool are_others = !std::ranges::equal(kept.members, task.members);
  if (visible != profiles::kAllSeqs && (are_others || kept.newest() >= visible)) return false;
  bool is_new = !workspace.bound;
  if (are_others) workspace.unpacked.version = ~uint64_t{0};
  if (histories_.fit(workspace.unpacked)) {
    kept.members.assign(task.members.begin(), task.members.end());
    kept.places.assign(task.members.size(), {});
    is_new = true;
  }
  histories_.extend(kept.members, kept.places, visible, workspace.unpacked, kept.changed);
  if (is_new || !workspace.fits(histories_.largest_number(), dictionary_.size()))
    workspace.bind(plan_, histories_.largest_number(), dictionary_.size(), true);
  const auto& streams = workspace.unpacked.history.streams;
  for (size_t s = 0; s < streams.size(); ++s)
    if (kept.changed[s] < streams[s].rows()) workspace.evaluator->rows_changed(streams[s], kept.changed[s]);
  const auto& selection = affected_[task.part].selection;
  workspace.evaluator->run(0, {&task.at, 1}, profiles::kAllSeqs, selection);
  workspace.evaluator->copy_rows(selection, {&task.bits, 1}, {task.look, 1});
  return true;
}

// Those that were not looked at for longest, until the others fit.
void CustomerEvaluator::let_go() {
  size_t bytes = 0;
  for (const auto& [leader, kept] : kept_) bytes += kept->bytes();
  while (bytes > kKeptBytes && kept_.size() > 1) {
    const auto oldest = std::ranges::min_element(kept_, {}, [](const auto& each) { return each.second->used; });
    bytes -= oldest->second->bytes();
    kept_.erase(oldest);
  }
}

// Tasks of one part together, in blocks. A part of few goes with others of few: evaluating a node costs something
// however few the customers are.
void CustomerEvaluator::run(std::span<Task> tasks, profiles::Seq visible) {
  ++runs_;
  using enum Histories::Fetch;
  const auto expect = [&](size_t i, Histories::Fetch what) {
    if (i < tasks.size()) histories_.expect(tasks[i].members[0], what);
  };
  for (size_t i = 0; i < tasks.size() + 8; ++i) {
    expect(i, Pointer);
    if (i >= 8) expect(i - 8, Head);
  }
  const auto many = std::ranges::stable_partition(tasks, [&](const Task& task) { return !is_kept(task); });
  Guarded<std::vector<Task>> back;  // of those that are kept, the ones that have to be unpacked once more
  if (!many.empty()) {
    for (const Task& task : many) affected_.fit(task.part);
    parallel_for(many.size(), 1, [&](size_t i, size_t) {
      Kept& kept = *kept_.find(many[i].members[0])->second;
      kept.used = runs_;
      if (evaluate_kept(kept, many[i], visible)) return;
      back.lock()->push_back(many[i]);
    });
    let_go();
  }
  run_blocks(tasks.first(tasks.size() - many.size()), visible);
  run_blocks(*back.lock(), visible);
}

void CustomerEvaluator::run_blocks(std::span<Task> tasks, profiles::Seq visible) {
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
    const size_t size = std::clamp((group.to - group.from + thread_count() - 1) / thread_count(), kShared, kBlock);
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

void CustomerEvaluator::look(std::span<const Lane> lanes, std::span<uint64_t> bits, std::span<Instant> look) {
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

void CustomerEvaluator::walk(std::span<Path> paths, profiles::Seq visible) {
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

}  // namespace tessera::fold

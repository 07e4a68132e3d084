#include "live/engine.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "live/entry.hpp"
#include "live/fold.hpp"
#include "live/in_force.hpp"
#include "live/recorder.hpp"
#include "profiles/people.hpp"
#include "segment/print.hpp"
#include "store/log.hpp"

namespace tessera::live {

namespace {

using Done = std::function<void(Result<uint64_t>)>;

constexpr uint64_t kGroupBytes = 8 << 20;  // of one entry of events
constexpr size_t kWaitingPages = 4;        // taken and not yet recorded; beyond it the applier waits
constexpr auto kBeat = std::chrono::milliseconds(20);

struct Waiting {  // in the queue before the log
  EntryKind kind = EntryKind::Events;
  Submission submission;  // Define, Remove: body is the text
  Done done;
  std::shared_ptr<std::promise<Result<Json>>> applied;  // Define, Remove
};

struct Logged {  // on disk, before the fold
  uint64_t offset = 0, next = 0;
  std::string payload;
  std::shared_ptr<std::promise<Result<Json>>> applied;
};

struct SourceState {
  uint64_t calls = 0;
  Instant first = kNever, newest = kEver;
  Duration usual_gap{};  // a moving average
};

}  // namespace

struct Engine::Subscription {
  Listener listener;
};

struct Engine::State {
  store::Record& record;
  const Settings settings;
  const Clock& clock;
  MakeReader make_reader;
  std::unique_ptr<store::Log> log;
  std::unique_ptr<Recorder> recorder, lookup;  // the second is for questions, under lookup_mutex
  std::mutex lookup_mutex, recorder_mutex;

  // --- what the fold knows; written by the applier alone
  std::shared_mutex fold_mutex;
  std::unique_ptr<Fold> fold;
  std::unique_ptr<Reader> reader;
  InForce in_force;
  std::map<std::string, SourceState, std::less<>> sources;

  // --- before the log
  std::mutex queue_mutex;
  std::condition_variable queue_news;
  std::deque<Waiting> queue;
  uint64_t queue_bytes = 0;
  bool is_stopping = false;

  // --- behind the log
  std::mutex behind_mutex;
  std::condition_variable behind_news, applied_news;
  std::deque<Logged> behind;
  uint64_t behind_bytes = 0, applied_until = 0;
  bool is_log_ended = false;

  // --- to the record
  std::mutex pages_mutex;
  std::condition_variable pages_news, recorded_news;
  std::deque<Page> pages;
  bool are_pages_ended = false, is_writing = false;
  std::string trouble;  // why the record cannot be written at the moment
  std::atomic<uint64_t> recorded_until{0};

  std::atomic<int64_t> next_due{kNever.ms}, last_learnt{kEver.ms};
  std::atomic<uint64_t> logged_entries{0}, busy{0}, log_failures{0};

  std::mutex listeners_mutex;
  std::vector<std::weak_ptr<Subscription>> listeners;
  ChangeId last_told{};

  std::thread writer, applier, recording;

  State(store::Record& of, Settings how, const Clock& time, MakeReader readers)
      : record(of), settings(std::move(how)), clock(time), make_reader(std::move(readers)) {}

  Result<void> open(const std::string& folder);
  Result<void> replay();
  void write_log();
  void write_group(std::vector<Waiting> group);
  void apply_log();
  Result<Json> apply(const Logged& logged);
  Result<Json> redefine(const LogEntry& entry, const Logged& logged);
  void note_source(std::string_view name, Instant at);
  void tell(std::span<const Flip> flips);
  Change change_of(const Flip& flip) const;
  std::string public_id(Profile profile) const;
  void hand_over_page();
  void wait_for_record();
  void record_pages();
  void end_recording();
  Result<Json> define(EntryKind kind, const std::string& text);
};

// --- starting

Result<void> Engine::State::open(const std::string& folder) {
  recorder = TRY(Recorder::open(record, settings.classify));
  lookup = TRY(Recorder::open(record, {}));
  const auto applied = TRY(recorder->applied());
  log = TRY(store::Log::open(folder, {.begin = applied.offset}));
  if (applied.offset < log->first() || applied.offset > log->end())
    return fail(fmt::format("the record is at offset {} of the log, which has {} to {}: one of them is of another time",
                            applied.offset, log->first(), log->end()),
                folder,
                "restore the record and the log of one backup, or move the log's folder away to go on without it");
  const auto schema = TRY(recorder->schema());
  in_force = TRY(InForce::read(recorder->connection(), schema));
  auto memory = TRY(recorder->memory(TRY(Fold::wanted_by(in_force.definitions()))));
  fold = TRY(Fold::make(
      in_force.definitions(),
      {.remembered_messages = settings.remembered_messages, .kept_flips = settings.feed_changes},
      [this](const Flip& like, const SegmentVersion& segment) -> std::optional<ChangeId> {
        const std::lock_guard lock(lookup_mutex);
        auto found = lookup->find_change(like, segment);
        return found ? *found : std::nullopt;
      },
      std::move(memory)));
  TRY(recorder->fill(*fold, clock.now() - settings.remembered_for));
  fold->restore(TRY(recorder->begins()), applied.at, applied.next_seq, recorder->events());
  reader = make_reader(fold->intake());
  recorded_until = applied.offset;
  applied_until = applied.offset;
  last_learnt = applied.at.ms;
  return {};
}

// What the log has beyond the record.
Result<void> Engine::State::replay() {
  auto frames = TRY(log->read_from(recorded_until));
  while (const auto frame = TRY(frames.next())) {
    TRY(decode(frame->payload));
    // What was refused then is refused again.
    (void)apply({frame->offset, frame->next, std::string(frame->payload), nullptr});
    applied_until = frame->next;
    if (fold->inflow().page_rows() >= settings.page_rows) hand_over_page();
  }
  hand_over_page();
  next_due = fold->next_due().ms;
  return {};
}

Result<std::unique_ptr<Engine>> Engine::start(store::Record& record, const std::string& log_folder,
                                              MakeReader make_reader, const Settings& settings, const Clock& clock) {
  auto state = std::make_unique<State>(record, settings, clock, std::move(make_reader));
  TRY(state->open(log_folder));
  State& s = *state;
  s.recording = std::thread([&s] { s.record_pages(); });
  if (auto replayed = s.replay(); !replayed) {
    s.end_recording();
    return std::unexpected(replayed.error());
  }
  s.last_told = TRY(s.lookup->last_change()).value_or(ChangeId{});
  if (!s.fold->flips().empty()) s.last_told = s.fold->flips().back().id;
  s.writer = std::thread([&s] { s.write_log(); });
  s.applier = std::thread([&s] { s.apply_log(); });
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() {
  (void)stop();
}

Result<void> Engine::stop() {
  State& s = *state_;
  {
    const std::lock_guard lock(s.queue_mutex);
    s.is_stopping = true;
  }
  s.queue_news.notify_all();
  if (s.writer.joinable()) s.writer.join();
  {
    const std::lock_guard lock(s.behind_mutex);
    s.is_log_ended = true;
  }
  s.behind_news.notify_all();
  if (s.applier.joinable()) s.applier.join();
  s.end_recording();
  if (!s.trouble.empty())
    return fail("the record could not be written: " + s.trouble, {},
                "what was acknowledged is in the log; it is recorded at the next start");
  return {};
}

// --- before the log

Taken Engine::submit(Submission submission, Done done) {
  State& s = *state_;
  const uint64_t bytes = submission.body.size() + 256;
  {
    const std::lock_guard behind(s.behind_mutex);
    if (s.behind_bytes > s.settings.behind_bytes) {
      ++s.busy;
      return Taken::Busy;
    }
  }
  {
    const std::lock_guard lock(s.queue_mutex);
    if (s.is_stopping || s.queue_bytes + bytes > s.settings.queue_bytes) {
      ++s.busy;
      return Taken::Busy;
    }
    s.queue_bytes += bytes;
    s.queue.push_back({EntryKind::Events, std::move(submission), std::move(done), nullptr});
  }
  s.queue_news.notify_one();
  return Taken::Yes;
}

void Engine::State::write_log() {
  for (;;) {
    std::vector<Waiting> group;
    {
      std::unique_lock lock(queue_mutex);
      const auto is_due = [&] {
        const int64_t due = next_due;
        return due > last_learnt && due <= clock.now().ms;
      };
      queue_news.wait_for(lock, kBeat, [&] { return is_stopping || !queue.empty(); });
      if (queue.empty()) {
        if (is_stopping) return;
        if (!is_due()) continue;
        group.push_back({EntryKind::Tick, {}, {}, nullptr});
      }
      // Calls that wait together are one entry; a definition is one of its own.
      uint64_t bytes = 0;
      while (!queue.empty() && bytes < kGroupBytes && (group.empty() || queue.front().kind == EntryKind::Events)) {
        bytes += queue.front().submission.body.size() + 256;
        group.push_back(std::move(queue.front()));
        queue.pop_front();
        if (group.back().kind != EntryKind::Events) break;
      }
      queue_bytes -= std::min(queue_bytes, bytes);
    }
    write_group(std::move(group));
  }
}

void Engine::State::write_group(std::vector<Waiting> group) {
  LogEntry entry{.kind = group[0].kind, .learnt = std::max(clock.now(), Instant{last_learnt}), .calls = {}, .text = {}};
  if (entry.kind == EntryKind::Events)
    for (const Waiting& each : group)
      entry.calls.push_back({each.submission.source, each.submission.type, each.submission.body});
  else
    entry.text = group[0].submission.body;
  Logged logged{.offset = 0, .next = 0, .payload = encode(entry), .applied = group[0].applied};
  const std::string_view payload = logged.payload;
  const auto offset = log->append({&payload, 1});
  if (!offset) {
    ++log_failures;
    for (Waiting& each : group) {
      if (each.done) each.done(std::unexpected(offset.error()));
      if (each.applied) each.applied->set_value(std::unexpected(offset.error()));
    }
    // A full disk is not asked again and again for a tick.
    if (entry.kind == EntryKind::Tick) std::this_thread::sleep_for(10 * kBeat);
    return;
  }
  last_learnt = entry.learnt.ms;
  ++logged_entries;
  logged.offset = *offset;
  logged.next = log->end();
  {
    const std::lock_guard lock(behind_mutex);
    behind_bytes += logged.payload.size();
    behind.push_back(std::move(logged));
  }
  behind_news.notify_one();
  for (Waiting& each : group)
    if (each.done) each.done(*offset);
}

// --- the fold

void Engine::State::apply_log() {
  Instant flushed = clock.now();
  for (;;) {
    std::deque<Logged> taken;
    {
      std::unique_lock lock(behind_mutex);
      behind_news.wait_for(lock, kBeat, [&] { return is_log_ended || !behind.empty(); });
      if (behind.empty() && is_log_ended) break;
      taken.swap(behind);
    }
    for (Logged& logged : taken) {
      auto answer = apply(logged);
      if (logged.applied) logged.applied->set_value(std::move(answer));
      {
        const std::lock_guard lock(behind_mutex);
        behind_bytes -= logged.payload.size();
        applied_until = logged.next;
      }
      if (fold->inflow().page_rows() >= settings.page_rows) hand_over_page();
    }
    next_due = fold->next_due().ms;
    if (!taken.empty()) applied_news.notify_all();
    if (const Instant now = clock.now(); now - flushed >= settings.flush_after) {
      flushed = now;
      hand_over_page();
    }
  }
  hand_over_page();
}

Result<Json> Engine::State::apply(const Logged& logged) {
  auto decoded = decode(logged.payload);
  if (!decoded) return std::unexpected(decoded.error());
  const LogEntry& entry = *decoded;
  if (entry.kind == EntryKind::Define || entry.kind == EntryKind::Remove) return redefine(entry, logged);
  std::vector<Flip> fresh;
  {
    const std::unique_lock lock(fold_mutex);
    fold->begin(logged.offset, entry.learnt);
    for (const LogEntry::Call& call : entry.calls) {
      note_source(call.source, entry.learnt);
      reader->read({std::string(call.source), std::string(call.type), std::string(call.body)}, entry.learnt);
    }
    fold->finish(logged.next);
    fresh = fold->fresh();
  }
  tell(fresh);
  return Json();
}

Result<Json> Engine::State::redefine(const LogEntry& entry, const Logged& logged) {
  // Whatever the new definitions need of the record must be in it.
  hand_over_page();
  wait_for_record();
  const std::lock_guard recording_lock(recorder_mutex);
  auto changed = [&]() -> Result<InForce::Changed> {
    const auto schema = TRY(recorder->schema());
    return entry.kind == EntryKind::Define ? in_force.with(entry.text, schema, entry.learnt)
                                           : in_force.without(entry.text, schema, entry.learnt);
  }();
  std::unique_ptr<Memory> memory;
  Result<void> made;
  if (changed) {
    made = [&]() -> Result<void> {
      Wanted wanted = TRY(Fold::wanted_by(changed->now.definitions()));
      if (!fold->memory().shape.wanted().covers(wanted)) memory = TRY(recorder->memory(std::move(wanted)));
      return {};
    }();
    if (!made) changed = std::unexpected(made.error());
  }
  std::vector<Flip> fresh;
  {
    const std::unique_lock lock(fold_mutex);
    fold->begin(logged.offset, entry.learnt);
    if (changed) {
      if (auto set = fold->redefine(changed->now.definitions(), std::move(memory)); !set)
        changed = std::unexpected(set.error());
      else
        in_force = changed->now;
    }
    fold->finish(logged.next);
    fresh = fold->fresh();
  }
  const Page page = fold->take_page();
  if (auto written = recorder->write(page, changed ? &*changed : nullptr); !written) {
    // The entry is in the log; it is applied to the record at the next start.
    const std::lock_guard lock(pages_mutex);
    trouble = written.error().text();
  } else {
    recorded_until = page.until_offset;
  }
  tell(fresh);
  if (!changed) return std::unexpected(changed.error());
  uint64_t entered = 0, left = 0;
  for (const Flip& flip : fresh)
    if (flip.cause == Cause::Definition) ++(flip.kind == ChangeKind::Entered ? entered : left);
  Json names = Json::array();
  for (const auto& written : changed->written) names.add(written.slug);
  for (const auto& [kind, slug] : changed->removed) names.add(slug);
  return Json::object()
      .set("definitions", std::move(names))
      .set("entered", entered)
      .set("left", left)
      .set("in_force_since", text_of(entry.learnt))
      .set("warnings", changed->warnings);
}

void Engine::State::note_source(std::string_view name, Instant at) {
  auto found = sources.find(name);
  if (found == sources.end()) found = sources.emplace(std::string(name), SourceState{}).first;
  SourceState& source = found->second;
  if (source.calls++ > 0) {
    const int64_t gap = (at - source.newest).ms;
    source.usual_gap.ms += (gap - source.usual_gap.ms) / static_cast<int64_t>(std::min<uint64_t>(source.calls, 64));
  }
  source.first = std::min(source.first, at);
  source.newest = at;
}

// --- changes

std::string Engine::State::public_id(Profile profile) const {
  const Identities& identities = fold->identities();
  if (identities.kind(profile) == IdentifierKind::UserId) return std::string(identities.value(profile));
  return profiles::pseudonym_of(record.pseudonym_key(), identities.kind(profile), identities.value(profile));
}

Change Engine::State::change_of(const Flip& flip) const {
  Change change{.id = flip.id,
                .profile = flip.profile,
                .customer = public_id(flip.profile),
                .segment = {},
                .version = 0,
                .kind = flip.kind,
                .cause = flip.cause,
                .at = flip.at,
                .learnt = flip.learnt,
                .correction_of = flip.correction_of,
                .into = flip.into ? public_id(*flip.into) : std::string()};
  if (flip.kind != ChangeKind::Merged) {
    change.segment = fold->version_of(flip).slug;
    change.version = fold->version_of(flip).version;
  }
  return change;
}

void Engine::State::tell(std::span<const Flip> flips) {
  if (flips.empty()) return;
  const std::lock_guard lock(listeners_mutex);
  last_told = flips.back().id;
  std::erase_if(listeners, [](const auto& each) { return each.expired(); });
  if (listeners.empty()) return;
  std::vector<Change> changes;
  {
    const std::shared_lock reading(fold_mutex);
    for (const Flip& flip : flips) changes.push_back(change_of(flip));
  }
  for (const auto& each : listeners)
    if (const auto subscription = each.lock()) subscription->listener(changes);
}

std::pair<std::shared_ptr<Engine::Subscription>, std::string> Engine::subscribe(Listener listener) {
  auto subscription = std::make_shared<Subscription>(Subscription{std::move(listener)});
  const std::lock_guard lock(state_->listeners_mutex);
  state_->listeners.push_back(subscription);
  return {subscription, text_of(state_->last_told)};
}

Result<std::vector<Change>> Engine::changes_after(std::string_view id, size_t limit) {
  State& s = *state_;
  std::optional<ChangeId> after;
  if (!id.empty()) {
    after = parse_change_id(id);
    if (!after)
      return usage(fmt::format("'{}' is no id of a change", id), "they look like 4711-3; without one: from the oldest");
  }
  const auto is_behind = [&](const Flip& flip) { return !after || flip.id > *after; };
  std::vector<Change> out;
  const auto from_memory = [&](bool from_its_oldest) {
    const std::shared_lock lock(s.fold_mutex);
    const auto& flips = s.fold->flips();
    if (!from_its_oldest && (flips.empty() || is_behind(flips.front()))) return false;
    for (auto at = std::ranges::partition_point(flips, [&](const Flip& flip) { return !is_behind(flip); });
         at != flips.end() && out.size() < limit; ++at)
      out.push_back(s.change_of(*at));
    return true;
  };
  if (from_memory(false)) return out;
  {
    const std::lock_guard lock(s.lookup_mutex);
    out = TRY(s.lookup->changes_after(after, limit));
  }
  if (out.size() == limit) return out;
  // What is not recorded yet is in memory.
  if (!out.empty()) after = out.back().id;
  from_memory(true);
  return out;
}

// --- the record

void Engine::State::hand_over_page() {
  Page page;
  {
    const std::unique_lock lock(fold_mutex);
    if (!fold->has_rows()) return;
    page = fold->take_page();
  }
  std::unique_lock lock(pages_mutex);
  recorded_news.wait(lock, [&] { return pages.size() < kWaitingPages; });
  pages.push_back(std::move(page));
  pages_news.notify_one();
}

void Engine::State::end_recording() {
  {
    const std::lock_guard lock(pages_mutex);
    are_pages_ended = true;
  }
  pages_news.notify_all();
  if (recording.joinable()) recording.join();
}

void Engine::State::wait_for_record() {
  std::unique_lock lock(pages_mutex);
  recorded_news.wait(lock, [&] { return pages.empty() && !is_writing; });
}

void Engine::State::record_pages() {
  for (;;) {
    {
      std::unique_lock lock(pages_mutex);
      pages_news.wait(lock, [&] { return are_pages_ended || !pages.empty(); });
      if (pages.empty()) return;
      is_writing = true;
    }
    const Page& page = pages.front();  // stays where it is: only this thread takes from the front
    const auto written = [&] {
      const std::lock_guard lock(recorder_mutex);
      return recorder->write(page);
    }();
    if (written) {
      recorded_until = page.until_offset;
      (void)log->drop_before(page.until_offset);
    }
    std::unique_lock lock(pages_mutex);
    trouble = written ? "" : written.error().text();
    if (written) pages.pop_front();
    is_writing = false;
    recorded_news.notify_all();
    if (written) continue;
    // The disk is full, perhaps: what is acknowledged is in the log, and this page is tried again.
    if (are_pages_ended) return;
    lock.unlock();
    std::this_thread::sleep_for(50 * kBeat);
  }
}

void Engine::catch_up() {
  State& s = *state_;
  const uint64_t end = s.log->end();
  std::unique_lock lock(s.behind_mutex);
  s.applied_news.wait(lock, [&] { return s.applied_until >= end || s.is_log_ended; });
}

// --- definitions

Result<Json> Engine::State::define(EntryKind kind, const std::string& text) {
  auto applied = std::make_shared<std::promise<Result<Json>>>();
  auto answer = applied->get_future();
  {
    // What is wrong with it is said before it gets into the log.
    const std::shared_lock lock(fold_mutex);
    const std::lock_guard looking(lookup_mutex);
    const auto schema = TRY(lookup->schema());
    if (kind == EntryKind::Define)
      TRY(in_force.with(text, schema, kEver));
    else
      TRY(in_force.without(text, schema, kEver));
  }
  {
    const std::lock_guard lock(queue_mutex);
    if (is_stopping) return fail("the server is stopping");
    queue.push_back({kind, {.source = {}, .type = {}, .body = text}, {}, applied});
  }
  queue_news.notify_one();
  return answer.get();
}

Result<Json> Engine::apply_definitions(const std::string& text) {
  return state_->define(EntryKind::Define, text);
}

Result<Json> Engine::remove_definition(const std::string& slug) {
  return state_->define(EntryKind::Remove, slug);
}

// --- questions

Json Engine::segments() {
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  Json list = Json::array();
  const auto& outputs = s.fold->plan().outputs;
  for (size_t i = 0; i < s.fold->plan().segments.size(); ++i) {
    const std::string& slug = outputs[s.fold->plan().segments[i]].slug;
    const auto version = std::ranges::find(s.fold->definitions().segments, slug, &SegmentVersion::slug);
    const auto text = std::ranges::find_if(s.in_force.all(), [&](const segment::Definition& each) {
      return each.kind == segment::DefinitionKind::Segment && each.slug == slug;
    });
    list.add(Json::object()
                 .set("id", slug)
                 .set("name", version->name)
                 .set("version", uint64_t{version->version})
                 .set("since", text_of(version->since))
                 .set("members", uint64_t{s.fold->members(i).size()})
                 .set("definition", text == s.in_force.all().end() ? "" : segment::print(*text)));
  }
  return list;
}

Result<std::vector<std::string>> Engine::members(std::string_view segment, std::string_view after, size_t limit) {
  State& s = *state_;
  std::vector<std::string> ids;
  {
    const std::shared_lock lock(s.fold_mutex);
    const auto index = s.fold->find_segment(segment);
    if (!index)
      return fail(fmt::format("there is no segment '{}'", segment), {}, "see which there are: GET /api/v1/segments");
    for (const Profile profile : s.fold->members(*index).all()) ids.push_back(s.public_id(profile));
  }
  std::erase_if(ids, [&](const std::string& id) { return id <= after && !after.empty(); });
  if (ids.size() > limit) {
    std::ranges::nth_element(ids, ids.begin() + static_cast<ptrdiff_t>(limit));
    ids.resize(limit);
  }
  std::ranges::sort(ids);
  return ids;
}

std::optional<Json> Engine::customer(std::string_view id) {
  State& s = *state_;
  const std::shared_lock lock(s.fold_mutex);
  const Identities& identities = s.fold->identities();
  std::optional<Profile> found;
  for (const auto kind :
       {IdentifierKind::UserId, IdentifierKind::Email, IdentifierKind::Phone, IdentifierKind::AnonymousId})
    if (!found) found = identities.find(kind, id);
  if (!found && id.starts_with("c-")) {
    const std::lock_guard looking(s.lookup_mutex);
    const auto profile =
        s.lookup->connection().integer("SELECT profile FROM tessera.identity WHERE pseudonym = ? LIMIT 1", {id});
    if (profile && *profile && static_cast<uint64_t>(**profile) < identities.size())
      found = static_cast<Profile>(**profile);
  }
  if (!found) return std::nullopt;
  const Profile leader = identities.leader(*found);
  std::vector<Profile> members;
  identities.members(leader, members);
  std::map<IdentifierKind, uint64_t> kinds;
  uint64_t facts = 0;
  for (const Profile profile : members) {
    ++kinds[identities.kind(profile)];
    facts += s.fold->memory().histories.rows(profile);
  }
  Json counts = Json::object(), segments = Json::array();
  for (const auto& [kind, count] : kinds) counts.set(std::string(profiles::name_of(kind)), count);
  for (size_t i = 0; i < s.fold->plan().segments.size(); ++i)
    if (s.fold->is_member(leader, i)) {
      const auto& output = s.fold->plan().outputs[s.fold->plan().segments[i]];
      segments.add(Json::object().set("id", output.slug).set("name", output.name));
    }
  Json out = Json::object();
  out.set("customer", s.public_id(leader))
      .set("as_of", text_of(s.fold->learnt()))
      .set("identifiers", std::move(counts));
  out.set("first_fact", text_of(s.fold->begin_of(leader))).set("facts_in_memory", facts);
  out.set("segments", std::move(segments));
  const Instant next = s.fold->next_look(leader);
  out.set("looked_at_again", next == kNever ? Json() : Json(text_of(next)));
  return out;
}

Json Engine::status() {
  State& s = *state_;
  Json out = Json::object();
  {
    const std::shared_lock lock(s.fold_mutex);
    const auto& inflow = s.fold->inflow().counts();
    const auto& counts = s.fold->counts();
    out.set("as_of", text_of(s.fold->learnt())).set("customers", uint64_t{s.fold->identities().customers()});
    out.set("identifiers", uint64_t{s.fold->identities().size()});
    out.set("facts_in_memory", s.fold->memory().histories.rows()).set("bytes_in_memory", uint64_t{s.fold->bytes()});
    out.set("received", inflow.rows).set("duplicates", inflow.duplicates).set("rejects", inflow.rejects);
    out.set("looks", counts.looks).set("walks", counts.walks).set("timers_fired", counts.timers);
    out.set("changes", counts.flips);
    out.set("duplicates_known_since",
            s.fold->recent().horizon() == kEver ? Json() : Json(text_of(s.fold->recent().horizon())));
    Json sources = Json::array(), silent = Json::array();
    const Instant now = s.clock.now();
    for (const auto& [name, source] : s.sources) {
      // Silent: three times its usual gap, and at least a minute.
      const Duration silence = now - source.newest;
      const bool is_silent = silence > kMinute && silence.ms > 3 * source.usual_gap.ms;
      if (is_silent) silent.add(name);
      sources.add(Json::object()
                      .set("source", name)
                      .set("calls", source.calls)
                      .set("newest", text_of(source.newest))
                      .set("usual_gap_ms", source.usual_gap.ms)
                      .set("is_silent", is_silent));
    }
    out.set("sources", std::move(sources)).set("silent_sources", std::move(silent));
  }
  const int64_t due = s.next_due;
  out.set("next_timer", due >= kNever.ms ? Json() : Json(text_of(Instant{due})));
  out.set("log_end", s.log->end()).set("recorded_until", s.recorded_until.load());
  {
    const std::lock_guard lock(s.behind_mutex);
    out.set("applied_until", s.applied_until).set("bytes_behind", s.behind_bytes);
  }
  {
    const std::lock_guard lock(s.queue_mutex);
    out.set("bytes_queued", s.queue_bytes);
  }
  {
    const std::lock_guard lock(s.pages_mutex);
    out.set("record_trouble", s.trouble.empty() ? Json() : Json(s.trouble));
  }
  out.set("log_failures", s.log_failures.load()).set("told_busy", s.busy.load());
  return out;
}

}  // namespace tessera::live

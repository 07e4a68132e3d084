#include <algorithm>

#include "core/parallel.hpp"
#include "live/engine_state.hpp"

namespace tessera::live {

namespace {

constexpr uint64_t kGroupBytes = 8 << 20;  // of one entry of events
constexpr size_t kTallies = 64;
constexpr auto kGather = std::chrono::milliseconds(2);  // from the beginning of one group to that of the next, at least
constexpr size_t kWaitingPages = 4;                     // taken and not yet recorded; beyond it the applier waits

// Calls that wait together are one entry; a definition is one of its own, and so are the pieces of an import.
bool may_join(const Waiting& first, const Waiting& next) {
  if (next.kind != EntryKind::Events) return false;
  const bool is_import = next.submission.type == kRowsOfImport;
  if (is_import || first.submission.type == kRowsOfImport)
    return is_import && first.submission.type == kRowsOfImport && first.submission.source == next.submission.source;
  return true;
}

}  // namespace

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
  // Beside the rest: the longest question of a start, and about nothing that the rest makes. Before any return below
  // the future waits for it.
  auto begins = std::async(std::launch::async, [this] { return lookup->begins(); });
  const auto schema = TRY(recorder->schema());
  in_force = TRY(InForce::read(recorder->connection(), schema));
  auto memory = TRY(recorder->memory(TRY(Fold::wanted_by(in_force.definitions()))));
  fold = TRY(Fold::make(
      in_force.definitions(),
      {.stitch = settings.stitch,
       .key = record.pseudonym_key(),
       .remembered_messages = settings.remembered_messages,
       .kept_flips = settings.feed_changes},
      [this](const Flip& like, const SegmentVersion& segment) -> std::optional<feed::ChangeId> {
        const std::lock_guard lock(lookup_mutex);
        auto found = lookup->find_change(like, segment);
        return found ? *found : std::nullopt;
      },
      std::move(memory)));
  TRY(recorder->fill(*fold, clock.now() - settings.remembered_for));
  fold->restore(TRY(begins.get()), applied.at, applied.next_seq, recorder->events());
  sources = TRY(Sources::read(TRY(recorder->sources())));
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
    last_learnt = fold->learnt().ms;  // the clock may have gone back since
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
  const auto last = TRY(s.lookup->last_change()).value_or(feed::ChangeId{});
  s.bells.start_at(s.fold->flips().empty() ? last : s.fold->flips().back().id);
  s.is_replaying = false;
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
  {
    const std::lock_guard lock(s.pages_mutex);
    s.is_ending = true;
  }
  s.recorded_news.notify_all();
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
  bool is_awaited = false;
  {
    const std::lock_guard lock(s.queue_mutex);
    if (s.is_stopping || s.queue_bytes + bytes > s.settings.queue_bytes) {
      ++s.busy;
      return Taken::Busy;
    }
    s.queue_bytes += bytes;
    s.queue.push_back({EntryKind::Events, std::move(submission), std::move(done), nullptr});
    is_awaited = !s.is_gathering;
  }
  if (is_awaited) s.queue_news.notify_one();
  return Taken::Yes;
}

void Engine::State::write_log() {
  std::chrono::steady_clock::time_point begun{};  // the last group
  for (;;) {
    std::vector<Waiting> group;
    {
      std::unique_lock lock(queue_mutex);
      const auto is_due = [&] {
        const int64_t due = next_due;
        return due > last_learnt && due <= clock.now().ms;
      };
      // Up to the next timer; the clock may be set meanwhile, so never for long.
      if (!is_stopping && queue.empty())
        queue_news.wait_for(lock, std::clamp(std::chrono::milliseconds(next_due - clock.now().ms), kBeat, 10 * kBeat));
      if (queue.empty()) {
        if (is_stopping) return;
        if (!is_due()) continue;
        group.push_back({EntryKind::Tick, {}, {}, nullptr});
      }
      // A disk that is fast would make a group of every call, and a group has its price: a write, an entry, answers,
      // and everyone who is told of it. Nobody waits who comes alone.
      if (!is_stopping && begun + kGather > std::chrono::steady_clock::now()) {
        is_gathering = true;
        queue_news.wait_until(lock, begun + kGather, [&] { return is_stopping; });
        is_gathering = false;
      }
      begun = std::chrono::steady_clock::now();
      uint64_t bytes = 0;
      while (!queue.empty() && bytes < kGroupBytes && (group.empty() || may_join(group[0], queue.front()))) {
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
    if (entry.kind == EntryKind::Tick) {
      std::unique_lock lock(queue_mutex);
      queue_news.wait_for(lock, 10 * kBeat, [&] { return is_stopping || !queue.empty(); });
    }
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
    bool is_flush_due = false;
    {
      std::unique_lock lock(behind_mutex);
      behind_news.wait_for(lock, fold->inflow().empty() ? 10 * kBeat : kBeat,
                           [&] { return is_log_ended || is_record_wanted || !behind.empty(); });
      if (behind.empty() && is_log_ended) break;
      taken.swap(behind);
      is_flush_due = std::exchange(is_record_wanted, false);
    }
    for (Logged& logged : taken) {
      auto answer = is_given_up ? Outcome(fail("the server is stopping")) : apply(logged);
      if (logged.applied) logged.applied->set_value(std::move(answer));
      {
        const std::lock_guard lock(behind_mutex);
        behind_bytes -= logged.payload.size();
        applied_until = logged.next;
      }
      if (fold->inflow().page_rows() >= settings.page_rows) hand_over_page();
    }
    if (const int64_t due = fold->next_due().ms; next_due.exchange(due) > due) {
      const std::lock_guard lock(queue_mutex);  // the writer either has not looked yet, or waits and is told
      queue_news.notify_one();
    }
    if (!taken.empty()) applied_news.notify_all();
    if (const Instant now = clock.now(); is_flush_due || now - flushed >= settings.flush_after) {
      flushed = now;
      hand_over_page();
    }
  }
  hand_over_page();
}

Outcome Engine::State::apply(const Logged& logged) {
  auto decoded = decode(logged.payload);
  if (!decoded) return std::unexpected(decoded.error());
  LogEntry& entry = *decoded;
  // Something may have been imported into the record after this was logged and before it is applied: time never goes
  // back.
  entry.learnt = std::max(entry.learnt, fold->learnt());
  if (entry.kind == EntryKind::Define || entry.kind == EntryKind::Remove) return TRY(redefine(entry, logged));
  if (entry.kind == EntryKind::Ruling) return TRY(rule(entry, logged));
  if (entry.kind == EntryKind::Facts) return put(entry, logged);
  std::vector<Flip> fresh;
  {
    const std::unique_lock lock(fold_mutex);
    fold->begin(logged.offset, entry.learnt);
    const bool is_import = !entry.calls.empty() && entry.calls[0].type == kRowsOfImport;
    const uint64_t customers = fold->identities().customers();
    if (is_import) read_rows(entry);
    for (const LogEntry::Call& call : entry.calls) {
      if (is_import) break;
      const std::string source(call.source.substr(0, call.source.find('/')));
      const uint64_t refused = fold->inflow().counts().refused;
      fold->count_kinds(sources.called(source, entry.learnt));
      reader->read({std::string(call.source), std::string(call.type), std::string(call.body)}, entry.learnt);
      if (const uint64_t now = fold->inflow().counts().refused; now > refused)
        refused_by_source[source] += now - refused;
    }
    fold->finish(logged.next);
    if (is_import) {
      // Joined ones are fewer afterwards: then none is new.
      const uint64_t after = fold->identities().customers();
      tally_of(entry.calls[0].source).new_customers += after - std::min(after, customers);
    }
    fresh = fold->fresh();
    if (!is_replaying && !is_import) watch_rates(entry.learnt);
  }
  tell(fresh);
  return {};
}

ImportTally& Engine::State::tally_of(std::string_view import) {
  const auto found = std::ranges::find(imports, import, &ImportTally::import);
  if (found != imports.end()) return *found;
  if (imports.size() == kTallies) imports.pop_front();
  return imports.emplace_back(ImportTally{.import = std::string(import)});
}

void Engine::State::read_rows(const LogEntry& entry) {
  for (const LogEntry::Call& call : entry.calls) {
    ImportTally& tally = tally_of(call.source);
    fold->count_kinds(import_kinds);
    const Inflow::Counts before = fold->inflow().counts();
    std::vector<size_t> kept;
    for (const auto& rows : fold->inflow().page().rows) kept.push_back(rows.kept.size());
    reader->read({std::string(call.source), std::string(call.type), std::string(call.body)}, entry.learnt);
    const Inflow::Counts after = fold->inflow().counts();
    tally.duplicates += after.duplicates - before.duplicates;
    tally.rejects += after.rejects - before.rejects;
    const auto& rows = fold->inflow().page().rows;
    for (size_t kind = 0; kind < rows.size(); ++kind) {
      const size_t from = kind < kept.size() ? kept[kind] : 0;
      (rows[kind].buffer.name().system == profiles::SystemStream::Identify ? tally.trait_facts : tally.stored) +=
          rows[kind].kept.size() - from;
      for (size_t i = from; i < rows[kind].kept.size(); ++i) tally.who.insert(rows[kind].kept[i].profile);
    }
  }
}

Result<Redefined> Engine::State::redefine(const LogEntry& entry, const Logged& logged) {
  // Whatever the new definitions need of the record must be in it.
  hand_over_page();
  if (!wait_for_record()) return fail("the server is stopping, and the record cannot be written");
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
  const Page page = [&] {
    const std::unique_lock lock(fold_mutex);
    return take_page();
  }();
  if (auto written = recorder->write(page, changed ? &*changed : nullptr); !written) {
    // The entry is in the log; it is applied to the record at the next start.
    const std::lock_guard lock(pages_mutex);
    trouble = written.error().text();
  } else {
    recorded_until = page.until_offset;
  }
  tell(fresh);
  if (!changed) return std::unexpected(changed.error());
  Redefined out{.definitions = {}, .in_force_since = entry.learnt, .warnings = changed->warnings};
  for (const Flip& flip : fresh)
    if (flip.cause == feed::Cause::Definition) ++(flip.kind == feed::ChangeKind::Entered ? out.entered : out.left);
  for (const auto& written : changed->written) out.definitions.push_back(written.slug);
  for (const auto& [kind, slug] : changed->removed) out.definitions.push_back(slug);
  return out;
}

// With what is known of the sources up to there. The caller holds fold_mutex.
Page Engine::State::take_page() {
  sources.name_kinds(fold->inflow().events_by_kind());
  Page page = fold->take_page();
  page.sources = sources.text();
  return page;
}

// --- the record

void Engine::State::hand_over_page() {
  Page page;
  {
    const std::unique_lock lock(fold_mutex);
    if (!fold->has_rows()) return;
    page = take_page();
  }
  std::unique_lock lock(pages_mutex);
  recorded_news.wait(lock, [&] { return pages.size() < kWaitingPages || (is_ending && !trouble.empty()); });
  is_given_up |= pages.size() >= kWaitingPages;
  if (is_given_up) return;
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

bool Engine::State::wait_for_record() {
  std::unique_lock lock(pages_mutex);
  recorded_news.wait(lock, [&] { return (pages.empty() && !is_writing) || (is_ending && !trouble.empty()); });
  is_given_up |= !pages.empty();
  return !is_given_up;
}

void Engine::State::record_pages() {
  work_in_the_background();
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
    pages_news.wait_for(lock, 50 * kBeat, [&] { return are_pages_ended; });
  }
}

void Engine::catch_up() {
  State& s = *state_;
  const uint64_t end = s.log->end();
  std::unique_lock lock(s.behind_mutex);
  s.applied_news.wait(lock, [&] { return s.applied_until >= end || s.is_log_ended; });
}

Result<void> Engine::record_now() {
  State& s = *state_;
  const uint64_t end = s.log->end();
  catch_up();
  {
    const std::lock_guard lock(s.behind_mutex);
    s.is_record_wanted = true;
  }
  s.behind_news.notify_all();
  std::unique_lock lock(s.pages_mutex);
  while (s.recorded_until < end) {
    if (!s.trouble.empty()) return fail("the record cannot be written at the moment: " + s.trouble);
    if (s.are_pages_ended) return fail("the server is stopping");
    s.recorded_news.wait_for(lock, kBeat);
  }
  return {};
}

uint64_t Engine::recorded_until() const {
  return state_->recorded_until;
}

Result<void> Engine::while_still(const std::function<Result<void>()>& run) {
  const std::lock_guard recording(state_->recorder_mutex);
  return run();
}

// --- definitions

Result<Redefined> Engine::State::define(EntryKind kind, const std::string& text) {
  auto applied = std::make_shared<std::promise<Outcome>>();
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
  return std::get<Redefined>(TRY(answer.get()));
}

Result<Redefined> Engine::apply_definitions(const std::string& text) {
  return state_->define(EntryKind::Define, text);
}

Result<Redefined> Engine::remove_definition(const std::string& slug) {
  return state_->define(EntryKind::Remove, slug);
}

}  // namespace tessera::live

#include "live/engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <new>

#include "core/logging.hpp"
#include "core/memory.hpp"
#include "live/engine_state.hpp"
#include "profiles/rulings.hpp"
#include "segment/accepted.hpp"

namespace tessera::live {

// --- starting

Result<void> EngineState::open(const std::string& folder, MakeReader make_reader, std::span<LogReader* const> above) {
  auto recorder = TRY(Recorder::open(record, settings.classify));
  lookup = std::make_unique<Guarded<std::unique_ptr<Recorder>, kLookupLock>>(TRY(Recorder::open(record, {})));
  const auto applied = TRY(recorder->applied());
  TRY(open_log(folder, *recorder, applied.offset));
  const auto find_change = [this](const fold::Flip& like,
                                  const fold::SegmentVersion& segment) -> std::optional<feed::ChangeId> {
    const auto questions = lookup->lock();
    auto found = (*questions)->find_change(like, segment);
    return found ? *found : std::nullopt;
  };
  FoldReader::Means means{
      .recorder = *recorder,
      .begins = [this] { return (*lookup->lock())->begins(); },
      .find_change = find_change,
      .make_reader = std::move(make_reader),
      .limits = {.stitch = settings.stitch,
                 .key = record.pseudonym_key(),
                 .remembered_messages = settings.remembered_messages,
                 .kept_flips = settings.feed_changes},
      // Not from a clock that has jumped ahead: what came just before it would be forgotten.
      .remembered_from = applied.at == kEver ? kEver : std::min(clock.now(), applied.at) - settings.remembered_for,
      .asked = {}};
  clock_known = TRY(recorder->clock());
  is_to_be_restated = TRY(recorder->is_to_be_restated());
  for (const LogReader* const reader : above) means.asked.add(reader->wanted());
  const auto submit = [this](profiles::Ruling ruling) {
    (void)queue.put({.kind = EntryKind::Ruling,
                     .submission = {.source = {}, .type = {}, .body = profiles::json_of(ruling).dump()}});
  };
  known = std::make_unique<SharedGuarded<Known, kKnownLock>>(std::move(means), submit, above);
  {
    const auto now = known->write();
    for (LogReader* const reader : now->all) TRY(reader->restore(recorder->connection()));
  }
  note_set_aside(0);
  last_learnt = applied.at;
  backlog.start_at(applied.offset);
  record_writer = std::make_unique<RecordWriter>(
      std::move(recorder), [this](uint64_t offset) { (void)log->drop_before(offset); }, applied.offset,
      settings.logger);
  return {};
}

// The one that the record has followed, or where that is not to be had, the one that somebody says it is to follow.
Result<void> EngineState::open_log(const std::string& folder, Recorder& recorder, uint64_t offset) {
  namespace fs = std::filesystem;
  auto followed = TRY(recorder.followed_log());
  std::error_code ignored;
  const bool is_there = fs::exists(folder, ignored) && !fs::is_empty(folder, ignored);
  if (settings.new_log && is_there)
    return fail("a new log was asked for, and there is one", folder, store::try_moving(folder, folder + ".aside"));
  if (settings.new_log && !followed.id.empty()) TRY(recorder.follow_log({}));
  const bool is_any = settings.new_log || (followed.may_be_missing && !is_there);
  log = TRY(store::Log::open(folder, {.begin = offset, .identity = is_any ? "" : followed.id}));
  if (offset < log->first() || offset > log->end())
    return fail(
        fmt::format("the record is at offset {} of the log, which has {} to {}: one of them is of another time, or "
                    "the end of the log is gone",
                    offset, log->first(), log->end()),
        folder,
        try_shell("mv")
            .argument(folder)
            .argument(folder + ".aside")
            .note("and then serve --new-log, where the log that belongs to the record cannot be brought back"));
  if (log->identity() != followed.id || followed.may_be_missing) TRY(recorder.follow_log(log->identity()));
  if (!is_there && offset > 0) say(settings.logger, LogLevel::Warning, "log begun anew", {{"at", offset}});
  if (log->torn_bytes() > 0)
    say(settings.logger, LogLevel::Warning, "torn tail of the log cut off",
        {{"bytes", log->torn_bytes()}, {"entries", log->torn_entries()}, {"at", log->end()}});
  return {};
}

// What the log has beyond the record.
Result<void> EngineState::replay() {
  const uint64_t recorded = record_writer->recorded_until();
  auto frames = TRY(log->read_from(recorded));
  uint64_t entries = 0;
  const Instant began = clock.now();
  while (const auto frame = TRY(frames.next())) {
    TRY(decode(frame->payload));
    ++entries;
    // What was refused then is refused again.
    (void)apply({frame->offset, frame->next, std::string(frame->payload), nullptr});
    backlog.start_at(frame->next);
    last_learnt = known->read()->fold.fold().learnt();  // the clock may have gone back since
    if (is_page_full()) hand_over_page();
  }
  hand_over_page();
  const Duration took = clock.now() - began;
  clock.start_at(last_learnt, clock_known);
  tell_due();
  say(settings.logger, LogLevel::Info, "log replayed",
      {{"entries", entries},
       {"bytes", log->end() - recorded},
       {"changes", known->read()->fold.fold().counts().flips},
       {"ms", took.ms}});
  return {};
}

Result<std::unique_ptr<Engine>> Engine::start(store::Record& record, const std::string& log_folder,
                                              MakeReader make_reader, const Settings& settings, const Clock& clock,
                                              std::span<LogReader* const> above) {
  auto state = std::make_unique<EngineState>(record, settings, clock);
  TRY(state->open(log_folder, std::move(make_reader), above));
  EngineState& s = *state;
  if (s.settings.recording_stopped)
    s.clock.start_at(s.last_learnt, s.clock_known);
  else
    TRY(s.replay());
  const auto last = TRY((*s.lookup->lock())->last_change()).value_or(feed::ChangeId{});
  {
    const auto now = s.known->read();
    const auto& flips = now->fold.fold().flips();
    s.bells.start_at(flips.empty() ? last : flips.back().id);
  }
  // What was set back is compared once, by an entry, so that a restart says the same.
  if (s.is_to_be_restated && !s.settings.recording_stopped && !s.known->read()->fold.has_restated())
    (void)s.queue.put({.kind = EntryKind::Restate, .submission = {}});
  s.is_replaying = false;
  s.writer = std::thread([&s] { s.write_log(); });
  s.applier = std::thread([&s] { s.apply_log(); });
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Engine::Engine(std::unique_ptr<EngineState> state) : state_(std::move(state)) {}
Engine::~Engine() {
  (void)stop();
}

Result<void> Engine::stop() {
  EngineState& s = *state_;
  s.queue.stop();
  if (s.writer.joinable()) s.writer.join();
  s.backlog.end();
  s.record_writer->begin_end();
  if (s.applier.joinable()) s.applier.join();
  s.record_writer->end();
  if (const std::string trouble = s.record_writer->trouble(); !trouble.empty())
    return fail("the record could not be written: " + trouble, {},
                "what was acknowledged is in the log; it is recorded at the next start");
  return {};
}

// --- before the log

Taken Engine::submit(Submission submission, Done done) {
  EngineState& s = *state_;
  if (s.settings.recording_stopped) {
    done(std::unexpected(*s.settings.recording_stopped));
    return Taken::Yes;
  }
  if (!s.backlog.is_full() && s.queue.put({.submission = std::move(submission), .done = std::move(done)}))
    return Taken::Yes;
  ++s.busy;
  return Taken::Busy;
}

void EngineState::write_log() {
  wait_for_memory_here();
  while (auto group = queue.take(last_learnt)) {
    const uint64_t logged = log->end();
    try {
      write_group(*group);
    } catch (const std::bad_alloc&) {
      // What is in the log was not handed on: only a start from the log takes it in.
      if (log->end() != logged) end_without_memory();
      ++log_failures;
      tell(*group, std::unexpected(out_of_memory()));
    }
  }
}

void EngineState::tell(std::vector<Waiting>& group, const Result<uint64_t>& said) {
  for (Waiting& each : group) {
    try {
      if (each.done) each.done(said);
    } catch (const std::bad_alloc&) {
      // Who asked is told by the Responder that goes with it; others need not wait.
    }
    if (each.applied && !said) each.applied->set_value(std::unexpected(said.error()));
  }
}

// Whatever was acknowledged is in the log, and the next start goes on from there; whatever is half done here is not to be
// gone on with.
void EngineState::end_without_memory() const {
  say(settings.logger, LogLevel::Error, "no memory for what was acknowledged: the server ends, start it again");
  std::_Exit(kEndsWithoutMemory);
}

void EngineState::write_group(std::vector<Waiting>& group) {
  LogEntry entry{.kind = group[0].kind, .learnt = std::max(clock.now(), last_learnt), .calls = {}, .text = {}};
  if (payload_of(entry.kind) == Payload::Calls)
    for (const Waiting& each : group)
      entry.calls.push_back({each.submission.source, each.submission.type, each.submission.body});
  else
    entry.text = group[0].submission.body;
  Logged logged{.payload = encode(entry), .applied = group[0].applied};
  const std::string_view payload = logged.payload;
  const auto offset = log->append({&payload, 1});
  note_log(offset.has_value());
  if (!offset) {
    ++log_failures;
    tell(group, std::unexpected(offset.error()));
    if (entry.kind == EntryKind::Tick) queue.rest();  // a full disk is not asked again and again for a tick
    return;
  }
  last_learnt = entry.learnt;
  logged.offset = *offset;
  logged.next = log->end();
  backlog.put(std::move(logged));
  tell(group, *offset);
}

// Once when it fails and once when it goes on, not with every call meanwhile (status counts those). What the disk says is
// in the status: it may quote what could not be written.
void EngineState::note_log(bool is_written) {
  if (is_log_failing == !is_written) return;
  is_log_failing = !is_written;
  if (is_written)
    say(settings.logger, LogLevel::Info, "log written again", {{"refused_groups", log_failures.load()}});
  else
    say(settings.logger, LogLevel::Error, "log cannot be written", {{"said", "503"}, {"see", "/api/v1/status"}});
}

// --- behind the log

void EngineState::apply_log() {
  wait_for_memory_here();
  try {
    apply_all();
  } catch (const std::bad_alloc&) {
    end_without_memory();
  }
}

void EngineState::apply_all() {
  Instant flushed = clock.now();
  bool is_idle = true;  // nothing waits for the next flush
  for (;;) {
    Backlog::Taken taken = backlog.take(is_idle ? 10 * kBeat : kBeat);
    if (taken.is_over) break;
    for (Logged& logged : taken.entries) {
      auto outcome = record_writer->is_given_up() ? Outcome(fail("the server is stopping")) : apply(logged);
      if (logged.applied) logged.applied->set_value(std::move(outcome));
      backlog.applied(logged);
      if (is_page_full()) hand_over_page();
    }
    tell_due();
    if (!taken.entries.empty()) backlog.all_applied();
    const Instant now = clock.now();
    const bool is_time = now - flushed >= settings.flush_after && !record_writer->is_resting();
    if (taken.is_record_wanted || is_time) {
      flushed = now;
      hand_over_page();
    }
    is_idle = !known->read()->fold.fold().has_rows();
  }
  hand_over_page();
}

Outcome EngineState::apply(const Logged& logged) {
  LogEntry entry = TRY(decode(logged.payload));
  // Something may have been imported into the record after this was logged and before it is applied: time never goes
  // back.
  entry.learnt = std::max(entry.learnt, known->read()->fold.fold().learnt());
  std::optional<Redefinition> redefinition;
  const size_t aside_before = known->read()->fold.in_force().aside().size();
  if (FoldReader::redefines(entry.kind)) {
    // Whatever the new definitions need of the record must be in it.
    hand_over_page();
    if (!record_writer->wait_written()) return fail("the server is stopping, and the record cannot be written");
    redefinition =
        record_writer->with([&](Recorder& recorder) { return known->read()->fold.redefinition(entry, recorder); });
  }
  std::vector<fold::Fold::Said> said;
  if (entry.kind == EntryKind::Restate) {
    hand_over_page();
    if (!record_writer->wait_written()) return fail("the server is stopping, and the record cannot be written");
    said = TRY(record_writer->with([](Recorder& recorder) { return recorder.said(); }));
  }
  AppliedEntry applied{.offset = logged.offset,
                       .next = logged.next,
                       .entry = entry,
                       .is_replaying = is_replaying,
                       .redefinition = redefinition ? &*redefinition : nullptr,
                       .said = said};
  std::optional<feed::ChangeId> newest;
  {
    const auto now = known->write();
    for (LogReader* const reader : now->all) reader->apply(applied);
    if (!applied.changes.empty()) newest = applied.changes.back().id;
  }
  if (newest) bells.ring(*newest);
  if (redefinition) {
    // Where the record cannot be written now, it is later: the entry is in the log.
    hand_over_page();
    record_writer->wait_tried();
    note_set_aside(aside_before);
    if (const auto* done = applied.outcome ? std::get_if<Redefined>(&*applied.outcome) : nullptr)
      say(settings.logger, LogLevel::Info, "definitions changed",
          {{"definitions", done->definitions.size()}, {"entered", done->entered}, {"left", done->left}});
  }
  return std::move(applied.outcome);
}

// Names of definitions are in GET /api/v1/segments: they may say something about people.
void EngineState::note_set_aside(size_t before) const {
  const size_t now = known->read()->fold.in_force().aside().size();
  if (now > before)
    say(settings.logger, LogLevel::Warning, "definitions set aside: they cannot be run",
        {{"definitions", now}, {"see", "/api/v1/segments"}});
}

bool EngineState::is_page_full() const {
  return known->read()->fold.fold().inflow().page_rows() >= settings.page_rows;
}

void EngineState::tell_due() {
  queue.set_due(known->write()->next_due());
}

// --- the record

void EngineState::hand_over_page() {
  RecordPage page;
  {
    const auto now = known->write();
    if (!now->fold.fold().has_rows()) return;
    page = now->take_page();
  }
  if (WritePage part = clock_page()) page.parts.push_back(std::move(part));
  (void)record_writer->hand_over(std::move(page));
}

// What is believed of the clock, where the record does not have it yet.
WritePage EngineState::clock_page() {
  const LogClock::Known now = clock.known();
  if (is_replaying || now.boot.empty()) return {};
  const bool is_there = clock_known && clock_known->boot == now.boot &&
                        std::abs(clock_known->ahead.ms - now.ahead.ms) <= LogClock::kFollowed.ms / 2;
  if (is_there) return {};
  clock_known = now;
  return [now](store::Connection& record) -> Result<void> {
    TRY(record.run("DELETE FROM tessera.meta WHERE key = 'clock'"));
    TRY(record.run("INSERT INTO tessera.meta VALUES ('clock', ?)", {std::string_view(LogClock::text_of(now))}));
    return {};
  };
}

Instant Known::next_due() {
  Instant due = kNever;
  for (LogReader* const reader : all) due = std::min(due, reader->next_due());
  return due;
}

RecordPage Known::take_page() {
  RecordPage page{.until_offset = fold.fold().inflow().page().until_offset,
                  .learnt_until = fold.fold().inflow().page().learnt_until};
  for (LogReader* const reader : all)
    if (WritePage part = reader->page()) page.parts.push_back(std::move(part));
  return page;
}

const Clock& Engine::clock() const {
  return state_->clock;
}

Result<Instant> Engine::accept_clock() {
  return state_->clock.accept();
}

void Engine::catch_up() {
  if (!state_->settings.recording_stopped) state_->backlog.wait_applied(state_->log->end());
}

Result<void> Engine::record_now() {
  EngineState& s = *state_;
  if (s.settings.recording_stopped) return std::unexpected(*s.settings.recording_stopped);
  const uint64_t end = s.log->end();
  s.backlog.wait_applied(end);
  s.backlog.want_record();
  return s.record_writer->wait_until(end);
}

uint64_t Engine::recorded_until() const {
  return state_->record_writer->recorded_until();
}

Result<void> Engine::while_still(const std::function<Result<void>()>& run) {
  return state_->record_writer->with([&](Recorder&) { return run(); });
}

// --- what is decided: definitions, rulings, notes

Outcome EngineState::decide(EntryKind kind, std::string text) {
  if (settings.recording_stopped) return std::unexpected(*settings.recording_stopped);
  const auto applied = std::make_shared<std::promise<Outcome>>();
  auto outcome = applied->get_future();
  if (!queue.put({.kind = kind, .submission = {.source = {}, .type = {}, .body = std::move(text)}, .applied = applied}))
    return fail("the server is stopping");
  return outcome.get();
}

// So that new definitions are settled with all that was sent before them. Where the record cannot be written now, with
// what it has.
void EngineState::record_what_came() {
  if (settings.recording_stopped) return;  // what the log has beyond the record stays there: nobody comes to it
  const uint64_t end = log->end();
  backlog.wait_applied(end);
  backlog.want_record();
  (void)record_writer->wait_until(end);
}

// Checked and compiled before it gets into the log: what is in there can be run, now and after every restart.
Result<Redefined> EngineState::define(const std::string& text) {
  const auto turn = defining.lock();
  record_what_came();
  const auto in_force = known->read()->fold.definitions();
  const auto schema = TRY((*lookup->lock())->schema());
  const segment::Accepted accepted = TRY(in_force->accept(text, schema));
  return std::get<Redefined>(TRY(decide(EntryKind::Accept, segment::text_of(accepted))));
}

Result<Redefined> EngineState::undefine(const std::string& slug) {
  const auto turn = defining.lock();
  const auto in_force = known->read()->fold.definitions();
  TRY(in_force->may_go(slug, TRY((*lookup->lock())->schema())));
  return std::get<Redefined>(TRY(decide(EntryKind::Remove, slug)));
}

Result<Redefined> Engine::apply_definitions(const std::string& text) {
  return state_->define(text);
}

Result<Redefined> Engine::remove_definition(const std::string& slug) {
  return state_->undefine(slug);
}

Result<Ruled> Engine::rule(const profiles::Ruling& ruling) {
  return std::get<Ruled>(TRY(state_->decide(EntryKind::Ruling, profiles::json_of(ruling).dump())));
}

Result<void> Engine::put(std::span<const profiles::SystemFact> facts) {
  TRY(state_->decide(EntryKind::Facts, profiles::text_of(facts)));
  return {};
}

Result<uint64_t> Engine::note(Submission note) {
  if (state_->settings.recording_stopped) return std::unexpected(*state_->settings.recording_stopped);
  const auto applied = std::make_shared<std::promise<Outcome>>();
  auto outcome = applied->get_future();
  std::promise<Result<uint64_t>> logged;
  auto offset = logged.get_future();
  if (!state_->queue.put({.kind = EntryKind::Note,
                          .submission = std::move(note),
                          .done = [&](Result<uint64_t> at) { logged.set_value(at); },
                          .applied = applied}))
    return fail("the server is stopping");
  const uint64_t at = TRY(offset.get());
  TRY(outcome.get());
  return at;
}

}  // namespace tessera::live

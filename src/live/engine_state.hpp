// The engine's parts. Each owns the lock of what its threads share (the order of locks: lock_order.hpp):
//
//   queue   (log_queue.hpp)     what waits to be logged        any thread -> writer
//   backlog (backlog.hpp)       what is logged                 writer -> applier
//   known                       what the readers know          applier -> whoever asks
//   record  (record_writer.hpp) pages on their way             applier -> recorder
//   bells   (feed/feed.hpp)     who is woken by changes
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "core/guarded.hpp"
#include "feed/feed.hpp"
#include "live/backlog.hpp"
#include "live/fold_reader.hpp"
#include "live/import_tallies.hpp"
#include "live/log_clock.hpp"
#include "live/log_queue.hpp"
#include "live/rates.hpp"
#include "live/record_writer.hpp"
#include "live/settings.hpp"
#include "live/sources.hpp"
#include "store/log.hpp"
#include "store/record.hpp"

namespace tessera::live {

// The readers of the log.
struct Known {
  FoldReader fold;
  Sources sources{};
  ImportTallies imports{};
  Rates rates;
  std::vector<LogReader*> all{};  // in the order in which they take an entry in: these, then those of rooms above

  Known(FoldReader::Means means, Rates::Submit submit, std::span<LogReader* const> above)
      : fold(std::move(means)), rates(std::move(submit)), all{&fold, &sources, &imports, &rates} {
    all.insert(all.end(), above.begin(), above.end());
  }
  Known(const Known&) = delete;
  Known& operator=(const Known&) = delete;

  Instant next_due();  // the least of all
  RecordPage take_page();

  // --- questions
  std::string public_id(profiles::Profile profile, const std::string& key) const;
  feed::Change change_of(const fold::Flip& flip, const std::string& key) const;
  std::vector<std::string> stale_sources(const std::string& slug, Instant now) const;  // silent ones it depends on
  std::vector<SharedIdentifier> storms() const;
  std::vector<SetAside> set_aside() const;
  std::vector<SegmentState> segments(Instant at) const;
};

struct EngineState {
  store::Record& record;
  const Settings settings;
  LogClock clock;  // the log's time; all here go by it

  std::unique_ptr<store::Log> log{};
  LogQueue queue;
  Backlog backlog;
  std::unique_ptr<SharedGuarded<Known, kKnownLock>> known{};
  std::unique_ptr<RecordWriter> record_writer{};
  std::unique_ptr<Guarded<std::unique_ptr<Recorder>, kLookupLock>> lookup{};  // for questions
  feed::Bells bells{};
  struct Turn {};
  Guarded<Turn, kDefiningLock> defining{};  // one at a time: what was accepted is what comes into force
  bool is_to_be_restated = false;           // as the record said when it was opened
  bool is_replaying = true;                 // what is submitted then is in the log; the applier's

  std::atomic<uint64_t> busy{0}, log_failures{0};
  Instant last_learnt = kEver;                   // the writer's
  std::optional<LogClock::Known> clock_known{};  // that the record has; whoever hands pages over
  bool is_log_failing = false;                   // the writer's
  std::thread writer{}, applier{};

  EngineState(store::Record& of, Settings how, const Clock& time)
      : record(of),
        settings(std::move(how)),
        clock(time, settings.machine, settings.logger),
        queue(settings.queue_bytes, clock),
        backlog(settings.behind_bytes) {}

  Result<void> open(const std::string& folder, MakeReader make_reader, std::span<LogReader* const> above);
  Result<void> open_log(const std::string& folder, Recorder& recorder, uint64_t offset);
  Result<void> replay();
  void write_log();
  void write_group(std::vector<Waiting>& group);
  static void tell(std::vector<Waiting>& group, const Result<uint64_t>& said);
  [[noreturn]] void end_without_memory() const;
  void note_log(bool is_written);
  void apply_log();
  void apply_all();
  Outcome apply(const Logged& logged);
  void hand_over_page();
  WritePage clock_page();
  void tell_due();
  bool is_page_full() const;
  // Logged, applied: what came of it.
  Outcome decide(EntryKind kind, std::string text);
  Result<Redefined> define(const std::string& text);
  Result<Redefined> undefine(const std::string& slug);
  void record_what_came();
  std::map<std::string, std::vector<OtherValues>> other_values();
  void note_set_aside(size_t before) const;
  std::optional<profiles::Profile> find_customer(const Known& now, std::string_view id);
};

}  // namespace tessera::live

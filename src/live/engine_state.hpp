// What the engine's threads share: engine.cpp moves it on, engine_questions.cpp answers from it. Locks are taken in
// this order: recorder, fold, lookup; while one of queue, behind, pages is held, no other is taken.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "live/engine.hpp"
#include "live/entry.hpp"
#include "live/fold.hpp"
#include "live/in_force.hpp"
#include "live/recorder.hpp"
#include "live/sources.hpp"
#include "profiles/ruling.hpp"
#include "store/log.hpp"

namespace tessera::live {

// What comes of an entry that somebody waits for: of Define and Remove, of Ruling.
using Outcome = Result<std::variant<std::monostate, Redefined, Ruled>>;
using Awaited = std::shared_ptr<std::promise<Outcome>>;

inline constexpr auto kBeat = std::chrono::milliseconds(20);

struct Waiting {  // in the queue before the log
  EntryKind kind = EntryKind::Events;
  Submission submission;  // Define, Remove: body is the text
  Done done;
  Awaited applied;  // Define, Remove, Ruling
};

struct Logged {  // on disk, before the fold
  uint64_t offset = 0, next = 0;
  std::string payload;
  Awaited applied;
};

// What came of an import's pieces so far.
struct ImportTally {
  std::string import;
  uint64_t stored = 0, trait_facts = 0, duplicates = 0, rejects = 0, new_customers = 0;
  std::unordered_set<Profile> who{};  // whose rows
};

// Who sends more than a person can: events of a minute, by customer. No part of the fold: what it finds is submitted as
// a ruling, which is.
struct Rates {
  static constexpr uint32_t kMost = 600;  // events of one customer within kWindow that happened just now
  static constexpr Duration kWindow = kMinute;
  static constexpr size_t kCustomers = 100'000;  // watched at a time
  Instant since = kEver;
  std::unordered_map<Profile, uint32_t> events;
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
  std::map<std::string, uint64_t> refused_by_source;  // since the start
  Sources sources;
  std::deque<ImportTally> imports;  // oldest first
  std::vector<bool> import_kinds;   // what Sources would be told, were an import one
  Rates rates;
  bool is_replaying = true;  // what was submitted then is in the log

  // --- before the log
  std::mutex queue_mutex;
  std::condition_variable queue_news;
  std::deque<Waiting> queue;
  uint64_t queue_bytes = 0;
  bool is_stopping = false;
  bool is_gathering = false;  // the writer waits for more, and need not be told of it

  // --- behind the log
  std::mutex behind_mutex;
  std::condition_variable behind_news, applied_news;
  std::deque<Logged> behind;
  uint64_t behind_bytes = 0, applied_until = 0;
  bool is_log_ended = false;
  bool is_record_wanted = false;  // at once, not at the next flush

  // --- to the record
  std::mutex pages_mutex;
  std::condition_variable pages_news, recorded_news;
  std::deque<Page> pages;
  bool are_pages_ended = false, is_writing = false;
  bool is_ending = false;    // what the record cannot take now waits in the log for the next start
  bool is_given_up = false;  // a page was not handed over: nothing behind it may be
  std::string trouble;       // why the record cannot be written at the moment
  std::atomic<uint64_t> recorded_until{0};

  std::atomic<int64_t> next_due{kNever.ms}, last_learnt{kEver.ms};
  std::atomic<uint64_t> logged_entries{0}, busy{0}, log_failures{0};

  feed::Bells bells;

  std::thread writer, applier, recording;

  State(store::Record& of, Settings how, const Clock& time, MakeReader readers)
      : record(of), settings(std::move(how)), clock(time), make_reader(std::move(readers)) {}

  Result<void> open(const std::string& folder);
  Result<void> replay();
  void write_log();
  void write_group(std::vector<Waiting> group);
  void apply_log();
  Outcome apply(const Logged& logged);
  Result<Redefined> redefine(const LogEntry& entry, const Logged& logged);
  Page take_page();
  void read_rows(const LogEntry& entry);
  ImportTally& tally_of(std::string_view import);
  Result<Ruled> rule(const LogEntry& entry, const Logged& logged);
  Outcome put(const LogEntry& entry, const Logged& logged);
  std::optional<Profile> find_customer(std::string_view id);
  std::vector<SharedIdentifier> storms() const;
  void watch_rates(Instant learnt);
  // False: nothing is taken any more.
  bool enqueue_ruling(const profiles::Ruling& ruling, Awaited applied);
  void tell(std::span<const Flip> flips);
  feed::Change change_of(const Flip& flip) const;
  std::string public_id(Profile profile) const;
  std::vector<std::string> stale_sources(const std::string& slug) const;  // silent ones that a segment depends on
  void hand_over_page();
  bool wait_for_record();  // false: it is ending, and the record cannot be written
  void record_pages();
  void end_recording();
  Result<Redefined> define(EntryKind kind, const std::string& text);
};

}  // namespace tessera::live

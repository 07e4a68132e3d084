// The live engine: acknowledged means logged, logged means in the right segments. What it is made of:
//
//   submit (any thread) -> bounded queue -> writer: one group, one fdatasync, answers
//                       -> applier: the fold of the log (fold.hpp): identities, histories, memberships, timers, changes
//                       -> recorder: rows and changes into the record in bulk, with the offset they go up to
//
// Every entry of the log has an instant (`learnt`), which never goes back. The fold first lets time pass up to that
// instant (timers), then takes the entry in. When nothing arrives and a timer is due, the writer logs an empty entry,
// so that replaying the log gives the same changes with the same ids. An id is "OFFSET-ORDINAL".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "feed/feed.hpp"
#include "live/answers.hpp"
#include "live/door.hpp"
#include "live/settings.hpp"
#include "profiles/identity.hpp"
#include "profiles/ruling.hpp"
#include "profiles/system_facts.hpp"
#include "store/record.hpp"

namespace tessera::live {

struct EngineState;
class LogReader;

class Engine final : public Door, public feed::Feed {
 public:
  // Opens the log beside the record, brings the state up to the log's end and fires the timers that were missed.
  // `above`: readers of the log from rooms above (log_reader.hpp), which take every entry in after the fold.
  // REQUIRES: record, clock and readers outlive it.
  static Result<std::unique_ptr<Engine>> start(store::Record& record, const std::string& log_folder,
                                               MakeReader make_reader, const Settings& settings, const Clock& clock,
                                               std::span<LogReader* const> above = {});
  // Takes nothing more, applies and records what was logged, and ends the threads.
  ~Engine() override;
  Result<void> stop();

  Taken submit(Submission submission, Done done) override;

  // Definitions: parsed and checked together with those in force; the error has all diagnostics with places. Returns
  // when the new ones are in force and every change they made is in the feed.
  Result<Redefined> apply_definitions(const std::string& text);
  Result<Redefined> remove_definition(const std::string& slug);

  // A decision about customers. Returns when it is applied. Error: it speaks of somebody unknown.
  Result<Ruled> rule(const profiles::Ruling& ruling);
  // Facts of the system that a room above says (profiles/system_facts.hpp), as one entry; back when it is applied.
  // Error: one speaks of somebody unknown; nothing has changed.
  Result<void> put(std::span<const profiles::SystemFact> facts);

  // An entry for a reader of a room above (EntryKind::Note), whose name is the source. Returns its offset when every
  // reader has taken it in. Not from a reader's apply().
  Result<uint64_t> note(Submission note);

  // --- reading; any thread; consistent with one moment of the fold
  std::vector<SegmentState> segments();
  // How many values some segment does not see, for they came in another type than it reads.
  uint64_t other_values();
  std::optional<CustomerState> customer(
      std::string_view id);  // by public id or any identifier: traits, segments, events
  // Values of lets and scores in force, and of traits in memory (values.hpp). Error: nobody is known by that name, or a
  // value cannot be asked for.
  Result<fold::CustomerValues> values(std::string_view id, const fold::AskedValues& asked);
  // One of the identifiers of the customer of that name.
  std::optional<profiles::NamedIdentifier> identifier_of(std::string_view id);
  // Members by public id, ascending, after `after`; at most `limit`.
  Result<std::vector<std::string>> members(std::string_view segment, std::string_view after, size_t limit);
  Status status();
  // Of an import whose pieces came since the start (of the latest 64). All 0 where none is known by that name.
  ImportCounts import_of(std::string_view import);

  // --- the feed
  Result<std::vector<feed::Change>> changes_after(const feed::Position& position, size_t limit) override;
  feed::Subscription listen(std::function<void()> bell) override;

  // The log's time: the clock that it was started with, without jumps that nothing confirms (log_clock.hpp).
  const Clock& clock() const;
  // Follows the clock over a jump that is held back; the log's instant then. Error: none is, or it cannot go there.
  Result<Instant> accept_clock();

  // Waits until the record has everything that was logged before this call. Error: it cannot be written now.
  Result<void> record_now();
  // What was logged at offsets before this is in the record.
  uint64_t recorded_until() const;

  // Runs it while nothing is being recorded; events go on being taken and applied meanwhile.
  Result<void> while_still(const std::function<Result<void>()>& run);

  // The newest fact that answers may include: waits until everything logged before this call is applied.
  void catch_up();

 private:
  explicit Engine(std::unique_ptr<EngineState> state);
  std::unique_ptr<EngineState> state_;
};

}  // namespace tessera::live

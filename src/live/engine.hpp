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
#include "profiles/identity.hpp"
#include "profiles/intake.hpp"
#include "profiles/ruling.hpp"
#include "profiles/system_facts.hpp"
#include "store/record.hpp"

namespace tessera::live {

struct Settings {
  uint64_t queue_bytes = 64 << 20;            // not yet logged; beyond it submit() says Busy
  uint64_t behind_bytes = 256 << 20;          // logged and not yet applied; beyond it submit() says Busy
  uint64_t remembered_messages = 50'000'000;  // ids of messages held for de-duplication, 8 bytes each at most 75 % full
  Duration remembered_for = kDay * 2;  // at least, as long as the above is enough; the metric says when it was not
  uint64_t feed_changes = 1'000'000;   // changes kept in memory for subscribers; older ones are read from the record
  profiles::StitchLimits stitch;       // of a customer
  Duration flush_after = kSecond;      // the record follows the log by about this much
  uint64_t page_rows = 100'000;        // or by so many rows
  // Called in the transaction that brought new columns: classes of properties, decided above (privacy).
  std::function<Result<void>(store::Connection&)> classify;
};

// What came in: one body, a single call or a batch, as JSON text that has been parsed once (so it is valid JSON).
struct Submission {
  std::string source;  // its name; or "NAME/PLACE" where it can come again from that place (Kafka)
  std::string type;    // "track", "batch", ... : of the route; empty where the body says it
  std::string body;
};

// The type of submissions that are pieces of an import (their source names it): logged in entries of their own, and no
// source that could fall silent.
inline constexpr std::string_view kRowsOfImport = "rows";

// Turns submissions into rows of an intake; made by who knows the outside shapes (ingest), so that the engine need not.
// Rows that cannot be used are rejects. Must depend on nothing but its arguments: replaying the log calls it again.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void read(const Submission& submission, Instant received) = 0;
};
using MakeReader = std::function<std::unique_ptr<Reader>(profiles::Intake&)>;

enum class Taken { Yes, Busy };
using Done = std::function<void(Result<uint64_t>)>;

// Where submissions go.
class Door {
 public:
  virtual ~Door() = default;
  // `done` is called once, on the writer's thread, when the submission is on disk (the offset of its entry) or could
  // not be written (disk full). Busy: nothing will happen, try again later.
  virtual Taken submit(Submission submission, Done done) = 0;
};

class Engine final : public Door, public feed::Feed {
 public:
  // Opens the log beside the record, brings the state up to the log's end and fires the timers that were missed.
  static Result<std::unique_ptr<Engine>> start(store::Record& record, const std::string& log_folder,
                                               MakeReader make_reader, const Settings& settings, const Clock& clock);
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

  // --- reading; any thread; consistent with one moment of the fold
  std::vector<SegmentState> segments();
  std::optional<CustomerState> customer(std::string_view id);  // by public id or any identifier
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

  // Waits until the record has everything that was logged before this call. Error: it cannot be written now.
  Result<void> record_now();
  // What was logged at offsets before this is in the record.
  uint64_t recorded_until() const;

  // Runs it while nothing is being recorded; events go on being taken and applied meanwhile.
  Result<void> while_still(const std::function<Result<void>()>& run);

  // The newest fact that answers may include: waits until everything logged before this call is applied.
  void catch_up();

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tessera::live

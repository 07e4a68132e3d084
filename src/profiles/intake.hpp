// The way into the record: one Intake is one numbered entry of the log, all of it or nothing. Rows are put down column
// by column, so that millions of them cost no allocation each; commit() drops what the record already has (same
// fingerprint; traits without a time that were overruled since are said again: restated_traits.hpp), gives the rest
// their seqs, stitches identities and writes all tables in one transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/number.hpp"
#include "core/progress.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::store {
class Connection;
class Record;
}  // namespace tessera::store

namespace tessera::profiles {

// Kinds of identifiers, strongest first: a customer is shown under the strongest one known. A customer has at most one
// user id: what would join two user ids is not joined but listed as a suspected duplicate.
enum class IdentifierKind : uint8_t {
  UserId = 1,
  Email = 2,
  Phone = 3,
  AnonymousId = 4
};  // stored on disk, never renumber

struct Identifier {
  IdentifierKind kind = IdentifierKind::UserId;
  std::string_view value;  // as it is to be compared: the caller has trimmed, and folded e-mails
};

// A row that could not be used. One is kept whole for each rejected line.
struct Reject {
  std::string source;  // file name
  uint64_t line = 0;   // 1-based line of the file where the row starts
  std::string reason;  // a short stable code: "bad-time", "no-event-name"
  std::string value;   // the value that was wrong
  std::string row;     // the row as received (cut at 4 KB)
};

// Whom segments leave out unless they ask for them.
enum class Mark : uint8_t { Bot = 1, Staff = 2, Test = 3 };  // stored on disk, never renumber
std::string_view name_of(Mark mark);                         // "bot", "staff", "test"
std::optional<Mark> mark_named(std::string_view name);

// What a call says of consent: outright, or by the categories of a consent banner, whose meaning is the record's to
// know (rulings.hpp).
struct ConsentSaid {
  std::optional<bool> collection, profiling;
  std::vector<std::pair<std::string_view, bool>> categories;
  bool says_nothing() const { return !collection && !profiling && categories.empty(); }
};

struct IntakeOutcome {
  uint64_t entry = 0;   // number of the log entry; 0 where nothing was new and none was written
  uint64_t stored = 0;  // events, facts about traits not counted
  uint64_t trait_facts = 0;
  uint64_t duplicates = 0;  // rows whose fingerprint the record already had
  uint64_t customers = 0;   // customers of this intake's rows (new or known), after stitching
  uint64_t new_customers = 0;
  Instant from = kNever, to = kEver;  // of the events put down, duplicates included
  // Values that were kept as received (in the row's `extra`) because they do not fit an exact number: property ->
  // count.
  std::map<std::string, uint64_t> inexact;
  // Values that were kept in `extra` because their event has too many properties already (kMaxColumns), and of how
  // many.
  uint64_t columnless_values = 0, columnless_properties = 0;
  uint64_t rejects = 0;  // new ones: the same reject of the same line is kept once
  uint64_t refused = 0;  // rows of customers who refused to be recorded: nothing of them is kept
};

class Intake {
 public:
  using Kind = uint32_t;      // an event name, by intake.kind()
  using Property = uint32_t;  // a property of a kind, by intake.property()

  virtual ~Intake() = default;  // without commit(): nothing happened

  // The name must be one that flaw_of_event_name (profiles/tables.hpp) finds nothing wrong with: reject the row else.
  virtual Kind kind(std::string_view event) = 0;
  virtual Property property(Kind kind, std::string_view name) = 0;

  // Starts a row; the put calls that follow are its properties. At least one identifier. Times outside years 0001 to
  // 9999 are refused by the caller, except kEver (a trait true since ever). The fingerprint is the row's identity
  // (message id, or content and occurrence): a row the record has already is dropped at commit.
  virtual void start(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) = 0;
  virtual void put(Property property, Number value) = 0;
  virtual void put(Property property, std::string_view text) = 0;
  virtual void put(Property property, bool truth) = 0;
  virtual void put_null(Property property) = 0;  // said null: cleared
  // What has no exact or scalar form is kept as received: JSON text, not seen by aggregates, counted as inexact.
  virtual void put_raw(Property property, std::string_view json) = 0;
  // The next element of a list property of this row (properties under one prefix before the dot, as products.*, are
  // padded to equal length by next_element, which ends the element at hand).
  virtual void element(Property property, Number value) = 0;
  virtual void element(Property property, std::string_view text) = 0;
  virtual void element(Property property, bool truth) = 0;
  virtual void next_element(Kind kind, std::string_view prefix) = 0;

  // Asked before the row is put or rejected: whether anything of it may be kept. False: the customer has refused to be
  // recorded, now or before (it is counted), and the caller forgets the row. What is said of profiling is kept with the
  // row that is started next. `fingerprint`: the row's, since one that was seen before says nothing new.
  virtual bool admits(std::span<const Identifier> /*who*/, const ConsentSaid& said, uint64_t /*fingerprint*/) {
    return said.collection != false;
  }
  // What the row started last gives away about its customer, and by what; kept as a fact of kRulings where it is news.
  virtual void mark(Mark /*mark*/, std::string_view /*reason*/) {}

  virtual void reject(Reject reject) = 0;

  // Something to be kept with the entry (tessera.entry.detail, a JSON object): what the caller found out about its
  // source. In the same transaction as the rows, so that the two never disagree.
  virtual void note(const std::string& /*name*/, const Json& /*value*/) {}

  // Writes everything or, on an error, nothing. An error of an earlier call (the disk was full, a name was impossible)
  // is given here. To be called once. Where something is new, `finally` is called last before the end of the
  // transaction, to read and write with its connection what belongs to this import; its error is the commit's.
  using Finally = std::function<Result<void>(store::Connection& connection)>;
  virtual Result<IntakeOutcome> commit(Progress& progress, const Finally& finally = {}) = 0;
};

struct IntakeSource {
  std::string description;  // "import of orders.csv, preset online-retail"
  std::vector<std::string> files;
  std::string preset;
};

// Rows are held in memory up to these limits, then written into the open transaction.
struct IntakeLimits {
  size_t batch_rows = 2'000'000;
  size_t batch_bytes = 256 << 20;
};

// REQUIRES: the record outlives the intake, and nothing else writes to it meanwhile. `learnt` is the log time of the
// entry (where it is before the last entry's, that one's is taken).
Result<std::unique_ptr<Intake>> begin_intake(store::Record& record, IntakeSource source, Instant learnt,
                                             IntakeLimits limits = {});

}  // namespace tessera::profiles

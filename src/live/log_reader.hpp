// Who follows the log. Everything the engine knows is what its readers made of the entries, one after the other: the
// fold first (fold_reader.hpp: identities, histories, memberships), then what is counted beside it (sources.hpp,
// import_tallies.hpp, rates.hpp), then the readers of rooms above, which were given to the engine when it started.
//
// A reader depends on nothing but the entries: taken in again after a restart they must give the same. So that a restart
// need not begin with the first entry, a reader keeps what it knows in the record: page() is written in one transaction
// with the offset of the log that it goes up to, and restore() reads it back before the entries behind that offset come.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <variant>

#include "core/result.hpp"
#include "core/time.hpp"
#include "fold/fold.hpp"
#include "live/answers.hpp"
#include "live/door.hpp"
#include "live/entry.hpp"
#include "store/database.hpp"

namespace tessera::live {

// What one call of an entry of events brought.
struct CallEffect {
  fold::Inflow::Counts counts;                    // of this call alone
  uint64_t trait_facts = 0;                       // of its rows; counted for the pieces of imports only
  std::span<const profiles::Intake::Kind> kinds;  // of the Inflow, named by its rows, duplicates' too
  std::span<const fold::Touched::Row> rows;       // that were stored
};

// What comes of an entry that somebody waits for: of Define and Remove, of Ruling.
using Outcome = Result<std::variant<std::monostate, Redefined, Ruled>>;

struct Redefinition;  // fold_reader.hpp

// An entry as its readers see it, with what the fold made of it.
struct AppliedEntry {
  uint64_t offset = 0, next = 0;  // of the log
  const LogEntry& entry;          // its instant never goes back
  bool is_replaying = false;      // it was in the log before this start
  // Define, Remove: what is to be in force, worked out before.
  Redefinition* redefinition = nullptr;
  std::span<const fold::Fold::Said> said{};  // Restate: who was in what as the record has it

  // The fold, which is the first to take the entry in, says:
  const fold::Fold* fold = nullptr;       // after the entry
  std::span<const fold::Flip> changes{};  // in the order of their ids
  std::span<const CallEffect> calls{};    // beside entry.calls
  uint64_t customers_before = 0;          // how many there were
  Outcome outcome{};

  bool is_import() const {
    return entry.kind == EntryKind::Events && !entry.calls.empty() && entry.calls[0].type == kRowsOfImport;
  }
};

// Writes into the record within the transaction that is open there. May be called again where that did not end well.
using WritePage = std::move_only_function<Result<void>(store::Connection&)>;

class LogReader {
 public:
  virtual ~LogReader() = default;
  // Before restore(): the facts that values are asked of (values.hpp), to be kept in memory beside those that definitions
  // see.
  virtual fold::Wanted wanted() const { return {}; }
  // Once, before any entry: what the record has, up to the offset that it is at.
  virtual Result<void> restore(store::Connection& record) = 0;
  // On one thread, in the order of the log; nobody asks the engine meanwhile: must not wait.
  virtual void apply(AppliedEntry& entry) = 0;
  // What came of the entries since the page before; empty: nothing.
  virtual WritePage page() = 0;
  // When time alone may do something: an entry is logged then, if nothing else comes. kNever: not.
  virtual Instant next_due() = 0;
};

}  // namespace tessera::live

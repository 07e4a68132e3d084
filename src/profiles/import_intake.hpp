// The way into the record: one ImportIntake is one numbered entry of it, all of it or nothing. commit() drops what the
// record already has (same fingerprint; traits without a time that were overruled since are said again:
// restated_traits.hpp), gives the rest their seqs, stitches identities and writes all tables in one transaction.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/progress.hpp"
#include "core/result.hpp"
#include "profiles/intake.hpp"
#include "profiles/intake_outcome.hpp"
#include "profiles/told_orders.hpp"

namespace tessera::store {
class Connection;
class Record;
}  // namespace tessera::store

namespace tessera::profiles {

// An intake that ends: until commit() nothing has happened.
class ImportIntake : public Intake {
 public:
  // What is known of orders where the rows go.
  virtual OrderMemory& orders() = 0;
  // Something to be kept with the entry (tessera.entry.detail, a JSON object): what the caller found out about its
  // source. In the same transaction as the rows, so that the two never disagree.
  virtual void note(const std::string& name, const Json& value) = 0;

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

// Rows are held in memory up to these limits, then written into the open transaction, while the next come in: two such
// batches are in memory at most.
struct IntakeLimits {
  size_t batch_rows = 500'000;
  size_t batch_bytes = 64 << 20;
};

// REQUIRES: the record outlives the intake, and nothing else writes to it meanwhile. `learnt` is the log time of the
// entry (where it is before the last entry's, that one's is taken).
Result<std::unique_ptr<ImportIntake>> begin_intake(store::Record& record, IntakeSource source, Instant learnt,
                                                   IntakeLimits limits = {});

// Facts whose own law has spoken (rulings), as one entry; none: no entry. See put() in system_facts.hpp for others.
Result<void> write_facts(store::Record& record, std::span<const SystemFact> facts, std::string_view description,
                         Instant learnt);

}  // namespace tessera::profiles

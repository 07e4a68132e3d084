// Runs of discover as the record keeps them: what was found, who was in it, and how it hangs together with the run
// before. So a later run can find its groups again, `tessera adopt` can put a run's definitions into use, and whoever
// tells what changed has something to tell it of.
//
//   const auto runs = TRY(kept_runs(connection));            // oldest first: segments, definitions, lineage
//   const auto roster = TRY(Roster::read(connection, history));
//   const Generation who = TRY(generation_of(connection, runs.back(), roster));   // members, by customer of the
//   history
//
// Members are kept as profiles, which are numbered for ever, and read as the customers that these belong to today: two
// who became one are one; who is gone (erased) is in no list. Erasure finds them by the catalogue.
//
// Bounded: the last kMostRuns runs, and no more than kMostKnown customers in all of them together; older ones are
// dropped, but never one that is in force.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "lineage/lineage.hpp"
#include "profiles/history.hpp"
#include "store/database.hpp"

namespace tessera::lineage {

inline constexpr size_t kMostRuns = 20;
inline constexpr uint64_t kMostKnown = 50'000'000;

struct KeptSegment {
  std::string id, name, rule;  // the rule as in the file of definitions
  bool set_apart = false;
  uint64_t size = 0, active = 0;
  double value = 0;
  std::string parent;  // id of the group of the run before that it is, or mostly came from; empty: new
};

struct KeptRun {
  uint64_t number = 0;  // 1, 2, 3, ...: never given again
  Instant as_of, made;
  uint64_t kind = 0;       // the same of runs that can follow each other: one goal, one set of features
  std::string options;     // JSON: what was asked
  std::string goal;        // in words; empty: none
  uint32_t k = 0;          // micro-segments
  uint64_t customers = 0;  // known to it
  std::string value_definition;
  std::string definitions;         // segments.tsl
  std::optional<Lineage> lineage;  // nullopt: there was no run to be held against
  std::optional<Instant> adopted;
  bool in_force = false;  // adopted, and nothing that was adopted wholly since has taken its place
  std::vector<KeptSegment> segments;
};

// Oldest first.
Result<std::vector<KeptRun>> kept_runs(store::Connection& connection);

// Which profile is which customer of a history, both ways.
class Roster {
 public:
  // The history is that of this record, at whatever time it was known.
  static Result<Roster> read(store::Connection& connection, const profiles::History& history);
  size_t customers() const { return profile_.size(); }
  // nullopt: another customer has the same public id (a user id may read like somebody's pseudonym).
  std::optional<uint32_t> profile(uint32_t customer) const {
    return profile_[customer] == kNobody ? std::nullopt : std::optional(profile_[customer]);
  }
  // nullopt: not in the history.
  std::optional<uint32_t> customer(uint32_t profile) const {
    return profile < customer_.size() && customer_[profile] != kNobody ? std::optional(customer_[profile])
                                                                       : std::nullopt;
  }

 private:
  static constexpr uint32_t kNobody = UINT32_MAX;
  std::vector<uint32_t> profile_, customer_;
};

// Who was in which group of a kept run.
Result<Generation> generation_of(store::Connection& connection, const KeptRun& run, const Roster& roster);

// The run that one of this kind and day is held against: the one adopted last, else the last one of its kind of an
// earlier day; never one of a later day. Null: none.
const KeptRun* run_before(std::span<const KeptRun> runs, uint64_t kind, Instant as_of);

// Keeps a run (its number is given here) with its members, and drops what is too old. The number: a new one, or that
// of the kept run that is the same in everything but when it was made. In a transaction of its own.
Result<uint64_t> keep_run(store::Connection& connection, const KeptRun& run, const Generation& members,
                          const Roster& roster);

// It is adopted: wholly, so that no earlier one is in force, or in part. In the transaction at hand.
enum class Adopted : uint8_t { Wholly, InPart };
Result<void> mark_adopted(store::Connection& connection, uint64_t run, Adopted how, Instant at);

}  // namespace tessera::lineage

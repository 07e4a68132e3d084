// Random customers of whom random facts become known, in any order and as late as can be, under several identifiers
// each; and what the batch evaluator says of them at any instant, from the rows that were known by then. Names are
// those of language::RandomTree.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "profiles/history.hpp"
#include "profiles/identity.hpp"
#include "profiles/intake.hpp"
#include "profiles/ruling.hpp"
#include "segment/evaluate.hpp"
#include "segment/plan.hpp"
#include "segment/timeline.hpp"

namespace tessera::live {

struct WorldRow {
  Instant learnt;
  std::vector<std::pair<profiles::IdentifierKind, std::string>> who;
  profiles::HistoryBuilder::Row row;  // `customer` is not used
  uint64_t fingerprint;
  std::optional<profiles::Ruling> ruling;  // then this is what it is, and not a row
};

struct WorldSettings {
  int customers = 4, rows = 40;
  bool many_ids = true;  // anonymous ids and e-mails, shared now and then
  double words = 0;      // share of decisions: pairs undone and joined, values blocked, marks
  double rulings = 0;    // share of facts that mark a customer, or say whether they may be profiled
  int instants = 0;      // at which facts are learnt, so that many come together; 0: any
  double late = 0.3;     // share of facts learnt long after they were true (or before)
};

// Ascending by `learnt`; times lie on a coarse grid, so that windows and facts meet at their edges.
std::vector<WorldRow> random_world(Rng& rng, const WorldSettings& settings);

// Limits that worlds reach.
profiles::StitchLimits world_limits();

// Puts the row into an intake as a normaliser would.
void put(profiles::Intake& intake, const WorldRow& row);

// The customers as the rows known by `known_at` make them. Named by the number of their leader's profile, zero-padded.
class BatchWorld {
 public:
  BatchWorld(const segment::Plan& plan, std::span<const WorldRow> rows, Instant known_at,
             const profiles::StitchLimits& limits = {});
  // Leaders of customers, ascending.
  std::vector<profiles::Profile> leaders() const;
  std::vector<bool> members(profiles::Profile leader, Instant as_of) const;
  segment::Timeline timeline(profiles::Profile leader, Instant from, Instant to) const;
  // The time of the customer's earliest fact; one without a time counts from when it was learnt.
  Instant begin(profiles::Profile leader) const { return begin_.at(leader); }

 private:
  profiles::CustomerIndex index_of(profiles::Profile leader) const;
  profiles::History history_;
  std::unique_ptr<segment::Bound> bound_;
  std::deque<WorldRow> ruled_;  // the facts that decisions are
  std::map<profiles::Profile, Instant> begin_;
};

}  // namespace tessera::live

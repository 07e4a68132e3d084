// The front door of identity over time.
//
//   lineage.hpp  lineage_of (below): which groups of a run are which of an earlier one
//   runs.hpp     keep_run, kept_runs, run_before: runs as the record keeps them
//
// Identity over time: which groups of this run are which of an earlier one, and who moved between them. Pure: two
// generations of groups over one numbering of customers in, a Lineage out.
//
// Judged are the customers known to both runs whom neither set apart: about newcomers the earlier run could say
// nothing, and of those set apart both runs said that they do not judge them. Over these, n(A, B) is how many of group
// A are in group B now, and
//
//   Jaccard(A, B) = n / |A or B|      n / |A|: how much of A went to B      n / |B|: how much of B came from A
//
// - Found again: A is B where Jaccard is above 1/2, of those who were in A or of those whom A's rule would have now:
//   "recent customers" stay that group though they are other people every month. A half is where more of the two is
//   shared than not, and where clusters count as dissolved below (Hennig 2007, Cluster-wise assessment of cluster
//   stability). Of groups that
//   exclude each other a group has at most one such partner; where rules overlap, the one-to-one assignment with the
//   largest sum of Jaccards is taken (Hungarian method). B carries A's id and name. A group that is set apart is found
//   again by its name: it is a condition, not a finding, and its members are meant to pass through.
// - Split: two or more groups each came mostly (above 1/2) from A, hold a tenth of A or more each, and together hold
//   most of A. Below a tenth it is drift, not a part. Merged: the same the other way round. These are the external
//   transitions of MONIC (Spiliopoulou, Ntoutsi, Theodoridis and Schult 2006: survives, split, absorbed, disappears,
//   emerges), with Jaccard for "survives", because an id must not pass to a group that merely contains the old one. One
//   that was found again can be part of a split or a merger too: the part that carries the id.
// - New, vanished: none of these. Where their customers came from and went is in the movements.
//
// Movements count everyone who is known to either run, each once: a customer of several groups in the first of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/time.hpp"

namespace tessera::lineage {

struct Group {
  std::string id, name;
  bool set_apart = false;
  std::vector<uint32_t> members;  // customers, ascending
};

struct Generation {
  uint64_t run = 0;  // 0: not kept
  Instant as_of;
  std::vector<Group> groups;
  std::vector<bool> known;  // of each customer: counted by this run, whether or not in a group. Members are known.
};

// A group as a lineage speaks of it.
struct GroupRef {
  std::string id, name;
  bool set_apart = false;
  uint64_t size = 0;
  int continues = -1;  // of a group of now: the index of the one it is; -1: none
  double jaccard = 0;  // with that one, the larger of the two
};

enum class TurnKind : uint8_t { FoundAgain, Split, Merged, New, Vanished };
std::string_view name_of(TurnKind kind);  // "found again", "split", "merged", "new", "vanished"

struct Turn {
  TurnKind kind;
  std::vector<size_t> from, to;  // groups of before and now, ascending; empty where there is none
};

inline constexpr int kInNone = -1;    // in no group
inline constexpr int kNotThere = -2;  // of before: not known yet; of now: gone from the record, or left out

struct Movement {
  int from, to;  // indices, or the above
  uint64_t customers;
};

struct Lineage {
  uint64_t run = 0;                  // that it is held against
  Instant as_of;                     // of that run
  std::string people = "customers";  // what the company calls them
  uint64_t judged = 0;               // customers
  std::vector<GroupRef> before, now;
  std::vector<Turn> turns;          // by kind, then by from and to
  std::vector<Movement> movements;  // by from and to; none of nobody
  uint64_t moved = 0;               // customers known to both who are in another group now
  // As many would be by the rules of that run, had they not changed; nullopt: they cannot be asked any more.
  std::optional<uint64_t> moved_by_old_rules;
  std::vector<std::string> notes;  // names that say less than they did, sentences
};

// The order of the groups changes nothing but the indices. O(members + groups³ of those that overlap by half).
// `by_old_rules`: whom the groups of before would have now, by their rules (the same groups in the same order); null:
// not known.
Lineage lineage_of(const Generation& before, const Generation& now, const Generation* by_old_rules = nullptr);

// Customers known to both who are in another group now, where the groups are the same ones, in the same order.
uint64_t moved_between(const Generation& before, const Generation& now);

// One line, plain text.
std::string sentence_of(const Lineage& lineage, const Turn& turn);

// As in discovery.json; and back: nullopt where it is none.
Json to_json(const Lineage& lineage);
std::optional<Lineage> lineage_of_json(const Json& json);

}  // namespace tessera::lineage

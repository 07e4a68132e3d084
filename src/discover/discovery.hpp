// A discovery: what it is asked (Options) and all that it finds, to be written, kept and compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/clustering.hpp"
#include "core/time.hpp"
#include "features/event_roles.hpp"
#include "features/features.hpp"
#include "features/outcomes.hpp"
#include "features/population.hpp"
#include "features/transform.hpp"
#include "lineage/lineage.hpp"
#include "persona/figures.hpp"
#include "persona/needs.hpp"
#include "persona/persona.hpp"
#include "stats/predictive_power.hpp"

namespace tessera::discover {

struct Before;  // naming.hpp

inline constexpr size_t kFewestCustomers = 200;  // fewer: one group and a sentence

struct Options {
  std::optional<Instant> as_of;  // none: just after the newest event
  size_t min_size = 100;
  std::optional<size_t> segments;  // none: chosen
  std::string features;            // definitions in the segment language, all lets are features; empty: the default set
  std::string features_name = "features";  // of the file, for messages
  Duration active = kDay * 365;
  uint64_t seed = 1;
  std::optional<Zone> zone;           // of the times; none: unknown, then nothing is said about hours
  std::vector<std::string> withheld;  // names of properties that must not be used (classed as sensitive at import)
  std::vector<std::string> allowed;   // names of properties that a person allowed, though the industry is careful
  std::string pseudonym_key;          // typical members are shown as pseudonyms made with it
  bool keep_unwanted = false;         // bots, staff and tests are not left out
  std::string goal;                   // "value", "repeat", "retention", or an expression; empty: the structure decides
  Duration horizon = kDay * 90;       // the days that a goal speaks of, and that are hidden
  bool anew = false;                  // a continuum is not cut where the run before cut it
  const Before* before = nullptr;     // runs before, over the customers of the history; null: no groups have a past
  bool needs = true;                  // say what each group seeks (needs.hpp)
  Instant today;                      // looked from where no fact of the record has a date
  bool hides = false;                 // a second discovery is judged on days hidden from it
};

inline bool is_named_goal(std::string_view text) {
  return text == "value" || text == "repeat" || text == "retention";
}

struct Segment {
  std::string id;          // the segment's in the language: slug of the name it first had
  std::string parent;      // id of the tree's node above
  bool set_apart = false;  // not found by clustering: newcomers and the like
  std::string why_apart;
  std::string rule;  // conditions in the segment language
  size_t conditions = 0;
  size_t clustered = 0;              // customers of the cluster
  double precision = 0, recall = 0;  // of the rule against the cluster, on customers it was not found on
  double f1 = 0;
  stats::Interval precision_interval, recall_interval;
  size_t size = 0, active = 0;  // members of the rule
  double customer_share = 0, value = 0, value_share = 0;
  std::vector<persona::SegmentFigure> figures;  // of micro-segments: active, repeat, value, pooled across them
  std::vector<persona::Claim> distinct;
  persona::Persona persona;
  persona::Needs needs;           // of micro-segments
  std::vector<uint32_t> members;  // of the rule: customers of the history, ascending
};

// A node of the tree of segments: leaves are micro-segments (by index), inner nodes appear at the cut into `cut`
// groups.
struct TreeNode {
  std::string id, name;
  size_t size = 0;
  double value_share = 0;
  int segment = -1;      // of a leaf
  size_t splits_at = 0;  // of an inner node: from the cut into so many groups on its children are apart
  double height = 0;
  std::vector<size_t> children;
};

struct Contender {
  std::string name;  // "micro-segments", "quintile RFM", ...
  size_t groups = 0;
  std::vector<stats::Foretold> foretold;        // by outcome
  std::vector<stats::Figure> r2_less_segments;  // by outcome, in pairs; of the segments themselves 0
};

// What the segments foretell (backtest.hpp).
struct Backtest {
  std::string why_not;  // said where nothing could be hidden; then the rest is empty
  Duration hidden{0};
  Instant from, until;                      // hidden: (from, until]
  size_t customers = 0;                     // judged: with a main event before
  std::vector<features::Outcome> outcomes;  // values: of each judged
  std::vector<Contender> contenders;        // the segments first
  std::vector<std::string> said;            // sentences; where the segments do not beat RFM, that is the first
};

struct MapPoint {
  float x = 0, y = 0;
  uint32_t segment = 0;
};

struct Discovery {
  Instant as_of;
  bool as_of_given = false;
  Instant from, to;      // of main events
  size_t customers = 0;  // in the record
  size_t active = 0;     // with an event in the last Options::active
  Duration active_within = kDay * 365;
  size_t grouped = 0;  // that were clustered
  size_t min_size = 100;
  double value = 0;  // of all but those left out
  features::EventRoles parts;
  std::string value_definition;
  features::FeatureTable features;  // values of all customers
  std::string definitions;          // text of events and lets
  std::vector<features::ColumnTreatment> treatment;
  std::string goal;               // in words; empty: the structure alone decided
  std::vector<std::string> said;  // how the data was treated, sentences
  std::string transform;          // the same in one
  size_t k = 0;
  bool natural = false;
  std::string chosen_by;
  cluster::Quality quality;
  std::vector<cluster::Candidate> candidates;
  std::vector<std::string> absorbed;  // groups too small, and where they went
  std::vector<Segment> segments;      // micro-segments by size, then set-apart groups of at least the minimum size
  std::vector<Segment> set_apart;     // those that are smaller
  std::vector<features::LeftOut> left_out;
  std::vector<TreeNode> tree;  // [0] is the root; empty where there is one group
  persona::Maturity maturity;
  std::vector<int> label;      // of each customer: index in segments, or segments.size() + index in set_apart; -1
  std::vector<bool> held_out;  // customers on whom no rule was found
  double macro_f1 = 0;         // of the micro-segments' rules, on customers held out
  double in_exactly_one = 0;   // share of customers (all but those left out) in exactly one rule
  std::vector<MapPoint> map;
  std::string map_axes;  // what the two directions are, in words
  std::string tsl;       // segments.tsl
  std::optional<Backtest> foresight;
  std::vector<bool> known;  // of each customer: something of his was known by as_of, and he is not left out
  std::optional<lineage::Lineage>
      lineage;                  // from the run before; its groups of now are segments and set_apart in their order
  std::optional<uint64_t> run;  // under which it is kept
};

}  // namespace tessera::discover

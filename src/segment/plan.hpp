// A plan: all definitions of a program as one graph in which each different expression stands once (nodes are interned
// by their content), children before parents. A name or a segment inside another is just an edge to its node, so what
// two definitions share is computed once. The plan knows no data; bind.hpp ties it to a history.
//
// Lowering leaves few kinds of nodes: comparisons with literals, between, ago and time windows all become a Range (of a
// value, or of as_of minus an instant); every test of a text becomes a TextTest; a trait is the aggregate "last known"
// of the stream of traits. Scope 0 holds one value a customer; every other scope holds the rows of a stream or, where
// it has a list, the elements of that list.
//
// The gate. Every segment has one condition more than its definition says: nobody is a member who is marked (trait
// $marked: bots, staff, tests) or has refused profiling (trait $profiling). Both are dated facts like any other, so
// as_of, known_at, timelines and the next change know of them without a line of their own. A definition that asks about
// $marked itself is left to answer that question; who refused profiling is in no segment at all. And nobody is a member
// of anything before they begin (History::begin).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "language/time_properties.hpp"
#include "language/tree.hpp"
#include "profiles/money.hpp"
#include "profiles/system_facts.hpp"
#include "segment/rational.hpp"

namespace tessera::segment {

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = std::numeric_limits<NodeId>::max();

enum class Op : uint8_t {
  Constant,    // Literal
  Property,    // std::string name; Type::List for a list
  EventTime,   // the row's time
  Calendar,    // CalendarPlan
  Aggregate,   // AggregatePlan
  Score,       // ScorePlan
  Ago,         // as_of - operand
  Arithmetic,  // ArithmeticOp
  Size,        // of a list
  Range,       // RangePlan
  Compare,     // CompareOp, both sides vary
  NumberIn,    // std::vector<int64_t>, ascending, in the type's unit
  TextTest,    // TextTestPlan
  Known,
  Is,          // TruthTest
  ListMatch,   // ListMatchPlan
  AnyElement,  // std::string list; the operand lives in the scope of that list
  And,
  Or,
  Xor,
  AtLeast,  // uint32_t
  Not,
  Begun  // the customer is there: as_of is not before their beginning (History::begin)
};

// A part of a row's time, by the calendar of one of the plan's zones.
struct CalendarPlan {
  language::TimePart part = language::TimePart::Time;
  uint16_t zone = 0;
  bool operator==(const CalendarPlan&) const = default;
};

// Which rows: interned too.
struct Pattern {
  std::vector<std::string> names;  // empty: every event that is counted, or the system's stream below
  profiles::SystemStream system = profiles::SystemStream::None;
  std::string each;
  NodeId where = kNoNode;  // in the scope of `each`
};

// The number of rows of a customer with time <= the cut is where a window begins or ends.
struct Cut {
  enum class Kind : uint8_t { Start, Ago, At } kind = Kind::Start;
  int64_t ms = 0;  // Ago: as_of - ms; At: the instant, but never beyond as_of
  auto operator<=>(const Cut&) const = default;
};
struct WindowPlan {  // the rows after `low` up to `high`
  Cut low, high{Cut::Kind::Ago, 0};
  NodeId anchor = kNoNode;  // Since: replaces `low`
};

enum class Reduce : uint8_t {
  Count,
  Sum,
  Avg,
  Min,
  Max,
  Median,
  Distinct,
  First,
  Last,
  Mode,
  FirstTime,
  LastTime,
  LastTrait  // the last value that is not absent; a cleared one is unknown
};
struct AggregatePlan {
  Reduce reduce = Reduce::Count;
  uint32_t pattern = 0;
  std::string property;
  WindowPlan window;
  std::optional<CalendarPlan> calendar = {};  // then `property` is its name
};

// The sum over terms of weight * decay(age), weights all of one sign where there is a half-life, so that the value can
// only shrink while no event comes or goes.
struct ScorePlan {
  struct Term {
    int64_t weight;  // in units of `unit`
    uint32_t pattern;
  };
  std::vector<Term> terms;
  int64_t unit = 1;       // micros: the greatest common divisor of the weights
  int64_t half_life = 0;  // ms; 0: none
  WindowPlan window;
};

// low <= x <= high where a bound is given, strict where `open`. x is the operand, or as_of - operand where `moving`.
// Numbers in micros, instants and durations in ms.
struct RangePlan {
  std::optional<int64_t> low, high;
  bool low_open = false, high_open = false, moving = false;
};

enum class TextKind : uint8_t { Fits, Blank, In, Less, LessEqual };
struct TextTestPlan {
  TextKind kind = TextKind::In;
  bool ignore_case = false;
  std::vector<std::string> texts;  // the pattern, or In's items
  language::TextOp op{};           // of Fits
};

struct ListMatchPlan {
  language::ListOp op = language::ListOp::Includes;
  std::vector<language::Literal> items;
};

struct Node {
  Op op = Op::Constant;
  language::Type type = language::Type::Unresolved;
  uint16_t scope = 0;
  bool smooth = false;  // may change with every millisecond: ago, decaying scores and what is computed from them
  std::vector<NodeId> operands;
  std::variant<std::monostate, language::Literal, std::string, CalendarPlan, AggregatePlan, ScorePlan,
               language::ArithmeticOp, RangePlan, language::CompareOp, std::vector<int64_t>, TextTestPlan,
               language::TruthTest, ListMatchPlan, uint32_t>
      detail;
  std::string currency = {};  // of a property or an aggregate that is an amount: language/tree.hpp
};

struct Plan {
  std::vector<Node> nodes;
  std::vector<Pattern> patterns;
  std::vector<std::string> scopes;  // the list of each scope; [0] and [1] are "" (customers, rows)
  std::vector<Zone> zones;          // [0]: of what says none

  struct Output {
    std::string name, slug;
    language::DefinitionKind kind;
    NodeId node;     // a segment's: with the gate
    NodeId ungated;  // the definition alone: the same where no fact of the gate is known and everybody is there
    NodeId begun;    // the definition for those who are there: the same where no fact of the gate is known
  };
  std::vector<Output> outputs;     // lets, scores and segments, in the program's order
  std::vector<uint32_t> segments;  // of those, the segments

  // What `node` is computed from in its own scope, itself included, ascending (so children come first).
  std::vector<NodeId> cone(NodeId node) const;
  std::vector<NodeId> cone(const std::vector<NodeId>& nodes) const;
  // Whether one of these nodes looks at events of this name.
  bool reads(const std::vector<NodeId>& cone, profiles::StreamName stream) const;
  bool reads(NodeId node, profiles::StreamName stream) const;  // it alone
  // The segments, as `segments` counts them, that look at such events. O(nodes).
  std::vector<uint32_t> readers(profiles::StreamName stream) const;
  // Index in `outputs` by name or slug; nullopt where there is none.
  std::optional<uint32_t> find(std::string_view name) const;
};

// The amounts that a plan reads, and in which currencies.
std::set<profiles::MoneyWant> money_wanted(const Plan& plan);

// Some of a plan's segments, and what they are computed from.
struct Selection {
  std::vector<uint32_t> segments;     // as Plan::segments counts them
  std::vector<NodeId> cone, ungated;  // with the gate, and without
};
Selection select(const Plan& plan, std::vector<uint32_t> segments);

// REQUIRES: the program has passed the checker. Error: what this evaluator cannot run (a trait inside `where`), named.
Result<Plan> compile(const language::Program& program, const Zone& zone = Zone::utc());

// The same, but a definition that cannot be run leaves the others as they are: it is named in `refused`, as are those
// that use it, and what stands for it in the plan means nothing. Those that are in there before are refused, too.
struct Refusal {
  uint32_t definition = 0;  // of the program
  Error error;
};
Plan compile_each(const language::Program& program, std::vector<Refusal>& refused, const Zone& zone = Zone::utc());

// For explain: a plan whose outputs are also the given expressions, appended after the program's in their order.
Result<Plan> compile(const language::Program& program, const std::vector<const language::Expr*>& extra,
                     const Zone& zone);

}  // namespace tessera::segment

// The tree behind the segment language: what the parser makes, the checker completes, the printer prints, and the
// evaluators (fast and slow) run. Readable conditions ("at least 2 order in the last 30 days") and functional ones
// (count(order, last 30 days) >= 2) are the same tree; only this tree has a meaning.
//
// Trees are values: copied, compared, never shared. Nodes of a closed set are a variant (Match visits them), so a new
// kind breaks the build where it matters.
//
// Meaning, wherever it could be argued:
// - A value is known or unknown; a condition is true, false or unknown (Kleene's logic); a member is one for whom the
//   segment's condition is true. Unknown arises from absent traits and properties, from first/last/avg/min/max/mode/
//   median of no values, from division by zero. count, sum, distinct of nothing are 0. did/no are never unknown.
// - `where` keeps the events for which the condition is true.
// - Only events with time <= as_of and seq < visible_until(known_at) exist.
// - Sliding windows are half-open: (as_of - oldest, as_of - newest]; ago(x) >= d is the exact complement of "in the
// last d".
// - Absolute windows are [from, to).
// - Since an event: later than it in the total order (time, seq), up to as_of. Since an instant (trait, literal): time
// > it.
// - Order of equal times: seq. first = least, last = greatest in (time, seq); mode's ties: the value seen latest;
//   median of an even count: the mean of the two middle values (exact: a rational).
// - Numbers are exact rationals of scaled integers: comparison by cross-multiplication, never through double.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/number.hpp"
#include "core/time.hpp"
#include "language/text_operators.hpp"

namespace tessera::language {

// Bytes [from, to) of the source text. Where a thing stands is no part of what it means: all spans compare equal.
struct Span {
  uint32_t from = 0, to = 0;
  bool operator==(const Span&) const { return true; }
};

enum class Type : uint8_t { Unresolved, Condition, Bool, Number, Text, Instant, Duration, List };

struct Expr;
using Exprs = std::vector<Expr>;

// --- values

struct Literal {
  std::variant<bool, Number, std::string, Instant, Duration> value;
  bool operator==(const Literal&) const = default;
};
// The last known value of a trait; Expr::type says which of its columns is meant. Type::Instant: its text read as a
// time (parse_instant), unknown where it is none (also for properties). Type::List: a list trait, in ListMatch and
// Size.
struct Trait {
  std::string name;
  bool operator==(const Trait&) const = default;
};
// A property of the event at hand, inside `where`. The reserved ones (time_properties.hpp): $time (Instant), and by the
// calendar of `zone` $hour (0-23), $weekday (1 = Monday ... 7), $month (1-12), $day (days since 1970-01-01), all
// Numbers; an aggregate's property may be one of them too. With
// EventPattern::each = "products", name "category" means products.category of the element at hand where the stream has
// such a column, else the event's own property. Lists outside `each` are the argument of list conditions.
struct Property {
  std::string name;
  std::string zone = {};  // of a reserved one, filled by the checker; empty: the plan's
  // Of an amount (profiles/money_names.hpp), filled by the checker: the currency in which it is read, a code or
  // profiles::kRecordsCurrency. Empty: a plain number.
  std::string currency = {};
  bool operator==(const Property&) const = default;
};
struct Name {  // a let (of any type, conditions too) or a score; `definition` is filled by the checker: index in
               // Program::definitions
  std::string name;
  uint32_t definition = UINT32_MAX;
  bool operator==(const Name& o) const { return name == o.name; }
};

// Which events: all of the names (any event where `names` is empty, system events "$..." excluded) for which `where` is
// true. The checker replaces aliases (`event order = ...`) by what they stand for and keeps the alias for printing.
struct EventPattern {
  // After the checker: whose condition `where` is. Both: an And of the alias' and its own. Printing leaves the alias'
  // out.
  enum class Where : uint8_t { Own, OfAlias, Both };
  std::string alias;               // as written, if it was one
  std::vector<std::string> names;  // "Order Completed"
  std::string each;                // "products": the elements of this list property are what is counted; else empty
  Exprs where;                     // none or one
  Where where_is = Where::Own;
  Span span;
  bool operator==(const EventPattern&) const = default;
};

struct Lifetime {
  bool operator==(const Lifetime&) const = default;
};
inline constexpr Duration kForever{400'000'000'000'000'000};  // as Sliding::oldest: however old
struct Sliding {                                              // (as_of - oldest, as_of - newest]
  Duration newest, oldest;
  bool operator==(const Sliding&) const = default;
};
struct Absolute {  // [from, to)
  Instant from = kEver, to = kNever;
  bool operator==(const Absolute&) const = default;
};
struct Since {  // after the instant that the one expression gives; unknown instant: no events
  Exprs anchor;
  bool operator==(const Since&) const;
};
using Window = std::variant<Lifetime, Sliding, Absolute, Since>;

enum class AggregateKind : uint8_t {
  Count,      // Number; of events (or of elements with `each`)
  Sum,        // Number
  Avg,        // Number
  Min,        // Number
  Max,        // Number
  Median,     // Number
  Distinct,   // Number: different known values
  First,      // the property's type
  Last,       // the property's type
  Mode,       // the property's type
  FirstTime,  // Instant
  LastTime,   // Instant
};
struct Aggregate {
  AggregateKind kind = AggregateKind::Count;
  EventPattern events;
  std::string property;  // empty for Count, FirstTime, LastTime; a list property contributes each of its elements
  Window window;
  std::string zone = {}, currency = {};  // as of Property
  bool operator==(const Aggregate&) const = default;
};
// A score: the sum over terms of weight * (number of matching events), each event halved for every half-life of its
// age. Decay is by a fixed integer table (docs/language.md), so that every evaluator gives the same digits.
struct Score {
  struct Term {
    Number weight;
    EventPattern events;
    bool operator==(const Term&) const = default;
  };
  std::vector<Term> terms;
  std::optional<Duration> half_life;
  Window window;
  bool operator==(const Score&) const = default;
};
struct Ago {  // as_of - instant
  Exprs instant;
  bool operator==(const Ago&) const;
};
enum class ArithmeticOp : uint8_t { Add, Subtract, Multiply, Divide };
// Of numbers; and Instant - Instant = Duration, Instant +- Duration = Instant, Duration / Duration = Number,
// Duration +- Duration, Duration * Number, Duration / Number = Duration. Division by zero is unknown.
struct Arithmetic {
  ArithmeticOp op;
  Exprs operands;  // two
  bool operator==(const Arithmetic&) const;
};
struct Size {  // number of elements of a list property
  Exprs list;
  bool operator==(const Size&) const;
};

// --- conditions

enum class CompareOp : uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
struct Compare {
  CompareOp op;
  Exprs operands;  // two, of one type; text compares for order by bytes
  bool operator==(const Compare&) const;
};
struct Between {   // low <= x <= high; for ago (durations) low <= x < high, the complement of sliding windows
  Exprs operands;  // x, low, high
  bool negated = false;
  bool operator==(const Between&) const;
};
struct In {
  Exprs operands;  // x, then the items
  bool negated = false;
  bool operator==(const In&) const;
};
struct TextMatch {
  TextOp op;  // text_operators.hpp
  Exprs text;
  std::string pattern;
  bool ignore_case = false;
  bool negated = false;
  bool operator==(const TextMatch&) const;
};
struct IsBlank {  // known and nothing but white space; unknown where the text is
  Exprs text;
  bool negated = false;
  bool operator==(const IsBlank&) const;
};
struct IsKnown {  // never unknown
  Exprs operand;
  bool negated = false;
  bool operator==(const IsKnown&) const;
};
enum class TruthTest : uint8_t { IsTrue, IsFalse, IsNotTrue, IsNotFalse };
struct IsTruth {  // of a Bool value or a condition; never unknown: "is not true" holds for unknown
  TruthTest test;
  Exprs operand;
  bool operator==(const IsTruth&) const;
};
enum class ListOp : uint8_t { Includes, AllOf, AnyOf, NoneOf };
struct ListMatch {
  ListOp op;
  Exprs operands;  // the list property, then the items
  bool operator==(const ListMatch&) const;
};
struct AnyElement {  // some element of the list (its prefix: "products") satisfies the condition over its properties
  std::string list;
  Exprs condition;
  bool operator==(const AnyElement&) const;
};
// A time-valued expression lies in a window around as_of. Sliding with negative bounds looks ahead: "in the next 30
// days" is newest = -30 days, oldest = 0, so (as_of, as_of + 30 days].
struct Within {
  Exprs instant;
  std::variant<Sliding, Absolute> window;
  bool negated = false;
  bool operator==(const Within&) const;
};
struct InSegment {
  std::string segment;  // name or slug as written
  uint32_t definition = UINT32_MAX;
  bool negated = false;
  bool operator==(const InSegment& o) const { return segment == o.segment && negated == o.negated; }
};
// Kleene's. Xor: an odd number of operands is true; unknown if any is unknown.
enum class LogicOp : uint8_t { And, Or, Xor, NoneOf, AtLeast, Not };
struct Logic {
  LogicOp op;
  Exprs operands;
  uint32_t at_least = 0;  // for AtLeast
  bool operator==(const Logic&) const;
};

struct Expr {
  std::variant<Literal, Trait, Property, Name, Aggregate, Score, Ago, Arithmetic, Size, Compare, Between, In, TextMatch,
               IsBlank, IsKnown, IsTruth, ListMatch, AnyElement, Within, InSegment, Logic>
      node;
  Type type = Type::Unresolved;  // filled by the checker; a condition is Type::Condition
  Span span;
  bool operator==(const Expr& o) const { return node == o.node; }
};

// These hold expressions, so they can be compared only now that Expr is complete.
inline bool Since::operator==(const Since&) const = default;
inline bool Ago::operator==(const Ago&) const = default;
inline bool Arithmetic::operator==(const Arithmetic&) const = default;
inline bool Size::operator==(const Size&) const = default;
inline bool Compare::operator==(const Compare&) const = default;
inline bool Between::operator==(const Between&) const = default;
inline bool In::operator==(const In&) const = default;
inline bool TextMatch::operator==(const TextMatch&) const = default;
inline bool IsBlank::operator==(const IsBlank&) const = default;
inline bool IsKnown::operator==(const IsKnown&) const = default;
inline bool IsTruth::operator==(const IsTruth&) const = default;
inline bool ListMatch::operator==(const ListMatch&) const = default;
inline bool AnyElement::operator==(const AnyElement&) const = default;
inline bool Within::operator==(const Within&) const = default;
inline bool Logic::operator==(const Logic&) const = default;

// --- definitions

struct Schema;

enum class DefinitionKind : uint8_t { Event = 1, Let = 2, Score = 3, Segment = 4 };  // stored on disk, never renumber

struct Definition {
  DefinitionKind kind = DefinitionKind::Segment;
  std::string name;      // "Abandoned cart, high intent", or purchase_intent
  std::string slug;      // "abandoned-cart-high-intent"; equal to the name for let, score, event
  std::string note;      // the comment lines right before it, kept by fmt
  std::string zone;      // by whose calendar the times of its events are read; empty: the question's, else the record's
  std::string currency;  // in which its amounts are read; empty: the question's, else the record's
  EventPattern event;    // for Event
  Expr body;             // for the others; a Score definition's body is a Score node
  Span span;
  // What it found by the names in it when it was applied (lookup.hpp): it is read with that from then on. Null: it was
  // not applied, and is read with what the record knows now.
  std::shared_ptr<const Schema> settled = nullptr;
  bool operator==(const Definition&) const = default;
};

// What the checker hands to the planner: every name resolved, every type known, aliases replaced (definitions of kind
// Event are not in it), definitions ordered so that each uses only earlier ones (segment in segment is stratified;
// cycles were refused). Inside `where` there are only literals, properties, arithmetic and conditions over them; a Bool
// value used as a condition has become a comparison with true.
struct Program {
  std::vector<Definition> definitions;
};

}  // namespace tessera::language

// The reference evaluator: the meaning of the segment language, written down in the plainest way. It walks the tree for
// one customer at one instant over a list of rows, with loops and nothing else: no plan, no sharing, no columns, and
// arithmetic of its own. Slow on purpose; whatever is fast is held against it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "language/tree.hpp"
#include "oracle/fraction.hpp"
#include "profiles/history.hpp"

namespace tessera::oracle {

// A known value; the absence of one is std::nullopt around it.
using Known = std::variant<bool, Fraction, std::string, Instant, Duration>;
using Value = std::optional<Known>;
std::string text_of(const Value& value);

struct Row {
  std::string event;
  Instant time;
  profiles::Seq seq;
  struct Cell {
    std::vector<Known> values;                 // a scalar: at most one; a list: its elements that have a value
    std::vector<std::vector<Known>> elements;  // a list: of each element, its values (at most one)
    bool is_list = false, cleared = false;
  };
  std::map<std::string, Cell> scalars, lists;
  Instant learnt = kEver;  // kEver: not said
};

// All rows of one customer, in the total order.
std::vector<Row> rows_of(const profiles::History& history, profiles::CustomerIndex customer);

class Amounts;

class Reference {
 public:
  // REQUIRES: program, rows and amounts outlive it.
  Reference(const language::Program& program, const std::vector<Row>& rows, Instant as_of, profiles::Seq visible,
            Zone zone = Zone::utc(), const Amounts* amounts = nullptr)
      : program_(program), rows_(rows), as_of_(as_of), visible_(visible), zone_(std::move(zone)), amounts_(amounts) {}

  Value value(const language::Expr& expr) const { return value(expr, nullptr); }
  // true, false or unknown
  std::optional<bool> truth(const language::Expr& expr) const;
  bool is_member(size_t definition) const;
  // Whether the customer is there, as somebody who can be a member.
  bool has_begun() const;
  // The rows that say when they begin, where not all are looked at. REQUIRES: they outlive it.
  Reference& begins_with(const std::vector<Row>& all) {
    of_begin_ = &all;
    return *this;
  }

 private:
  bool asks_for_mark(const language::Expr& expr) const;
  struct Here {  // inside `where`: a row, perhaps an element of one of its lists
    const Row* row;
    std::string each;
    size_t element = 0;
  };
  struct Found {
    const Row* row;
    std::optional<size_t> element;
  };

  Value value(const language::Expr& expr, const Here* here) const;
  std::optional<bool> truth(const language::Expr& expr, const Here* here) const;
  std::vector<const Row*> existing() const;
  std::vector<Found> matches(const language::EventPattern& events, const language::Window& window) const;
  std::function<bool(const Row&)> within(const language::Window& window) const;
  std::vector<Known> values_at(const Found& match, const language::EventPattern& events, const std::string& property,
                               const std::string& zone) const;
  static bool is_of_time(const std::string& name);
  Value of_time(const Row& row, const std::string& name, const std::string& zone) const;
  Value property(const language::Property& node, language::Type type, const Here& here) const;
  Value in_currency(const Value& value, const Row& row, const std::string& currency) const;
  Value trait(const std::string& name, language::Type type) const;
  std::optional<std::vector<std::vector<Known>>> list(const language::Expr& expr, const Here* here) const;
  Value aggregate(const language::Aggregate& aggregate, language::Type type) const;
  Value score(const language::Score& score) const;
  Value arithmetic(const language::Arithmetic& node, const Here* here) const;

  // one a kind of condition
  std::optional<bool> compare(language::CompareOp op, const Value& a, const Value& b) const;
  std::optional<bool> condition(const language::Compare& node, const Here* here) const;
  std::optional<bool> condition(const language::Between& node, const Here* here) const;
  std::optional<bool> condition(const language::In& node, const Here* here) const;
  std::optional<bool> condition(const language::TextMatch& node, const Here* here) const;
  std::optional<bool> condition(const language::IsBlank& node, const Here* here) const;
  std::optional<bool> condition(const language::IsKnown& node, const Here* here) const;
  std::optional<bool> condition(const language::IsTruth& node, const Here* here) const;
  std::optional<bool> condition(const language::ListMatch& node, const Here* here) const;
  std::optional<bool> condition(const language::AnyElement& node, const Here* here) const;
  std::optional<bool> condition(const language::Within& node, const Here* here) const;
  std::optional<bool> condition(const language::InSegment& node, const Here* here) const;
  std::optional<bool> condition(const language::Logic& node, const Here* here) const;

  const language::Program& program_;
  const std::vector<Row>& rows_;
  const std::vector<Row>* of_begin_ = &rows_;
  const Instant as_of_;
  const profiles::Seq visible_;
  const Zone zone_;
  const Amounts* const amounts_;  // null: all amounts are of one currency
};

}  // namespace tessera::oracle

#include "segment/explain.hpp"

#include <unordered_map>
#include <unordered_set>

#include "core/text.hpp"
#include "language/print.hpp"
#include "language/uses.hpp"
#include "language/walk.hpp"
#include "profiles/gate.hpp"
#include "segment/block.hpp"

namespace tessera::segment {

namespace {

// Names that an explanation says what they stand for; beyond, they are said by themselves, with whether they hold.
constexpr size_t kMostUnfolded = 1000;

bool is_condition(const language::Expr& expr) {
  return expr.type == language::Type::Condition;
}

// A value as people read it: exact where it has a short form, else to six places with a sign that it goes on.
std::string text_of_number(Rational x) {
  x = rational::reduced(x);
  if (Number::kOne % x.den == 0) return text_of_micros(x.num * (Number::kOne / x.den));
  const int128 whole = rational::floor_div(x.num, x.den);
  const int128 rest = x.num - whole * x.den;
  // The rest is below 1, so its double is exact enough for six places.
  const auto places = static_cast<int128>(static_cast<double>(rest) / static_cast<double>(x.den) * Number::kOne);
  return text_of_micros(whole * Number::kOne + places) + "...";
}

class Explaining {
 public:
  Explaining(const language::Program& program, const profiles::History& history)
      : program_(program), history_(history) {}

  Result<Explanation> run(uint32_t index, profiles::CustomerIndex customer, Instant as_of, Instant known_at,
                          const Zone& zone) {
    const language::Definition& definition = program_.definitions[index];
    collect(definition.body);
    const Plan plan = TRY(compile(program_, exprs_, zone));
    const Bound bound = TRY(Bound::bind(plan, history_));
    Block block(bound, Want::NextChange);
    std::vector<NodeId> roots;
    const size_t first = plan.outputs.size() - exprs_.size();
    for (size_t i = 0; i < exprs_.size(); ++i) {
      roots.push_back(plan.outputs[first + i].node);
      nodes_[exprs_[i]] = roots.back();
    }
    const NodeId whole_node = output_of(plan, index);
    roots.push_back(whole_node);
    const profiles::Seq visible = history_.visible_until(known_at);
    block.run(customer, customer + 1, as_of, visible, plan.cone(roots));
    plan_ = &plan;
    bound_ = &bound;
    block_ = &block;
    Explanation out = condition(definition.body);
    if (!std::holds_alternative<language::Logic>(definition.body.node)) {
      Explanation whole = {.holds = out.holds, .until = out.until};
      whole.parts.push_back(std::move(out));
      out = std::move(whole);
    }
    out.condition = definition.name;
    if (definition.kind == language::DefinitionKind::Segment && !block.col(whole_node).is_true(0))
      if (std::string reason = left_out_because(customer, as_of, visible); !reason.empty()) {
        out.holds = false;
        out.because = std::move(reason);
        out.until = block.until(whole_node, 0);
      }
    return out;
  }

 private:
  // The plan's outputs are the program's lets, scores and segments in order.
  NodeId output_of(const Plan& plan, uint32_t index) const {
    size_t output = 0;
    for (uint32_t i = 0; i < index; ++i) output += program_.definitions[i].kind != language::DefinitionKind::Event;
    return plan.outputs[output].node;
  }

  // What of the gate (plan.hpp) keeps the customer out at that instant; empty: nothing.
  std::string left_out_because(profiles::CustomerIndex customer, Instant as_of, profiles::Seq visible) const {
    if (const Instant begin = history_.begin_of(customer, visible); begin == kNever)
      return "left out: nothing is known of them up to this instant";
    else if (begin > as_of)
      return "left out: not there before " + tessera::text_of(begin);
    const profiles::Gate gate(history_);
    const auto since = [&](uint32_t row) {
      return gate.since(row) == kEver ? "since ever" : "since " + tessera::text_of(gate.since(row));
    };
    if (const auto refused = gate.refused(customer, as_of, visible))
      return "left out: has refused profiling " + since(*refused);
    const auto marked = gate.marked(customer, as_of, visible);
    if (!marked) return {};
    std::string out = fmt::format("left out: marked as {} {}", gate.mark(*marked), since(*marked));
    if (!gate.reason(*marked).empty()) out += fmt::format(" ({})", gate.reason(*marked));
    return out;
  }

  // Every expression that the explanation will speak of; what a name stands for once.
  void collect(const language::Expr& expr) {
    if (std::holds_alternative<language::Literal>(expr.node)) return;
    exprs_.push_back(&expr);
    if (const language::Expr* body = body_of(expr); body && met_.insert(body).second) collect(*body);
    language::for_each_child(
        expr, [&](const language::Expr& child) { collect_child(expr, child); }, [](const language::EventPattern&) {});
  }
  // The condition of an element is no condition of the customer; it is explained as one text.
  void collect_child(const language::Expr& parent, const language::Expr& child) {
    if (!std::holds_alternative<language::AnyElement>(parent.node)) collect(child);
  }
  // What a name or a segment stands for, where that is a condition.
  const language::Expr* body_of(const language::Expr& expr) const {
    const language::Name* name = std::get_if<language::Name>(&expr.node);
    const language::InSegment* segment = std::get_if<language::InSegment>(&expr.node);
    const uint32_t index = name ? name->definition : segment ? segment->definition : UINT32_MAX;
    if (index == UINT32_MAX || !is_condition(program_.definitions[index].body)) return nullptr;
    return &program_.definitions[index].body;
  }

  std::string value_text(const language::Expr& expr) const {
    const NodeId node = nodes_.at(&expr);
    const Col& col = block_->col(node);
    switch (plan_->nodes[node].type) {
      case language::Type::Number: {
        const Rational x = col.number(0);
        return x.known() ? text_of_number(x) : "unknown";
      }
      case language::Type::Text:
        return col.text[0] > profiles::kClearedText ? quoted_json(bound_->text(col.text[0])) : "unknown";
      case language::Type::Instant:
        return is_known(col.i64[0]) ? tessera::text_of(Instant{col.i64[0]}) : "unknown";
      case language::Type::Duration:
        return is_known(col.i64[0]) ? tessera::text_of(Duration{col.i64[0]}) : "unknown";
      case language::Type::List:
        return "a list";
      default:
        return !col.has_truth(0) ? "unknown" : col.is_true(0) ? "true" : "false";
    }
  }

  // Of an amount that is gathered, also behind a name.
  std::string currency_of(const language::Expr& expr) const {
    if (const auto* name = std::get_if<language::Name>(&expr.node))
      return currency_of(program_.definitions[name->definition].body);
    const auto* aggregate = std::get_if<language::Aggregate>(&expr.node);
    const bool is_amount = aggregate && expr.type == language::Type::Number &&
                           aggregate->kind != language::AggregateKind::Distinct &&
                           aggregate->currency != profiles::kRecordsCurrency;
    return is_amount ? aggregate->currency : "";
  }

  // The values directly below a condition, and what they in turn were made of where that tells more.
  void find_values(const language::Expr& expr, std::vector<Explanation::Found>& found) const {
    language::for_each_child(
        expr,
        [&](const language::Expr& child) {
          if (std::holds_alternative<language::Literal>(child.node) || is_condition(child) || !nodes_.contains(&child))
            return;
          found.push_back({language::print(child), value_text(child), currency_of(child)});
          const bool is_made = std::holds_alternative<language::Ago>(child.node) ||
                               std::holds_alternative<language::Arithmetic>(child.node);
          if (is_made) find_values(child, found);
        },
        [](const language::EventPattern&) {});
  }

  std::string because(const Explanation& of) const {
    if (of.parts.size() > 1) {
      size_t yes = 0, unknown = 0;
      for (const Explanation& part : of.parts) {
        yes += part.holds == true;
        unknown += !part.holds;
      }
      std::string text = fmt::format("{} of {} hold", yes, of.parts.size());
      if (unknown) text += fmt::format(", {} unknown", unknown);
      return text;
    }
    if (!of.holds)
      for (const auto& found : of.found)
        if (found.value == "unknown") return fmt::format("nothing is known of {}", found.expression);
    return "";
  }

  Explanation condition(const language::Expr& expr) const {
    const NodeId node = nodes_.at(&expr);
    const Col& col = block_->col(node);
    Explanation out{.condition = language::print(expr), .until = block_->until(node, 0)};
    if (col.has_truth(0)) out.holds = col.is_true(0);
    // What stands for much and is used by much would be said again and again: up to so much of it is.
    if (const language::Expr* body = body_of(expr); body && said_++ < kMostUnfolded)
      out.parts.push_back(condition(*body));
    language::for_each_child(
        expr,
        [&](const language::Expr& child) {
          if (is_condition(child) && nodes_.contains(&child)) out.parts.push_back(condition(child));
        },
        [](const language::EventPattern&) {});
    find_values(expr, out.found);
    out.because = because(out);
    return out;
  }

  const language::Program& program_;
  const profiles::History& history_;
  std::vector<const language::Expr*> exprs_;
  std::unordered_map<const language::Expr*, NodeId> nodes_;
  std::unordered_set<const language::Expr*> met_;
  mutable size_t said_ = 0;
  const Plan* plan_ = nullptr;
  const Bound* bound_ = nullptr;
  const Block* block_ = nullptr;
};

std::string_view word(std::optional<bool> holds) {
  return !holds ? "unknown" : *holds ? "yes" : "no";
}

void write(const Explanation& explanation, size_t depth, std::string& out) {
  const std::string indent(depth * 2, ' ');
  out += fmt::format("{}{:<8}{}", indent, word(explanation.holds), explanation.condition);
  if (!explanation.because.empty()) out += fmt::format("  ({})", explanation.because);
  if (explanation.until < kNever) out += fmt::format("  [may change {}]", tessera::text_of(explanation.until));
  out += '\n';
  for (const auto& found : explanation.found) {
    const bool is_amount = !found.currency.empty() && found.value != "unknown";
    out += fmt::format("{}          {} = {}{}\n", indent, found.expression, found.value,
                       is_amount ? " " + plain_line(found.currency) : "");
  }
  for (const Explanation& part : explanation.parts) write(part, depth + 1, out);
}

}  // namespace

Result<Explanation> explain(const language::Program& program, uint32_t index, const profiles::History& history,
                            profiles::CustomerIndex customer, Instant as_of, Instant known_at, const Zone& zone) {
  VERIFY(index < program.definitions.size() && customer < history.customers());
  // What it does not use costs nothing.
  const language::Program part = language::part_of(program, index);
  return Explaining(part, history)
      .run(static_cast<uint32_t>(part.definitions.size() - 1), customer, as_of, known_at, zone);
}

std::string text_of(const Explanation& explanation) {
  std::string out;
  write(explanation, 0, out);
  return out;
}

Json to_json(const Explanation& explanation) {
  Json out = Json::object();
  out.set("condition", explanation.condition);
  out.set("holds", explanation.holds ? Json(*explanation.holds) : Json());
  if (!explanation.because.empty()) out.set("because", explanation.because);
  if (explanation.until < kNever) out.set("may_change", tessera::text_of(explanation.until));
  if (!explanation.found.empty()) {
    Json found = Json::array();
    for (const auto& item : explanation.found) {
      Json one = Json::object().set("expression", item.expression).set("value", item.value);
      if (!item.currency.empty()) one.set("currency", item.currency);
      found.add(std::move(one));
    }
    out.set("found", std::move(found));
  }
  if (!explanation.parts.empty()) {
    Json parts = Json::array();
    for (const Explanation& part : explanation.parts) parts.add(to_json(part));
    out.set("parts", std::move(parts));
  }
  return out;
}

}  // namespace tessera::segment

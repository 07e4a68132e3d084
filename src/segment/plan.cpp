#include "segment/plan.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "core/stop.hpp"
#include "language/walk.hpp"
#include "profiles/history.hpp"

namespace tessera::segment {

namespace {

bool is_condition(language::Type type) {
  return type == language::Type::Condition || type == language::Type::Bool;
}

// One text for everything that makes a node what it is: equal keys, equal nodes.
struct KeyOf {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const language::Literal& literal) const {
    return std::visit(
        Match{[](bool x) { return std::string(x ? "b1" : "b0"); },
              [](Number x) { return fmt::format("n{}", x.micros); },
              [](const std::string& x) { return fmt::format("t{}:{}", x.size(), x); },
              [](Instant x) { return fmt::format("i{}", x.ms); }, [](Duration x) { return fmt::format("d{}", x.ms); }},
        literal.value);
  }
  std::string operator()(const std::string& x) const { return fmt::format("{}:{}", x.size(), x); }
  std::string operator()(const Cut& x) const { return fmt::format("{}@{}", int(x.kind), x.ms); }
  std::string operator()(const WindowPlan& x) const {
    return fmt::format("{},{},{}", (*this)(x.low), (*this)(x.high), x.anchor);
  }
  std::string operator()(const CalendarPlan& x) const { return fmt::format("{}@{}", int(x.part), x.zone); }
  std::string operator()(const AggregatePlan& x) const {
    return fmt::format("{},{},{},{},{}", int(x.reduce), x.pattern, (*this)(x.property), (*this)(x.window),
                       x.calendar ? (*this)(*x.calendar) : "");
  }
  std::string operator()(const ScorePlan& x) const {
    std::string key = fmt::format("{},{},{}", x.unit, x.half_life, (*this)(x.window));
    for (const auto& term : x.terms) key += fmt::format(",{}*{}", term.weight, term.pattern);
    return key;
  }
  std::string operator()(const RangePlan& x) const {
    return fmt::format("{}{}{} {} {}", int(x.low_open), int(x.high_open), int(x.moving),
                       x.low ? std::to_string(*x.low) : "", x.high ? std::to_string(*x.high) : "");
  }
  std::string operator()(const std::vector<int64_t>& x) const { return fmt::format("{}", fmt::join(x, ",")); }
  std::string operator()(const TextTestPlan& x) const {
    std::string key = fmt::format("{},{},{}", int(x.kind), int(x.op), int(x.ignore_case));
    for (const std::string& text : x.texts) key += "," + (*this)(text);
    return key;
  }
  std::string operator()(const ListMatchPlan& x) const {
    std::string key = fmt::format("{}", int(x.op));
    for (const language::Literal& item : x.items) key += "," + (*this)(item);
    return key;
  }
  template <typename T>
  std::string operator()(const T& x) const {
    return fmt::format("{}", static_cast<int64_t>(x));
  }
};

class Lowering {
  // Long because it is one function for each kind of node, all into one graph of distinct expressions.
 public:
  Lowering(Plan& plan, const language::Program& program) : plan_(plan), program_(program) {}

  Result<void> run(const std::vector<const language::Expr*>& extra) {
    for (const language::Definition& definition : program_.definitions) {
      TRY(go_on());
      lower_definition(definition);
      if (error_) return std::unexpected(*error_);
    }
    for (const language::Expr* expr : extra) {
      const NodeId node = lower(*expr, 0);
      plan_.outputs.push_back({"", "", language::DefinitionKind::Let, node, node, node});
      if (error_) return std::unexpected(*error_);
    }
    return {};
  }

  void run_each(std::vector<Refusal>& refused) {
    is_refused_.assign(program_.definitions.size(), false);
    for (const Refusal& one : refused) is_refused_[one.definition] = true;
    for (uint32_t i = 0; i < program_.definitions.size(); ++i) {
      if (auto going = go_on(); !going)
        error_ = std::move(going.error());  // and so of all behind it
      else
        lower_definition(program_.definitions[i]);
      if (!error_) continue;
      Error error = *std::exchange(error_, std::nullopt);
      if (!is_refused_[i]) refused.push_back({i, std::move(error)});
      is_refused_[i] = true;
    }
  }

 private:
  void lower_definition(const language::Definition& definition) {
    if (definition.kind == language::DefinitionKind::Event) {
      roots_.push_back(kNoNode);
      asks_for_mark_.push_back(false);
      return;
    }
    const NodeId ungated = lower(definition.body, 0);
    roots_.push_back(ungated);
    asks_for_mark_.push_back(asks_for_mark(definition.body));
    NodeId with_begin = ungated;
    if (definition.kind == language::DefinitionKind::Segment) {
      plan_.segments.push_back(static_cast<uint32_t>(plan_.outputs.size()));
      with_begin = logic(Op::And, {ungated, begun()}, 0);
      roots_.back() = gated(ungated, asks_for_mark_.back());
    }
    plan_.outputs.push_back({definition.name, definition.slug, definition.kind, roots_.back(), ungated, with_begin});
  }

  // Whether the definition itself, or a let it uses, speaks of $marked. What other segments ask is their own affair.
  // Lets stand before those that use them, so each is walked once.
  bool asks_for_mark(const language::Expr& expr) const {
    if (const auto* trait = std::get_if<language::Trait>(&expr.node)) return trait->name == profiles::kMarked;
    if (const auto* name = std::get_if<language::Name>(&expr.node)) return asks_for_mark_[name->definition];
    bool asks = false;
    language::for_each_child(
        expr, [&](const language::Expr& child) { asks = asks || asks_for_mark(child); },
        [](const language::EventPattern&) {});
    return asks;
  }

  bool is_refused(uint32_t definition) const { return definition < is_refused_.size() && is_refused_[definition]; }

  NodeId begun() { return condition({.op = Op::Begun}, 0); }
  NodeId gated(NodeId root, bool with_marked) {
    const NodeId profiling = trait(profiles::kProfiling, language::Type::Bool);
    std::vector<NodeId> stops = {is(language::TruthTest::IsFalse, profiling)};
    if (!with_marked)
      stops.push_back(condition({.op = Op::Known, .operands = {trait(profiles::kMarked, language::Type::Text)}}, 0));
    return logic(Op::And, {root, negate(logic(Op::Or, std::move(stops), 0)), begun()}, 0);
  }

  NodeId intern(Node node) {
    std::string key =
        fmt::format("{}/{}/{}/{}", int(node.op), int(node.type), node.scope, fmt::join(node.operands, ","));
    key += "/" + std::visit(KeyOf{}, node.detail);
    if (!node.currency.empty()) key += "/" + KeyOf{}(node.currency);
    const auto [found, is_new] = nodes_.emplace(std::move(key), static_cast<NodeId>(plan_.nodes.size()));
    if (is_new) plan_.nodes.push_back(std::move(node));
    return found->second;
  }
  const Node& at(NodeId id) const { return plan_.nodes[id]; }

  NodeId refuse(std::string what, std::string remedy = {}) {
    if (!error_) error_ = Error{std::move(what), {}, std::move(remedy), Blame::World};
    return constant({false}, language::Type::Bool, 0);
  }

  uint16_t scope_of(const std::string& each) {
    for (size_t i = 1; i < plan_.scopes.size(); ++i)
      if (plan_.scopes[i] == each) return static_cast<uint16_t>(i);
    plan_.scopes.push_back(each);
    return static_cast<uint16_t>(plan_.scopes.size() - 1);
  }

  uint32_t pattern(const language::EventPattern& written) {
    Pattern pattern{.names = written.names, .each = written.each};
    std::sort(pattern.names.begin(), pattern.names.end());
    pattern.names.erase(std::unique(pattern.names.begin(), pattern.names.end()), pattern.names.end());
    if (!written.where.empty()) pattern.where = lower(written.where[0], scope_of(written.each));
    return intern_pattern(std::move(pattern));
  }
  uint32_t intern_pattern(Pattern pattern) {
    std::string key = fmt::format("{}/{}/{}", KeyOf{}(pattern.each), pattern.where, int(pattern.system));
    for (const std::string& name : pattern.names) key += "/" + KeyOf{}(name);
    const auto [found, is_new] = patterns_.emplace(std::move(key), static_cast<uint32_t>(plan_.patterns.size()));
    if (is_new) plan_.patterns.push_back(std::move(pattern));
    return found->second;
  }

  WindowPlan window(const language::Window& written) {
    WindowPlan out;
    std::visit(Match{[](const language::Lifetime&) {},
                     [&](const language::Sliding& w) {
                       out.low = {Cut::Kind::Ago, w.oldest.ms};
                       out.high = {Cut::Kind::Ago, std::max<int64_t>(0, w.newest.ms)};
                     },
                     [&](const language::Absolute& w) {
                       out.low = {Cut::Kind::At, w.from.ms - 1};
                       out.high = {Cut::Kind::At, w.to.ms - 1};
                     },
                     [&](const language::Since& w) { out.anchor = lower(w.anchor[0], 0); }},
               written);
    return out;
  }

  // --- one function a kind of expression

  NodeId lower(const language::Expr& expr, uint16_t scope) {
    return std::visit([&](const auto& node) { return lower(node, expr.type, scope); }, expr.node);
  }
  std::vector<NodeId> lower_all(const language::Exprs& exprs, uint16_t scope) {
    std::vector<NodeId> ids;
    for (const language::Expr& expr : exprs) ids.push_back(lower(expr, scope));
    return ids;
  }

  NodeId constant(language::Literal literal, language::Type type, uint16_t scope) {
    return intern({.op = Op::Constant, .type = type, .scope = scope, .detail = std::move(literal)});
  }
  NodeId lower(const language::Literal& literal, language::Type, uint16_t scope) {
    const language::Type type = std::visit(
        Match{[](bool) { return language::Type::Bool; }, [](Number) { return language::Type::Number; },
              [](const std::string&) { return language::Type::Text; }, [](Instant) { return language::Type::Instant; },
              [](Duration) { return language::Type::Duration; }},
        literal.value);
    return constant(literal, type, scope);
  }

  NodeId lower(const language::Trait& trait, language::Type type, uint16_t scope) {
    if (scope != 0)
      return refuse(fmt::format("'where' can use only properties of the event, not the trait '{}'", trait.name),
                    "Put the condition on the trait beside the one on the events, joined with 'and'.");
    if (type == language::Type::List)
      return intern({.op = Op::Property, .type = type, .scope = 0, .detail = trait.name});
    return this->trait(trait.name, type);
  }
  NodeId trait(std::string_view name, language::Type type) {
    const uint32_t facts = intern_pattern({.names = {}, .system = profiles::stream_of_trait(name), .each = {}});
    return intern({.op = Op::Aggregate,
                   .type = type,
                   .detail = AggregatePlan{
                       .reduce = Reduce::LastTrait, .pattern = facts, .property = std::string(name), .window = {}}});
  }

  NodeId lower(const language::Property& property, language::Type type, uint16_t scope) {
    if (scope == 0 && !traits_list_)
      return refuse(fmt::format("the property '{}' stands outside any event", property.name),
                    fmt::format("Write 'trait {}' for a trait of the customer.", property.name));
    if (property.name == "$time") return intern({.op = Op::EventTime, .type = language::Type::Instant, .scope = scope});
    if (const auto part = calendar(property.name, property.zone))
      return intern({.op = Op::Calendar, .type = language::Type::Number, .scope = scope, .detail = *part});
    return intern(
        {.op = Op::Property, .type = type, .scope = scope, .detail = property.name, .currency = property.currency});
  }
  // nullopt: the name is a sender's property.
  std::optional<CalendarPlan> calendar(std::string_view name, const std::string& zone) {
    const language::TimeProperty* known = language::time_property(name);
    if (!known) return std::nullopt;
    return CalendarPlan{known->part, known->part == language::TimePart::Time ? uint16_t{0} : zone_of(zone)};
  }
  uint16_t zone_of(const std::string& name) {
    if (name.empty()) return 0;
    auto& zones = plan_.zones;
    auto found = std::ranges::find(zones, name, &Zone::name);
    if (found == zones.end()) {
      auto zone = Zone::named(name);
      if (!zone) return refuse(zone.error().message), uint16_t{0};  // the zones of this machine are others
      found = zones.insert(zones.end(), std::move(*zone));
    }
    return static_cast<uint16_t>(found - zones.begin());
  }

  NodeId lower(const language::Name& name, language::Type, uint16_t scope) {
    VERIFY(name.definition < roots_.size());
    if (is_refused(name.definition)) return refuse(fmt::format("it uses '{}', which cannot be run", name.name));
    if (scope != 0 && at(roots_[name.definition]).op != Op::Constant)
      return refuse(fmt::format("'where' can use only properties of the event, not '{}'", name.name),
                    "Put the condition on it beside the one on the events, joined with 'and'.");
    const NodeId root = roots_[name.definition];
    if (scope == 0) return root;
    return constant(std::get<language::Literal>(at(root).detail), at(root).type, scope);
  }

  NodeId lower(const language::Aggregate& aggregate, language::Type type, uint16_t scope) {
    if (scope != 0)
      return refuse("'where' can use only properties of the event, not another aggregate",
                    "Put the condition on it beside the one on the events, joined with 'and'.");
    static_assert(int(language::AggregateKind::LastTime) == int(Reduce::LastTime) &&
                  int(language::AggregateKind::Median) == int(Reduce::Median) &&
                  int(language::AggregateKind::Mode) == int(Reduce::Mode));
    AggregatePlan plan{static_cast<Reduce>(aggregate.kind), pattern(aggregate.events), aggregate.property,
                       window(aggregate.window), calendar(aggregate.property, aggregate.zone)};
    const bool is_extreme = plan.reduce == Reduce::Min || plan.reduce == Reduce::Max;
    const bool is_time = plan.reduce == Reduce::FirstTime || plan.reduce == Reduce::LastTime ||
                         (is_extreme && type == language::Type::Instant);
    const bool is_value = plan.reduce == Reduce::First || plan.reduce == Reduce::Last || plan.reduce == Reduce::Mode;
    return intern({.op = Op::Aggregate,
                   .type = is_time    ? language::Type::Instant
                           : is_value ? type
                                      : language::Type::Number,
                   .detail = std::move(plan),
                   .currency = aggregate.currency});
  }

  NodeId lower(const language::Score& score, language::Type, uint16_t scope) {
    if (scope != 0) return refuse("'where' can use only properties of the event, not a score");
    const int64_t half_life = score.half_life ? score.half_life->ms : 0;
    const WindowPlan within = window(score.window);
    ScorePlan gains{.half_life = half_life, .window = within}, losses = gains;
    for (const language::Score::Term& term : score.terms) {
      const bool loss = term.weight.micros < 0 && half_life != 0;
      (loss ? losses : gains).terms.push_back({loss ? -term.weight.micros : term.weight.micros, pattern(term.events)});
    }
    const NodeId gain = score_node(std::move(gains));
    if (losses.terms.empty()) return gain;
    return arithmetic(language::ArithmeticOp::Subtract, gain, score_node(std::move(losses)), language::Type::Number);
  }
  NodeId score_node(ScorePlan plan) {
    plan.unit = 0;
    for (const auto& term : plan.terms) plan.unit = std::gcd(plan.unit, term.weight);
    plan.unit = std::max<int64_t>(1, plan.unit);
    for (auto& term : plan.terms) term.weight /= plan.unit;
    const bool decays = plan.half_life != 0;
    return intern({.op = Op::Score, .type = language::Type::Number, .smooth = decays, .detail = std::move(plan)});
  }

  NodeId ago(NodeId instant) {
    return intern({.op = Op::Ago,
                   .type = language::Type::Duration,
                   .scope = at(instant).scope,
                   .smooth = true,
                   .operands = {instant}});
  }
  NodeId lower(const language::Ago& node, language::Type, uint16_t scope) { return ago(lower(node.instant[0], scope)); }

  NodeId arithmetic(language::ArithmeticOp op, NodeId a, NodeId b, language::Type type) {
    return intern({.op = Op::Arithmetic,
                   .type = type,
                   .scope = at(a).scope,
                   .smooth = at(a).smooth || at(b).smooth,
                   .operands = {a, b},
                   .detail = op});
  }
  NodeId lower(const language::Arithmetic& node, language::Type, uint16_t scope) {
    const NodeId a = lower(node.operands[0], scope), b = lower(node.operands[1], scope);
    return arithmetic(node.op, a, b, type_of(node.op, at(a).type, at(b).type));
  }
  static language::Type type_of(language::ArithmeticOp op, language::Type a, language::Type b) {
    if (a == language::Type::Instant)
      return b == language::Type::Instant ? language::Type::Duration : language::Type::Instant;
    if (b == language::Type::Instant) return language::Type::Instant;
    if (a == language::Type::Duration && b == language::Type::Duration && op == language::ArithmeticOp::Divide)
      return language::Type::Number;
    return a == language::Type::Duration || b == language::Type::Duration ? language::Type::Duration
                                                                          : language::Type::Number;
  }

  NodeId lower(const language::Size& node, language::Type, uint16_t scope) {
    return intern(
        {.op = Op::Size, .type = language::Type::Number, .scope = scope, .operands = {lower(node.list[0], scope)}});
  }

  // --- conditions

  NodeId condition(Node node, uint16_t scope) {
    node.type = language::Type::Condition;
    node.scope = scope;
    for (const NodeId operand : node.operands)
      if (!is_condition(at(operand).type)) node.smooth = node.smooth || at(operand).smooth;
    return intern(std::move(node));
  }
  NodeId negate(NodeId id, bool negated = true) {
    if (!negated) return id;
    return condition({.op = Op::Not, .operands = {id}}, at(id).scope);
  }
  NodeId logic(Op op, std::vector<NodeId> operands, uint16_t scope) {
    if (operands.size() == 1) return operands[0];
    return condition({.op = op, .operands = std::move(operands)}, scope);
  }

  // An ago of an instant that stands still is a range that moves over the instant; anything else is a range that stands
  // still over a value.
  NodeId range(NodeId value, RangePlan plan) {
    if (at(value).op == Op::Ago && !at(at(value).operands[0]).smooth) {
      plan.moving = true;
      value = at(value).operands[0];
    }
    return condition({.op = Op::Range, .operands = {value}, .detail = plan}, at(value).scope);
  }

  // The int64 behind a literal number, instant or duration.
  static std::optional<int64_t> unit_of(const language::Literal& literal) {
    if (const auto* x = std::get_if<Number>(&literal.value)) return x->micros;
    if (const auto* x = std::get_if<Instant>(&literal.value)) return x->ms;
    if (const auto* x = std::get_if<Duration>(&literal.value)) return x->ms;
    return std::nullopt;
  }
  const language::Literal* literal(NodeId id) const { return std::get_if<language::Literal>(&at(id).detail); }

  NodeId lower(const language::Compare& node, language::Type, uint16_t scope) {
    return compare(node.op, lower(node.operands[0], scope), lower(node.operands[1], scope));
  }
  NodeId compare(language::CompareOp op, NodeId a, NodeId b) {
    if (literal(a) && !literal(b)) return compare(mirrored(op), b, a);
    if (const language::Literal* right = literal(b); right && !literal(a)) {
      if (const auto bound = unit_of(*right)) return compare_unit(op, a, *bound);
      if (const auto* text = std::get_if<std::string>(&right->value)) return compare_text(op, a, *text);
      if (op == language::CompareOp::Equal) return negate(a, !std::get<bool>(right->value));
      if (op == language::CompareOp::NotEqual) return negate(a, std::get<bool>(right->value));
    }
    return condition({.op = Op::Compare, .operands = {a, b}, .detail = op}, at(a).scope);
  }
  static language::CompareOp mirrored(language::CompareOp op) {
    static constexpr language::CompareOp kMirrored[] = {language::CompareOp::Equal,   language::CompareOp::NotEqual,
                                                        language::CompareOp::Greater, language::CompareOp::GreaterEqual,
                                                        language::CompareOp::Less,    language::CompareOp::LessEqual};
    return kMirrored[static_cast<int>(op)];
  }
  NodeId compare_unit(language::CompareOp op, NodeId x, int64_t bound) {
    switch (op) {
      case language::CompareOp::Equal:
      case language::CompareOp::NotEqual:
        return negate(range(x, {.low = bound, .high = bound}), op == language::CompareOp::NotEqual);
      case language::CompareOp::Less:
        return range(x, {.high = bound, .high_open = true});
      case language::CompareOp::LessEqual:
        return range(x, {.high = bound});
      case language::CompareOp::Greater:
        return range(x, {.low = bound, .low_open = true});
      case language::CompareOp::GreaterEqual:
        break;
    }
    return range(x, {.low = bound});
  }
  NodeId compare_text(language::CompareOp op, NodeId x, const std::string& text) {
    switch (op) {
      case language::CompareOp::Equal:
      case language::CompareOp::NotEqual:
        return negate(text_test(x, {TextKind::In, false, {text}}), op == language::CompareOp::NotEqual);
      case language::CompareOp::Less:
        return text_test(x, {TextKind::Less, false, {text}});
      case language::CompareOp::GreaterEqual:
        return negate(text_test(x, {TextKind::Less, false, {text}}));
      case language::CompareOp::LessEqual:
        return text_test(x, {TextKind::LessEqual, false, {text}});
      case language::CompareOp::Greater:
        break;
    }
    return negate(text_test(x, {TextKind::LessEqual, false, {text}}));
  }
  NodeId text_test(NodeId text, TextTestPlan plan) {
    return condition({.op = Op::TextTest, .operands = {text}, .detail = std::move(plan)}, at(text).scope);
  }

  NodeId lower(const language::Between& node, language::Type, uint16_t scope) {
    const auto ids = lower_all(node.operands, scope);
    const bool half_open = at(ids[0]).type == language::Type::Duration;
    const language::Literal *low = literal(ids[1]), *high = literal(ids[2]);
    const bool simple = low && high && !literal(ids[0]) && unit_of(*low);
    const NodeId both =
        simple
            ? range(ids[0], {.low = *unit_of(*low), .high = *unit_of(*high), .high_open = half_open})
            : logic(Op::And,
                    {compare(language::CompareOp::GreaterEqual, ids[0], ids[1]),
                     compare(half_open ? language::CompareOp::Less : language::CompareOp::LessEqual, ids[0], ids[2])},
                    scope);
    return negate(both, node.negated);
  }

  NodeId lower(const language::In& node, language::Type, uint16_t scope) {
    const auto ids = lower_all(node.operands, scope);
    std::set<int64_t> units;
    TextTestPlan texts;
    std::vector<NodeId> others;
    for (size_t i = 1; i < ids.size(); ++i) {
      const language::Literal* item = literal(ids[0]) ? nullptr : literal(ids[i]);
      if (item && unit_of(*item))
        units.insert(*unit_of(*item));
      else if (item && std::holds_alternative<std::string>(item->value))
        texts.texts.push_back(std::get<std::string>(item->value));
      else
        others.push_back(compare(language::CompareOp::Equal, ids[0], ids[i]));
    }
    if (!units.empty())
      others.push_back(condition(
          {.op = Op::NumberIn, .operands = {ids[0]}, .detail = std::vector<int64_t>(units.begin(), units.end())},
          scope));
    if (!texts.texts.empty()) {
      std::sort(texts.texts.begin(), texts.texts.end());
      texts.texts.erase(std::unique(texts.texts.begin(), texts.texts.end()), texts.texts.end());
      others.push_back(text_test(ids[0], std::move(texts)));
    }
    return negate(logic(Op::Or, std::move(others), scope), node.negated);
  }

  NodeId lower(const language::TextMatch& node, language::Type, uint16_t scope) {
    const TextTestPlan test{TextKind::Fits, node.ignore_case, {node.pattern}, node.op};
    return negate(text_test(lower(node.text[0], scope), test), node.negated);
  }
  NodeId lower(const language::IsBlank& node, language::Type, uint16_t scope) {
    return negate(text_test(lower(node.text[0], scope), {TextKind::Blank}), node.negated);
  }
  NodeId lower(const language::IsKnown& node, language::Type, uint16_t scope) {
    const NodeId operand = lower(node.operand[0], scope);
    return negate(condition({.op = Op::Known, .operands = {operand}}, scope), node.negated);
  }
  NodeId is(language::TruthTest test, NodeId operand) {
    return condition({.op = Op::Is, .operands = {operand}, .detail = test}, at(operand).scope);
  }
  NodeId lower(const language::IsTruth& node, language::Type, uint16_t scope) {
    return is(node.test, lower(node.operand[0], scope));
  }

  NodeId lower(const language::ListMatch& node, language::Type, uint16_t scope) {
    ListMatchPlan plan{.op = node.op};
    for (size_t i = 1; i < node.operands.size(); ++i) {
      const auto* item = std::get_if<language::Literal>(&node.operands[i].node);
      if (!item) return refuse("the items of a list condition must be written out (texts, numbers, true or false)");
      plan.items.push_back(*item);
    }
    return condition({.op = Op::ListMatch, .operands = {lower(node.operands[0], scope)}, .detail = std::move(plan)},
                     scope);
  }
  NodeId lower(const language::AnyElement& node, language::Type, uint16_t scope) {
    const NodeId inner = lower(node.condition[0], scope_of(node.list));
    return condition({.op = Op::AnyElement, .operands = {inner}, .detail = node.list}, scope);
  }

  NodeId lower(const language::Within& node, language::Type, uint16_t scope) {
    const NodeId instant = lower(node.instant[0], scope);
    if (const auto* sliding = std::get_if<language::Sliding>(&node.window))
      return negate(range(ago(instant), {.low = sliding->newest.ms, .high = sliding->oldest.ms, .high_open = true}),
                    node.negated);
    const auto& absolute = std::get<language::Absolute>(node.window);
    return negate(range(instant, {.low = absolute.from.ms, .high = absolute.to.ms, .high_open = true}), node.negated);
  }

  // Someone is in a segment or not: unknown is not.
  NodeId lower(const language::InSegment& node, language::Type, uint16_t scope) {
    if (scope != 0) return refuse("'where' can use only properties of the event, not a segment");
    VERIFY(node.definition < roots_.size());
    if (is_refused(node.definition)) return refuse(fmt::format("it uses '{}', which cannot be run", node.segment));
    return is(node.negated ? language::TruthTest::IsNotTrue : language::TruthTest::IsTrue, roots_[node.definition]);
  }

  NodeId lower(const language::Logic& node, language::Type, uint16_t scope) {
    auto ids = lower_all(node.operands, scope);
    switch (node.op) {
      case language::LogicOp::And:
        return logic(Op::And, std::move(ids), scope);
      case language::LogicOp::Or:
        return logic(Op::Or, std::move(ids), scope);
      case language::LogicOp::Xor:
        return logic(Op::Xor, std::move(ids), scope);
      case language::LogicOp::NoneOf:
        return negate(logic(Op::Or, std::move(ids), scope));
      case language::LogicOp::Not:
        return negate(ids[0]);
      case language::LogicOp::AtLeast:
        break;
    }
    return condition({.op = Op::AtLeast, .operands = std::move(ids), .detail = node.at_least}, scope);
  }

  Plan& plan_;
  const language::Program& program_;
  std::vector<NodeId> roots_;        // of each definition
  std::vector<bool> asks_for_mark_;  // likewise
  std::vector<bool> is_refused_;     // likewise, where each is lowered for itself
  std::unordered_map<std::string, NodeId> nodes_;
  std::unordered_map<std::string, uint32_t> patterns_;
  std::optional<Error> error_;
  bool traits_list_ = false;
};

}  // namespace

Result<Plan> compile(const language::Program& program, const Zone& zone) {
  return compile(program, {}, zone);
}

Plan compile_each(const language::Program& program, std::vector<Refusal>& refused, const Zone& zone) {
  Plan plan;
  plan.scopes = {"", ""};
  plan.zones = {zone};
  Lowering(plan, program).run_each(refused);
  return plan;
}

Result<Plan> compile(const language::Program& program, const std::vector<const language::Expr*>& extra,
                     const Zone& zone) {
  Plan plan;
  plan.scopes = {"", ""};
  plan.zones = {zone};
  TRY(Lowering(plan, program).run(extra));
  return plan;
}

}  // namespace tessera::segment

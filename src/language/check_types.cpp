// Long because it is one function for each kind of node of the tree.
#include "language/check_types.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/number_in_text.hpp"
#include "core/text.hpp"
#include "language/amounts.hpp"
#include "language/lex.hpp"
#include "language/time_properties.hpp"
#include "profiles/money_names.hpp"

namespace tessera::language {

namespace {

using profiles::PropertyType;
using Forms = std::set<Schema::Form>;

Type type_of(PropertyType type) {
  switch (type) {
    case PropertyType::Bool:
      return Type::Bool;
    case PropertyType::Number:
      return Type::Number;
    case PropertyType::Text:
      break;
  }
  return Type::Text;
}

Type type_of(const Literal& literal) {
  return std::visit(Match{[](bool) { return Type::Bool; }, [](Number) { return Type::Number; },
                          [](const std::string&) { return Type::Text; }, [](Instant) { return Type::Instant; },
                          [](Duration) { return Type::Duration; }},
                    literal.value);
}

constexpr const char* kNoOrder = "true and false have no order; write is true or is false";

bool may_be_number(const Schema::Form& form) {
  return form.type == PropertyType::Number || form.type == PropertyType::Text;
}

std::string text_of_forms(const Forms& forms) {
  std::vector<std::string> out;
  for (const Schema::Form& form : forms)
    out.push_back(form.is_list ? "a list" : std::string(name_of(type_of(form.type))));
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return join(out, " or ");
}

// Its type is what the place asks for, within what the record knows.
bool is_flexible(const Expr& expr) {
  if (const auto* aggregate = std::get_if<Aggregate>(&expr.node))
    return aggregate->kind == AggregateKind::First || aggregate->kind == AggregateKind::Last ||
           aggregate->kind == AggregateKind::Mode;
  return std::holds_alternative<Trait>(expr.node) || std::holds_alternative<Property>(expr.node);
}

class Typer {
  // Long because it is one function for each kind of node of the tree.
 public:
  explicit Typer(const TypeContext& context) : context_(context) {}

  void condition(Expr& expr) {
    const Type type = infer(expr, Type::Condition);
    if (type == Type::Condition || type == Type::Unresolved) return;
    if (type == Type::Bool) return compare_with_true(expr);
    const auto* literal = std::get_if<Literal>(&expr.node);
    const auto* text = literal ? std::get_if<std::string>(&literal->value) : nullptr;
    fail(expr, fmt::format("a condition is expected here, and this is {}{}", name_of(type),
                           text ? fmt::format("; for an event write did {}", in_quotes(*text)) : ""));
  }

  Type infer(Expr& expr, Type want) {
    const Type type = std::visit([&](auto& node) { return type_node(expr, node, want); }, expr.node);
    expr.type = type;
    return type;
  }

  void pattern(EventPattern& events) {
    const EventPattern* const outer = events_;
    const size_t outer_prefixes = prefixes_.size();
    events_ = &events;
    if (!events.each.empty()) {
      warn_unknown_list(events.each, events.span);
      prefixes_.push_back(events.each);
    }
    in_where_ = true;
    if (!events.where.empty()) condition(events.where[0]);
    in_where_ = false;
    prefixes_.resize(outer_prefixes);
    events_ = outer;
  }

 private:
  Type fail(const Expr& expr, std::string message) {
    context_.diagnostics.push_back({Severity::Error, expr.span, std::move(message)});
    return Type::Unresolved;
  }
  void warn(Span span, std::string message) {
    if (context_.lookup.is_settled()) return;  // it was said when it was applied
    context_.diagnostics.push_back({Severity::Warning, span, std::move(message)});
  }

  // --- what the record knows of properties

  std::vector<const Schema::Event*> selected_events() const {
    std::vector<const Schema::Event*> out;
    if (events_ && events_->names.empty()) {
      for (const auto& [name, event] : context_.schema.events)
        if (profiles::is_counted(event.system)) out.push_back(&event);
    } else if (events_) {
      for (const std::string& name : events_->names)
        if (const auto known = context_.schema.events.find(name); known != context_.schema.events.end())
          out.push_back(&known->second);
    }
    return out;
  }

  Forms forms_of_property(const std::string& name) const { return context_.lookup.property(events_, prefixes_, name); }

  // False where it is not for us to forgive: then it is an error.
  bool forgets(const Expr& expr) {
    if (!context_.forgives) return false;
    if (const auto* trait = std::get_if<Trait>(&expr.node)) return context_.lookup.forget_trait(trait->name), true;
    if (const auto* property = std::get_if<Property>(&expr.node))
      return context_.lookup.forget_property(events_, prefixes_, property->name), true;
    const auto* aggregate = std::get_if<Aggregate>(&expr.node);
    if (!aggregate || aggregate->property.empty()) return false;
    std::vector<std::string> lists;
    if (!aggregate->events.each.empty()) lists.push_back(aggregate->events.each);
    context_.lookup.forget_property(&aggregate->events, lists, aggregate->property);
    return true;
  }

  void warn_unknown_property(const std::string& name, Span span) {
    const auto events = selected_events();
    if (events.empty()) return;  // the event itself was never seen, and that was said
    std::vector<std::string> names;
    for (const Schema::Event* event : events)
      for (const auto& [known, forms] : event->properties) {
        names.push_back(known);
        for (const std::string& prefix : prefixes_)
          if (known.starts_with(prefix + ".")) names.push_back(known.substr(prefix.size() + 1));
      }
    warn(span, fmt::format("no such event has had a property '{}' so far{}", name, did_you_mean(name, names)));
  }

  void warn_unknown_list(const std::string& list, Span span) {
    const auto events = selected_events();
    std::vector<std::string> names;
    for (const Schema::Event* event : events)
      for (const auto& [known, forms] : event->properties) {
        if (known.starts_with(list + ".")) return;
        if (const size_t dot = known.find('.'); dot != std::string::npos) names.push_back(known.substr(0, dot));
      }
    if (!events.empty())
      warn(span, fmt::format("no such event has had a list '{}' so far{}", list, did_you_mean(list, names)));
  }

  // The type that fits both the place and the record. `what` is for messages: "trait age", "property total".
  Type settle(const Expr& expr, const std::string& what, const Forms& forms, Type want) {
    if (want == Type::Condition) want = Type::Bool;
    if (want == Type::Duration && (forms.empty() || forgets(expr)))
      return fail(expr, fmt::format("{0} is no length of time; where it holds times, ago({0}) is one", what));
    if (forms.empty()) return want == Type::Unresolved ? Type::Text : want;
    const auto has = [&](PropertyType type, bool list) { return forms.contains({type, list}); };
    const bool has_list = std::ranges::any_of(forms, &Schema::Form::is_list);
    const bool has_scalar = std::ranges::any_of(forms, [](const Schema::Form& form) { return !form.is_list; });
    if (want == Type::List)
      return has_list || forgets(expr)
                 ? Type::List
                 : fail(expr, fmt::format("{} is {}, not a list; compare it with = or in", what, text_of_forms(forms)));
    if (!has_scalar) {
      if (want == Type::Unresolved) return Type::List;
      if (forgets(expr)) return want;
      return fail(expr,
                  fmt::format("{0} is a list; write {0} includes ..., includes any of (...), or size({0})", what));
    }
    if (want == Type::Unresolved)
      return has(PropertyType::Number, false) ? Type::Number : has(PropertyType::Text, false) ? Type::Text : Type::Bool;
    if (want == Type::Number && !has(PropertyType::Number, false) && has(PropertyType::Text, false))
      warn(expr.span, fmt::format("{} came as text alone so far: a text that reads as a number is one, any other is "
                                  "unknown",
                                  what));
    const bool fits = (want == Type::Bool && has(PropertyType::Bool, false)) ||
                      (want == Type::Number && (has(PropertyType::Number, false) || has(PropertyType::Text, false))) ||
                      ((want == Type::Text || want == Type::Instant) && has(PropertyType::Text, false));
    if (fits || forgets(expr)) return want;
    return fail(expr, fmt::format("{} is only ever {}, and {} is expected here{}", what, text_of_forms(forms),
                                  name_of(want), remedy(want, forms)));
  }

  static std::string_view remedy(Type want, const Forms& forms) {
    const auto only = [&](PropertyType type) {
      return std::ranges::all_of(forms, [&](const Schema::Form& form) { return form.type == type; });
    };
    if (want == Type::Text && only(PropertyType::Number)) return "; write the number without quotes";
    if (want == Type::Text && only(PropertyType::Bool)) return "; write is true or is false";
    if (want == Type::Bool && only(PropertyType::Text)) return "; compare with the text, such as = \"true\"";
    if (want == Type::Bool && only(PropertyType::Number)) return "; compare with a number, such as = 1";
    return "";
  }

  // --- amounts

  // In which currency a property of these events is read, where it is an amount; what an alias brings along keeps its own.
  void give_currency(const Expr& expr, const EventPattern* events, const std::string& property, std::string& currency) {
    if (!events || asks_presence_ || !currency.empty() || !profiles::is_money(property)) return;
    currency = context_.currency;
    if (!currency.empty()) return;
    if (!events->where.empty())
      if (auto named = currency_in(events->where[0])) {
        currency = std::move(*named);
        return;
      }
    currency = context_.lookup.currency();
    const bool is_said = context_.schema.currency_is_set || !context_.schema.asked_currency.empty();
    if (is_said || context_.lookup.is_settled() || std::exchange(is_mixed_, true)) return;
    if (auto mixed = mixed_currencies(context_.schema, *events, property, expr.span))
      context_.diagnostics.push_back(std::move(*mixed));
    else
      is_mixed_ = false;
  }

  // --- values

  Type type_node(Expr&, Literal& literal, Type) { return type_of(literal); }

  Type type_node(Expr& expr, Trait& trait, Type want) {
    if (in_where_)
      return fail(expr, "after where stand only the event's own properties, no traits; compare the trait outside");
    if (time_property(trait.name))
      return fail(expr, fmt::format("{0} is of an event's time, and no trait; name the event, as in last(\"Order "
                                    "Completed\".{0})",
                                    trait.name));
    // These are there before anybody was marked or refused anything.
    if (const profiles::SystemTrait* known = profiles::system_trait(trait.name))
      return settle(expr, "trait " + trait.name, {{known->type, false}}, want);
    const Forms forms = context_.lookup.trait(trait.name);
    if (!forms.empty()) return settle(expr, "trait " + trait.name, forms, want);
    if (!context_.schema.empty()) {
      std::vector<std::string> names;
      for (const auto& [name, forms] : context_.schema.traits) names.push_back(name);
      warn(expr.span,
           fmt::format("no customer has had a trait '{}' so far{}", trait.name, did_you_mean(trait.name, names)));
    }
    return settle(expr, trait.name, {}, want);
  }

  Type type_node(Expr& expr, Property& property, Type want) {
    // Any other name is a sender's, also one that begins with $.
    if (const TimeProperty* of_time = time_property(property.name)) return of_time->type;
    Forms forms = forms_of_property(property.name);
    if (const size_t dot = property.name.find('.'); forms.empty() && dot != std::string::npos) {
      // order.total, though the event was not named order.
      const std::string rest = property.name.substr(dot + 1);
      forms = forms_of_property(rest);
      if (!forms.empty())
        warn(expr.span, fmt::format("no such event has had a property '{}'; read as {}", property.name, rest));
      if (!forms.empty()) property.name = rest;
    }
    if (forms.empty() && property.name.starts_with('$')) {
      // Nobody has sent it, and it is nearly one of ours: a slip.
      std::vector<std::string> names;
      for (const TimeProperty& known : kTimeProperties) names.emplace_back(known.name);
      const auto near = did_you_mean(property.name, names);
      if (!near.empty())
        return fail(expr, fmt::format("unknown property '{}' of an event's time{}", property.name, near));
    }
    if (forms.empty()) warn_unknown_property(property.name, expr.span);
    const Type type = settle(expr, property.name, forms, want);
    if (type == Type::Number) give_currency(expr, events_, property.name, property.currency);
    return type;
  }

  Type type_node(Expr& expr, Name& name, Type) {
    if (in_where_) return fail(expr, "after where stand only the event's own properties");
    return context_.type_of_name(name);
  }

  Type type_node(Expr& expr, Aggregate& aggregate, Type want) {
    const bool inside = in_where_;
    in_where_ = false;
    if (inside) return fail(expr, "after where stand only the event's own properties");
    pattern(aggregate.events);
    window(aggregate.window);
    switch (aggregate.kind) {
      case AggregateKind::Count:
        return Type::Number;
      case AggregateKind::FirstTime:
      case AggregateKind::LastTime:
        return Type::Instant;
      default:
        break;
    }
    if (const TimeProperty* of_time = time_property(aggregate.property)) return type_of_time(expr, aggregate, *of_time);
    const Forms forms = forms_of_aggregated(aggregate, expr.span);
    const bool any_type = is_flexible(expr);
    const bool numbers = !any_type && aggregate.kind != AggregateKind::Distinct;
    const bool may_be_numbers = forms.empty() || std::ranges::any_of(forms, may_be_number);
    if (!numbers && !any_type) {
      if (may_be_numbers) give_currency(expr, &aggregate.events, aggregate.property, aggregate.currency);
      return Type::Number;
    }
    if (numbers && !forms.empty() && std::ranges::none_of(forms, may_be_number) && !forgets(expr))
      return fail(expr, fmt::format("sums, averages and the like need numbers, and {} is only ever {}",
                                    aggregate.property, text_of_forms(forms)));
    const Type settled = settle(expr, aggregate.property, forms, numbers ? Type::Number : want);
    if (settled == Type::Number) give_currency(expr, &aggregate.events, aggregate.property, aggregate.currency);
    if (settled != Type::List) return settled;
    return fail(expr, fmt::format("first, last and mode are of single values, not of lists; ask the event itself: "
                                  "did ... where {} includes ...",
                                  aggregate.property));
  }

  // What is gathered of an event's time: numbers of its parts, or instants, which are not added up.
  Type type_of_time(const Expr& expr, const Aggregate& aggregate, const TimeProperty& of_time) {
    if (aggregate.kind == AggregateKind::Distinct) return Type::Number;
    const bool adds = aggregate.kind == AggregateKind::Sum || aggregate.kind == AggregateKind::Avg ||
                      aggregate.kind == AggregateKind::Median;
    if (adds && of_time.type == Type::Instant)
      return fail(expr, fmt::format("{} is a time, and times are not added up; min, max, first, last and mode of it "
                                    "are times, and $day, $month, $weekday and $hour are numbers",
                                    of_time.name));
    return of_time.type;
  }

  // Elements of lists count one by one here, so a list of numbers is as good as a number.
  Forms forms_of_aggregated(const Aggregate& aggregate, Span span) {
    const EventPattern* const outer = events_;
    events_ = &aggregate.events;
    if (!aggregate.events.each.empty()) prefixes_.push_back(aggregate.events.each);
    Forms out;
    for (Schema::Form form : forms_of_property(aggregate.property)) {
      form.is_list = false;
      out.insert(form);
    }
    if (out.empty()) warn_unknown_property(aggregate.property, span);
    if (!aggregate.events.each.empty()) prefixes_.pop_back();
    events_ = outer;
    return out;
  }

  Type type_node(Expr&, Score& score, Type) {
    for (Score::Term& term : score.terms) pattern(term.events);
    window(score.window);
    return Type::Number;
  }

  void window(Window& window) {
    auto* since = std::get_if<Since>(&window);
    if (!since || since->anchor.empty()) return;
    require(since->anchor[0], Type::Instant, "since");
  }

  // Infers with the wish and insists on it. False after an error.
  bool require(Expr& expr, Type want, std::string_view by) {
    const Type type = infer(expr, want);
    if (type == want) return true;
    if (type != Type::Unresolved)
      fail(expr, fmt::format("{} needs {}, and this is {}", by, name_of(want), name_of(type)));
    return false;
  }

  Type type_node(Expr&, Ago& ago, Type) {
    require(ago.instant[0], Type::Instant, "ago");
    return Type::Duration;
  }

  Type type_node(Expr&, Size& size, Type) {
    require(size.list[0], Type::List, "size");
    return Type::Number;
  }

  Type type_node(Expr& expr, Arithmetic& arithmetic, Type) {
    Expr &left = arithmetic.operands[0], &right = arithmetic.operands[1];
    const auto wish = [](Type other) {
      return other == Type::Instant || other == Type::Duration ? Type::Instant : Type::Number;
    };
    Type a = Type::Unresolved, b = Type::Unresolved;
    if (is_flexible(left) && !is_flexible(right)) {
      b = infer(right, Type::Number);
      a = infer(left, wish(b));
    } else {
      a = infer(left, Type::Number);
      b = infer(right, is_flexible(right) ? wish(a) : Type::Number);
    }
    if (a == Type::Unresolved || b == Type::Unresolved) return Type::Unresolved;
    if (arithmetic.op == ArithmeticOp::Multiply && a == Type::Number && b == Type::Duration) {
      std::swap(left, right);
      std::swap(a, b);
    }
    const auto result = result_of(arithmetic.op, a, b);
    constexpr std::array<std::string_view, 4> kVerbs{"added", "subtracted", "multiplied", "divided"};
    if (!result)
      return fail(expr, fmt::format("{} and {} cannot be {}", name_of(a), name_of(b),
                                    kVerbs[static_cast<size_t>(arithmetic.op)]));
    return *result;
  }

  static std::optional<Type> result_of(ArithmeticOp op, Type a, Type b) {
    struct Rule {
      Type a;
      ArithmeticOp op;
      Type b, result;
    };
    using enum ArithmeticOp;
    constexpr std::array<Rule, 12> kRules{{{Type::Number, Add, Type::Number, Type::Number},
                                           {Type::Number, Subtract, Type::Number, Type::Number},
                                           {Type::Number, Multiply, Type::Number, Type::Number},
                                           {Type::Number, Divide, Type::Number, Type::Number},
                                           {Type::Instant, Subtract, Type::Instant, Type::Duration},
                                           {Type::Instant, Add, Type::Duration, Type::Instant},
                                           {Type::Instant, Subtract, Type::Duration, Type::Instant},
                                           {Type::Duration, Add, Type::Duration, Type::Duration},
                                           {Type::Duration, Subtract, Type::Duration, Type::Duration},
                                           {Type::Duration, Multiply, Type::Number, Type::Duration},
                                           {Type::Duration, Divide, Type::Number, Type::Duration},
                                           {Type::Duration, Divide, Type::Duration, Type::Number}}};
    for (const Rule& rule : kRules)
      if (rule.a == a && rule.op == op && rule.b == b) return rule.result;
    return std::nullopt;
  }

  // --- conditions

  // All operands get one type: that of those whose type is fixed, if there are any.
  Type common_type(const Expr& whole, Exprs& operands) {
    Type common = Type::Unresolved;
    for (const bool flexible : {false, true})
      for (Expr& operand : operands) {
        if (is_flexible(operand) != flexible) continue;
        Type type = infer(operand, common);
        if (type == Type::Unresolved) return type;
        if (common == Type::Instant && type == Type::Text) type = read_as_instant(operand);
        if (common == Type::Unresolved) common = type;
        if (type == common) continue;
        if (common == Type::Text && type == Type::Instant && read_as_instants(operands)) {  // "2026-01-01" = last order
          common = type;
          continue;
        }
        return fail(whole, fmt::format("{} cannot be compared with {}{}", name_of(common), name_of(type),
                                       mend(common, type, operands)));
      }
    if (common == Type::List && all_forgotten(operands))
      return common_type(whole, operands);  // they were not known to be lists
    if (common == Type::List)
      return fail(whole, "lists are not compared; write includes ..., or includes all of (...)");
    if (common == Type::Condition) return fail(whole, "a condition is not compared; write is true or is not true");
    return common;
  }

  bool all_forgotten(const Exprs& operands) {
    return std::ranges::all_of(operands, [&](const Expr& one) { return forgets(one); });
  }

  static Type read_as_instant(Expr& expr) {
    auto* literal = std::get_if<Literal>(&expr.node);
    const auto* text = literal ? std::get_if<std::string>(&literal->value) : nullptr;
    const auto instant = text ? parse_instant(*text) : std::nullopt;
    if (!instant) return Type::Text;
    literal->value = *instant;
    expr.type = Type::Instant;
    return Type::Instant;
  }

  // Those that are texts so far; false: one of them is no time.
  static bool read_as_instants(Exprs& operands) {
    return std::ranges::all_of(operands, [](Expr& operand) {
      if (operand.type == Type::Text) operand.type = read_as_instant(operand);
      return operand.type != Type::Text;
    });
  }

  static std::string_view mend(Type a, Type b, const Exprs& operands) {
    const auto are = [&](Type x, Type y) { return (a == x && b == y) || (a == y && b == x); };
    const bool is_written = std::ranges::any_of(operands, [](const Expr& operand) {
      const auto* literal = std::get_if<Literal>(&operand.node);
      return literal && std::holds_alternative<std::string>(literal->value);
    });
    if (are(Type::Number, Type::Text) && !is_written)
      return "; where its texts are to be read as numbers, define it as 0 + ...";
    if (are(Type::Duration, Type::Number)) return "; give the number a unit: 30 days";
    if (are(Type::Instant, Type::Duration)) return "; write more than 30 days ago, or ago(...) > 30 days";
    if (are(Type::Number, Type::Text)) return "; write a number without quotes";
    if (are(Type::Instant, Type::Text)) return "; write a date such as 2026-03-01, without quotes";
    if (are(Type::Bool, Type::Text)) return "; write is true or is false";
    return "";
  }

  void refuse_two_scores(const Expr& whole, const Exprs& operands) {
    int scores = 0;
    for (const Expr& operand : operands) scores += decaying(operand);
    if (scores > 1)
      fail(whole,
           "two scores with a half-life are not compared with each other: which is larger could change between any "
           "two instants; compare each with a number");
  }

  int decaying(const Expr& expr) const {
    if (const auto* name = std::get_if<Name>(&expr.node)) return context_.decaying_scores(*name);
    int out = 0;
    if (const auto* arithmetic = std::get_if<Arithmetic>(&expr.node))
      for (const Expr& operand : arithmetic->operands) out += decaying(operand);
    return out;
  }

  Type type_node(Expr& expr, Compare& compare, Type) {
    const Type common = common_type(expr, compare.operands);
    const bool ordered = compare.op != CompareOp::Equal && compare.op != CompareOp::NotEqual;
    if (common == Type::Bool && ordered && !all_forgotten(compare.operands)) fail(expr, kNoOrder);
    if (common == Type::Text && ordered) warn_of_digits(expr, compare.operands);
    refuse_two_scores(expr, compare.operands);
    return Type::Condition;
  }

  Type type_node(Expr& expr, Between& between, Type) {
    const Type common = common_type(expr, between.operands);
    if (common == Type::Bool && !all_forgotten(between.operands)) fail(expr, kNoOrder);
    if (common == Type::Text) warn_of_digits(expr, between.operands);
    refuse_two_scores(expr, between.operands);
    return Type::Condition;
  }

  Type type_node(Expr& expr, In& in, Type) {
    common_type(expr, in.operands);
    refuse_two_scores(expr, in.operands);
    return Type::Condition;
  }

  Type type_node(Expr&, TextMatch& match, Type) {
    require(match.text[0], Type::Text, text_operator(match.op).name);
    return Type::Condition;
  }

  Type type_node(Expr&, IsBlank& blank, Type) {
    require(blank.text[0], Type::Text, "is blank");
    return Type::Condition;
  }

  Type type_node(Expr&, IsKnown& known, Type) {
    asks_presence_ = std::holds_alternative<Property>(known.operand[0].node);
    infer(known.operand[0], Type::Unresolved);
    asks_presence_ = false;
    return Type::Condition;
  }

  Type type_node(Expr&, IsTruth& truth, Type) {
    const Type type = infer(truth.operand[0], Type::Bool);
    if (type != Type::Bool && type != Type::Condition && type != Type::Unresolved)
      fail(truth.operand[0],
           fmt::format("is true and is false ask of true or false, and this is {}; compare it with a value",
                       name_of(type)));
    return Type::Condition;
  }

  Type type_node(Expr& expr, ListMatch& match, Type) {
    if (!require(match.operands[0], Type::List, "includes")) return Type::Condition;
    for (size_t i = 1; i < match.operands.size(); ++i) {
      const Type type = infer(match.operands[i], Type::Unresolved);
      if (type == Type::Unresolved || fits_list(match.operands[0], type) || forgets(match.operands[0])) continue;
      fail(expr, fmt::format("the list never holds {}", name_of(type)));
      break;
    }
    return Type::Condition;
  }

  // "9" lies above "18", byte by byte.
  void warn_of_digits(const Expr& expr, const Exprs& operands) {
    for (const Expr& operand : operands) {
      const auto* literal = std::get_if<Literal>(&operand.node);
      const auto* text = literal ? std::get_if<std::string>(&literal->value) : nullptr;
      if (!text || !number_in_text(*text)) continue;
      return warn(expr.span, fmt::format("{0} in quotes is compared as text, by which \"9\" is above \"18\"; without "
                                         "quotes it is a number, and so are texts that read as one",
                                         in_quotes(*text)));
    }
  }

  bool fits_list(const Expr& list, Type item) const {
    Forms forms;
    if (const auto* property = std::get_if<Property>(&list.node)) forms = forms_of_property(property->name);
    if (const auto* trait = std::get_if<Trait>(&list.node)) forms = context_.lookup.trait(trait->name);
    return forms.empty() || std::ranges::any_of(forms, [&](const Schema::Form& form) {
             return form.is_list && (type_of(form.type) == item || (item == Type::Number && may_be_number(form)));
           });
  }

  Type type_node(Expr& expr, AnyElement& any, Type) {
    warn_unknown_list(any.list, expr.span);
    prefixes_.push_back(any.list);
    condition(any.condition[0]);
    prefixes_.pop_back();
    return Type::Condition;
  }

  Type type_node(Expr&, Within& within, Type) {
    require(within.instant[0], Type::Instant, "in the last, in the next, on and between two dates");
    return Type::Condition;
  }

  Type type_node(Expr& expr, InSegment&, Type) {
    if (in_where_) return fail(expr, "after where stand only the event's own properties");
    return Type::Condition;
  }

  Type type_node(Expr&, Logic& logic, Type) {
    for (Expr& operand : logic.operands) condition(operand);
    return Type::Condition;
  }

  const TypeContext& context_;
  const EventPattern* events_ = nullptr;  // whose properties `where` speaks of
  std::vector<std::string> prefixes_;     // lists whose element is at hand, innermost last
  bool in_where_ = false;
  bool asks_presence_ = false;  // whether there is a value, not which: the same in every currency
  bool is_mixed_ = false;       // that amounts came in several currencies was said
};

}  // namespace

void compare_with_true(Expr& expr) {
  Compare out{.op = CompareOp::Equal};
  const Span span = expr.span;
  out.operands.push_back(std::move(expr));
  out.operands.push_back(Expr{.node = Literal{true}, .type = Type::Bool, .span = span});
  expr = Expr{.node = std::move(out), .type = Type::Condition, .span = span};
}

std::string_view name_of(Type type) {
  constexpr std::array<std::string_view, 8> kNames{"nothing", "a condition", "true or false",    "a number",
                                                   "a text",  "a time",      "a length of time", "a list"};
  return kNames[static_cast<size_t>(type)];
}

void type_condition(Expr& expr, const TypeContext& context) {
  Typer(context).condition(expr);
}
Type type_any(Expr& expr, const TypeContext& context) {
  return Typer(context).infer(expr, Type::Unresolved);
}
void type_pattern(EventPattern& events, const TypeContext& context) {
  Typer(context).pattern(events);
}

}  // namespace tessera::language

#include "language/tree_json.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/text.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"

namespace tessera::language {

namespace {

// --- words, each table in the order of its enum

constexpr std::array<std::string_view, 12> kAggregates{"count",    "sum",   "avg",  "min",  "max",        "median",
                                                       "distinct", "first", "last", "mode", "first_time", "last_time"};
constexpr std::array<std::string_view, 6> kCompare{"=", "!=", "<", "<=", ">", ">="};
constexpr std::array<std::string_view, 4> kArithmetic{"+", "-", "*", "/"};
constexpr auto kText = [] {
  std::array<std::string_view, kTextOperators.size()> names;
  std::ranges::transform(kTextOperators, names.begin(), &TextOperator::name);
  return names;
}();
constexpr std::array<std::string_view, 4> kTruth{"true", "false", "not true", "not false"};
constexpr std::array<std::string_view, 4> kList{"includes", "all of", "any of", "none of"};
constexpr std::array<std::string_view, 6> kLogic{"and", "or", "xor", "none_of", "at_least", "not"};
constexpr std::array<std::string_view, 5> kKinds{"", "event", "let", "score", "segment"};

template <typename Enum, size_t N>
std::string_view word(const std::array<std::string_view, N>& table, Enum value) {
  return table[static_cast<size_t>(value)];
}

// --- to JSON

Json many(const Exprs& exprs) {
  Json out = Json::array();
  for (const Expr& expr : exprs) out.add(to_json(expr));
  return out;
}

Json object(std::string name, Json value) {
  Json out = Json::object();
  out.set(std::move(name), std::move(value));
  return out;
}

void set_if(Json& json, const char* name, bool flag) {
  if (flag) json.set(name, true);
}

std::string duration_text(Duration length) {
  return length.ms < 0 ? "-" + text_of(Duration{-length.ms}) : length.ms == 0 ? "0 days" : text_of(length);
}

Json window_json(const Window& window) {
  return std::visit(Match{[](const Lifetime&) { return Json(); },
                          [](const Sliding& sliding) {
                            Json out = object("newest", duration_text(sliding.newest));
                            if (sliding.oldest != kForever) out.set("oldest", duration_text(sliding.oldest));
                            return out;
                          },
                          [](const Absolute& absolute) {
                            Json out = Json::object();
                            if (absolute.from != kEver) out.set("from", text_of(absolute.from));
                            if (absolute.to != kNever) out.set("to", text_of(absolute.to));
                            return out;
                          },
                          [](const Since& since) { return object("since", to_json(since.anchor[0])); }},
                    window);
}

Json events_json(const EventPattern& events) {
  Json out = Json::object();
  if (!events.alias.empty()) out.set("alias", events.alias);
  Json names = Json::array();
  for (const std::string& name : events.names) names.add(name);
  if (events.alias.empty()) out.set("names", std::move(names));
  if (!events.each.empty()) out.set("each", events.each);
  if (!events.where.empty()) out.set("where", to_json(events.where[0]));
  return out;
}

void set_window(Json& json, const Window& window) {
  if (!std::holds_alternative<Lifetime>(window)) json.set("window", window_json(window));
}

Json node_json(const Literal& literal) {
  return std::visit(Match{[](Instant at) { return object("time", text_of(at)); },
                          [](Duration length) { return object("duration", duration_text(length)); },
                          [](const auto& value) { return object("literal", Json(value)); }},
                    literal.value);
}
Json node_json(const Trait& trait) {
  return object("trait", trait.name);
}
Json node_json(const Property& property) {
  return object("property", property.name);
}
Json node_json(const Name& name) {
  return object("name", name.name);
}
Json node_json(const Aggregate& aggregate) {
  Json out = object("aggregate", word(kAggregates, aggregate.kind));
  out.set("events", events_json(aggregate.events));
  if (!aggregate.property.empty()) out.set("property", aggregate.property);
  set_window(out, aggregate.window);
  return out;
}
Json node_json(const Score& score) {
  Json terms = Json::array();
  for (const Score::Term& term : score.terms) {
    Json item = object("weight", term.weight);
    item.set("events", events_json(term.events));
    terms.add(std::move(item));
  }
  Json out = object("score", std::move(terms));
  if (score.half_life) out.set("half_life", duration_text(*score.half_life));
  set_window(out, score.window);
  return out;
}
Json node_json(const Ago& ago) {
  return object("ago", to_json(ago.instant[0]));
}
Json node_json(const Arithmetic& arithmetic) {
  Json out = object("arithmetic", word(kArithmetic, arithmetic.op));
  out.set("operands", many(arithmetic.operands));
  return out;
}
Json node_json(const Size& size) {
  return object("size", to_json(size.list[0]));
}
Json node_json(const Compare& compare) {
  Json out = object("compare", word(kCompare, compare.op));
  out.set("operands", many(compare.operands));
  return out;
}
Json node_json(const Between& between) {
  Json out = object("between", many(between.operands));
  set_if(out, "negated", between.negated);
  return out;
}
Json node_json(const In& in) {
  Json out = object("in", many(in.operands));
  set_if(out, "negated", in.negated);
  return out;
}
Json node_json(const TextMatch& match) {
  Json out = object("text", word(kText, match.op));
  out.set("of", to_json(match.text[0])).set("pattern", match.pattern);
  set_if(out, "ignore_case", match.ignore_case);
  set_if(out, "negated", match.negated);
  return out;
}
Json node_json(const IsBlank& blank) {
  Json out = object("is_blank", to_json(blank.text[0]));
  set_if(out, "negated", blank.negated);
  return out;
}
Json node_json(const IsKnown& known) {
  Json out = object("is_known", to_json(known.operand[0]));
  set_if(out, "negated", known.negated);
  return out;
}
Json node_json(const IsTruth& truth) {
  Json out = object("is", word(kTruth, truth.test));
  out.set("of", to_json(truth.operand[0]));
  return out;
}
Json node_json(const ListMatch& match) {
  Json out = object("list", word(kList, match.op));
  out.set("operands", many(match.operands));
  return out;
}
Json node_json(const AnyElement& any) {
  Json out = object("any", any.list);
  out.set("where", to_json(any.condition[0]));
  return out;
}
Json node_json(const Within& within) {
  const Window window = std::visit([](const auto& w) { return Window{w}; }, within.window);
  Json out = object("within", window_json(window));
  out.set("of", to_json(within.instant[0]));
  set_if(out, "negated", within.negated);
  return out;
}
Json node_json(const InSegment& in) {
  Json out = object("in_segment", in.segment);
  set_if(out, "negated", in.negated);
  return out;
}
Json node_json(const Logic& logic) {
  if (logic.op == LogicOp::Not) return object("not", to_json(logic.operands[0]));
  if (logic.op != LogicOp::AtLeast) return object(std::string(word(kLogic, logic.op)), many(logic.operands));
  Json out = object("at_least", static_cast<int64_t>(logic.at_least));
  out.set("of", many(logic.operands));
  return out;
}

// --- from JSON

class Reader {
 public:
  explicit Reader(std::string place) : place_(std::move(place)) {}

  Result<Expr> expr(const Json& json) const {
    if (json.as_object())
      for (const Rule& rule : kRules)
        if (json.find(rule.member)) return (this->*rule.read)(json);
    std::string members;
    for (const Rule& rule : kRules) members += (members.empty() ? "" : ", ") + std::string(rule.member);
    return wrong("expected an object with one of " + members);
  }

  Result<EventPattern> events(const Json& json) const {
    EventPattern out;
    if (!json.as_object()) return wrong("expected an object of events: {\"names\": [...]} or {\"alias\": ...}");
    if (json.find("alias")) out.alias = TRY(text(json, "alias"));
    if (const Json* names = json.find("names")) {
      if (!names->as_array()) return wrong("names: expected a list of texts");
      for (const Json& name : *names->as_array()) {
        if (!name.as_text()) return wrong("names: expected a list of texts");
        out.names.push_back(*name.as_text());
      }
    }
    if (json.find("each")) out.each = TRY(text(json, "each"));
    if (const Json* where = json.find("where")) out.where.push_back(TRY(at(".where").expr(*where)));
    return out;
  }

  Result<std::string> text(const Json& json, std::string_view member) const {
    const Json* found = json.find(member);
    if (!found || !found->as_text()) return wrong(fmt::format("{}: expected a text", member));
    return *found->as_text();
  }

  std::unexpected<Error> wrong(std::string message) const { return fail(std::move(message), place_); }
  Reader at(std::string_view step) const { return Reader(place_ + std::string(step)); }

 private:
  struct Rule {
    std::string_view member;
    Result<Expr> (Reader::*read)(const Json&) const;
  };
  static const std::array<Rule, 28> kRules;

  template <typename Enum, size_t N>
  Result<Enum> choice(const Json& json, std::string_view member, const std::array<std::string_view, N>& table) const {
    const std::string found = TRY(text(json, member));
    const auto at = std::ranges::find(table, found);
    if (at != table.end()) return static_cast<Enum>(at - table.begin());
    const std::vector<std::string> words(table.begin(), table.end());
    return wrong(fmt::format("{}: '{}' is none of {}", member, found, join(words, ", ")));
  }

  bool flag(const Json& json, std::string_view member) const {
    const Json* found = json.find(member);
    return found && found->as_bool() && *found->as_bool();
  }

  Result<Exprs> many(const Json& json, std::string_view member, size_t least, size_t most = SIZE_MAX) const {
    const Json* found = json.find(member);
    const auto* items = found ? found->as_array() : nullptr;
    if (!items || items->size() < least || items->size() > most)
      return wrong(fmt::format("{}: expected a list of {}", member,
                               least == most ? std::to_string(least) : fmt::format("at least {}", least)));
    Exprs out;
    for (size_t i = 0; i < items->size(); ++i)
      out.push_back(TRY(at(fmt::format(".{}[{}]", member, i)).expr((*items)[i])));
    return out;
  }

  Result<Exprs> one(const Json& json, std::string_view member) const {
    const Json* found = json.find(member);
    if (!found) return wrong(fmt::format("{}: missing", member));
    Exprs out;
    out.push_back(TRY(at(fmt::format(".{}", member)).expr(*found)));
    return out;
  }

  Result<Duration> duration(const Json& json, std::string_view member) const {
    const std::string found = TRY(text(json, member));
    const bool negative = found.starts_with('-');
    const auto read = parse_duration(std::string_view(found).substr(negative));
    if (!read) return wrong(fmt::format("{}: '{}' is no length of time such as \"30 days\"", member, found));
    return Duration{negative ? -read->ms : read->ms};
  }

  Result<Instant> instant(const Json& json, std::string_view member) const {
    const std::string found = TRY(text(json, member));
    const auto read = parse_instant(found);
    if (!read) return wrong(fmt::format("{}: '{}' is no time such as \"2026-03-01T00:00:00Z\"", member, found));
    return *read;
  }

  Result<Number> number(const Json& json, std::string_view member) const {
    const Json* found = json.find(member);
    const auto read = found && found->as_literal() ? parse_number(found->as_literal()->text)
                                                   : ParsedNumber{{}, NumberFlaw::NotANumber};
    if (read.flaw) return wrong(fmt::format("{}: expected a number below 10^12, no finer than a millionth", member));
    return read.number;
  }

  Result<Window> window(const Json* json) const {
    if (!json) return Lifetime{};
    if (json->find("since")) return Since{.anchor = TRY(one(*json, "since"))};
    if (json->find("newest") || json->find("oldest")) {
      Sliding out{.newest = {}, .oldest = kForever};
      if (json->find("newest")) out.newest = TRY(duration(*json, "newest"));
      if (json->find("oldest")) out.oldest = TRY(duration(*json, "oldest"));
      return out;
    }
    Absolute out;
    if (json->find("from")) out.from = TRY(instant(*json, "from"));
    if (json->find("to")) out.to = TRY(instant(*json, "to"));
    if (!json->find("from") && !json->find("to"))
      return wrong("expected a window: newest and oldest, from and to, or since");
    return out;
  }

  static Expr made(auto node) { return Expr{.node = std::move(node)}; }

  Result<Expr> literal(const Json& json) const {
    const Json& value = *json.find("literal");
    if (value.as_bool()) return made(Literal{*value.as_bool()});
    if (value.as_text()) return made(Literal{*value.as_text()});
    return made(Literal{TRY(number(json, "literal"))});
  }
  Result<Expr> time(const Json& json) const { return made(Literal{TRY(instant(json, "time"))}); }
  Result<Expr> length(const Json& json) const { return made(Literal{TRY(duration(json, "duration"))}); }
  Result<Expr> trait(const Json& json) const { return made(Trait{TRY(text(json, "trait"))}); }
  Result<Expr> property(const Json& json) const { return made(Property{TRY(text(json, "property"))}); }
  Result<Expr> name(const Json& json) const { return made(Name{.name = TRY(text(json, "name"))}); }
  Result<Expr> aggregate(const Json& json) const {
    Aggregate out{.kind = TRY(choice<AggregateKind>(json, "aggregate", kAggregates))};
    const Json* which = json.find("events");
    if (!which) return wrong("events: missing");
    out.events = TRY(at(".events").events(*which));
    if (json.find("property")) out.property = TRY(text(json, "property"));
    out.window = TRY(at(".window").window(json.find("window")));
    return made(std::move(out));
  }
  Result<Expr> score(const Json& json) const {
    Score out;
    const auto* terms = json.find("score")->as_array();
    if (!terms || terms->empty()) return wrong("score: expected a list of terms");
    for (size_t i = 0; i < terms->size(); ++i) {
      const Reader inner = at(fmt::format(".score[{}]", i));
      const Json* which = (*terms)[i].find("events");
      if (!which) return inner.wrong("events: missing");
      out.terms.push_back(
          {.weight = TRY(inner.number((*terms)[i], "weight")), .events = TRY(inner.at(".events").events(*which))});
    }
    if (json.find("half_life")) out.half_life = TRY(duration(json, "half_life"));
    out.window = TRY(at(".window").window(json.find("window")));
    return made(std::move(out));
  }
  Result<Expr> ago(const Json& json) const { return made(Ago{TRY(one(json, "ago"))}); }
  Result<Expr> arithmetic(const Json& json) const {
    return made(Arithmetic{.op = TRY(choice<ArithmeticOp>(json, "arithmetic", kArithmetic)),
                           .operands = TRY(many(json, "operands", 2, 2))});
  }
  Result<Expr> size(const Json& json) const { return made(Size{TRY(one(json, "size"))}); }
  Result<Expr> compare(const Json& json) const {
    return made(Compare{.op = TRY(choice<CompareOp>(json, "compare", kCompare)),
                        .operands = TRY(many(json, "operands", 2, 2))});
  }
  Result<Expr> between(const Json& json) const {
    return made(Between{.operands = TRY(many(json, "between", 3, 3)), .negated = flag(json, "negated")});
  }
  Result<Expr> in(const Json& json) const {
    return made(In{.operands = TRY(many(json, "in", 2)), .negated = flag(json, "negated")});
  }
  Result<Expr> text_match(const Json& json) const {
    return made(TextMatch{.op = TRY(choice<TextOp>(json, "text", kText)),
                          .text = TRY(one(json, "of")),
                          .pattern = TRY(text(json, "pattern")),
                          .ignore_case = flag(json, "ignore_case"),
                          .negated = flag(json, "negated")});
  }
  Result<Expr> is_blank(const Json& json) const {
    return made(IsBlank{.text = TRY(one(json, "is_blank")), .negated = flag(json, "negated")});
  }
  Result<Expr> is_known(const Json& json) const {
    return made(IsKnown{.operand = TRY(one(json, "is_known")), .negated = flag(json, "negated")});
  }
  Result<Expr> is_truth(const Json& json) const {
    return made(IsTruth{.test = TRY(choice<TruthTest>(json, "is", kTruth)), .operand = TRY(one(json, "of"))});
  }
  Result<Expr> list(const Json& json) const {
    return made(ListMatch{.op = TRY(choice<ListOp>(json, "list", kList)), .operands = TRY(many(json, "operands", 2))});
  }
  Result<Expr> any(const Json& json) const {
    return made(AnyElement{.list = TRY(text(json, "any")), .condition = TRY(one(json, "where"))});
  }
  Result<Expr> within(const Json& json) const {
    Within out{.instant = TRY(one(json, "of")), .negated = flag(json, "negated")};
    const Window read = TRY(at(".within").window(json.find("within")));
    if (const auto* sliding = std::get_if<Sliding>(&read)) return out.window = *sliding, made(std::move(out));
    if (const auto* absolute = std::get_if<Absolute>(&read)) return out.window = *absolute, made(std::move(out));
    return wrong("within: expected newest and oldest, or from and to");
  }
  Result<Expr> in_segment(const Json& json) const {
    return made(InSegment{.segment = TRY(text(json, "in_segment")), .negated = flag(json, "negated")});
  }
  Result<Expr> chain(const Json& json, LogicOp op) const {
    return made(Logic{.op = op, .operands = TRY(many(json, word(kLogic, op), op == LogicOp::NoneOf ? 1 : 2))});
  }
  Result<Expr> all(const Json& json) const { return chain(json, LogicOp::And); }
  Result<Expr> some(const Json& json) const { return chain(json, LogicOp::Or); }
  Result<Expr> odd(const Json& json) const { return chain(json, LogicOp::Xor); }
  Result<Expr> none_of(const Json& json) const { return chain(json, LogicOp::NoneOf); }
  Result<Expr> at_least(const Json& json) const {
    const Number least = TRY(number(json, "at_least"));
    if (least.micros % Number::kOne != 0 || least.micros < Number::kOne || least > Number::of(UINT32_MAX))
      return wrong("at_least: expected a whole number from 1 on");
    return made(Logic{.op = LogicOp::AtLeast,
                      .operands = TRY(many(json, "of", 1)),
                      .at_least = static_cast<uint32_t>(least.micros / Number::kOne)});
  }
  Result<Expr> denied(const Json& json) const {
    return made(Logic{.op = LogicOp::Not, .operands = TRY(one(json, "not"))});
  }

  std::string place_;
};

const std::array<Reader::Rule, 28> Reader::kRules{{{"literal", &Reader::literal},
                                                   {"time", &Reader::time},
                                                   {"duration", &Reader::length},
                                                   {"trait", &Reader::trait},
                                                   {"aggregate", &Reader::aggregate},
                                                   {"score", &Reader::score},
                                                   {"property", &Reader::property},
                                                   {"name", &Reader::name},
                                                   {"ago", &Reader::ago},
                                                   {"arithmetic", &Reader::arithmetic},
                                                   {"size", &Reader::size},
                                                   {"compare", &Reader::compare},
                                                   {"between", &Reader::between},
                                                   {"in", &Reader::in},
                                                   {"text", &Reader::text_match},
                                                   {"is_blank", &Reader::is_blank},
                                                   {"is_known", &Reader::is_known},
                                                   {"is", &Reader::is_truth},
                                                   {"list", &Reader::list},
                                                   {"any", &Reader::any},
                                                   {"within", &Reader::within},
                                                   {"in_segment", &Reader::in_segment},
                                                   {"and", &Reader::all},
                                                   {"or", &Reader::some},
                                                   {"none_of", &Reader::none_of},
                                                   {"at_least", &Reader::at_least},
                                                   {"xor", &Reader::odd},
                                                   {"not", &Reader::denied}}};

}  // namespace

Json to_json(const Expr& expr) {
  return std::visit([](const auto& node) { return node_json(node); }, expr.node);
}

Json to_json(const Definition& definition) {
  Json out = object("kind", word(kKinds, definition.kind));
  out.set("name", definition.name).set("slug", definition.slug);
  if (!definition.note.empty()) out.set("note", definition.note);
  if (!definition.zone.empty()) out.set("zone", definition.zone);
  if (!definition.currency.empty()) out.set("currency", definition.currency);
  if (definition.kind == DefinitionKind::Event)
    out.set("events", events_json(definition.event));
  else
    out.set("body", to_json(definition.body));
  return out;
}

namespace {

// What text cannot say, nobody could review.
Result<Definition> sayable(Definition definition) {
  const std::string text = print(definition);
  const Parsed parsed = parse_definitions(text);
  if (!parsed.ok())
    return fail(fmt::format("this tree has no text in the language: {}", parsed.diagnostics[0].message),
                definition.name);
  if (parsed.definitions.size() != 1 || !(parsed.definitions[0] == definition))
    return fail("this tree has no text in the language that means the same", definition.name);
  return definition;
}

}  // namespace

Result<Expr> expr_from_json(const Json& json) {
  Definition probe{.kind = DefinitionKind::Let, .name = "x", .slug = "x", .body = TRY(Reader("body").expr(json))};
  return TRY(sayable(std::move(probe))).body;
}

Result<Definition> definition_from_json(const Json& json) {
  const Reader reader("body");
  const Reader top("definition");
  Definition out;
  const std::string kind = TRY(top.text(json, "kind"));
  const auto known = std::find(kKinds.begin() + 1, kKinds.end(), kind);
  if (known == kKinds.end()) return top.wrong(fmt::format("kind: '{}' is none of event, let, score, segment", kind));
  out.kind = static_cast<DefinitionKind>(known - kKinds.begin());
  out.name = TRY(top.text(json, "name"));
  out.slug = json.find("slug")                     ? TRY(top.text(json, "slug"))
             : out.kind == DefinitionKind::Segment ? slug_of(out.name)
                                                   : out.name;
  if (json.find("note")) out.note = TRY(top.text(json, "note"));
  if (json.find("zone")) out.zone = TRY(top.text(json, "zone"));
  if (json.find("currency")) out.currency = TRY(top.text(json, "currency"));
  const bool is_event = out.kind == DefinitionKind::Event;
  const Json* body = json.find(is_event ? "events" : "body");
  if (!body) return top.wrong(is_event ? "events: missing" : "body: missing");
  if (is_event)
    out.event = TRY(Reader("events").events(*body));
  else
    out.body = TRY(reader.expr(*body));
  return sayable(std::move(out));
}

}  // namespace tessera::language

#include "language/random_tree.hpp"

#include "core/text.hpp"

namespace tessera::language {

namespace {

const std::vector<std::string> kEvents{"Order Completed",       "Product Viewed",   "Product Added", "ping",
                                       "Ü \"quoted\" \\ event", "a where (b) and c"};
const std::vector<std::string> kNumbers{"total", "quantity", "Item price", "count"},
    kAdded{"total", "quantity", "Item price", "count", "channel", "$hour", "$day"},  // texts that may be numbers too

    kTexts{"channel", "coupon", "a.b", "last"}, kTruths{"is_gift", "is_test"}, kLists{"products.category", "tags"};
const std::vector<std::string> kWords{"DE",          "",      "50% _off_", "line\nbreak", "\"x\"",
                                      "back\\slash", "größe", "2026-01-01"};

Expr made(auto node) {
  return Expr{.node = std::move(node)};
}
Exprs one(Expr expr) {
  Exprs out;
  out.push_back(std::move(expr));
  return out;
}
Exprs two(Expr a, Expr b) {
  Exprs out;
  out.push_back(std::move(a));
  out.push_back(std::move(b));
  return out;
}

}  // namespace

Schema RandomTree::shop() {
  using profiles::PropertyType;
  Schema out;
  Schema::Event event{.count = 1,
                      .properties = {{"products.price", {{PropertyType::Number, true}}},
                                     {"products.category", {{PropertyType::Text, true}}},
                                     {"tags", {{PropertyType::Text, true}}},
                                     {"date", {{PropertyType::Text, false}}}}};
  for (const std::string& name : kNumbers) event.properties[name].insert({PropertyType::Number, false});
  for (const std::string& name : kTexts) event.properties[name].insert({PropertyType::Text, false});
  for (const std::string& name : kTruths) event.properties[name].insert({PropertyType::Bool, false});
  for (const std::string& name : kEvents) out.events[name] = event;
  out.traits = {{"age", {{PropertyType::Number, false}}},
                {"country", {{PropertyType::Text, false}}},
                {"Home address", {{PropertyType::Text, false}}},
                {"signed_up", {{PropertyType::Text, false}}},
                {"newsletter", {{PropertyType::Bool, false}}}};
  return out;
}

Number RandomTree::amount() {
  switch (rng_.below(4)) {
    case 0:
      return Number::of(rng_.between(0, 3));
    case 1:
      return Number{rng_.between(-5'000'000, 5'000'000)};
    case 2:
      return Number{rng_.between(-(Number::kLimit - 1), Number::kLimit - 1)};
    default:
      return Number::of(rng_.between(-1000, 100'000));
  }
}

Duration RandomTree::duration() {
  const std::vector<Duration> units{kWeek, kDay, kHour, kMinute, kSecond, Duration{1}};
  Duration out = pick(units) * rng_.between(1, 90);
  if (chance(0.2)) out = out + pick(units) * rng_.between(0, 50);
  return out;
}

Instant RandomTree::moment() {
  const Instant day{rng_.between(10'000, 25'000) * kDay.ms};
  return chance(0.6) ? day : day + Duration{rng_.between(0, kDay.ms)};
}

Window RandomTree::window(int depth) {
  const Duration newest = duration();
  switch (rng_.below(9)) {
    case 0:
    case 1:
      return Sliding{.newest = {}, .oldest = duration()};
    case 2:
      return Sliding{.newest = newest, .oldest = newest + duration()};
    case 3:
      return Sliding{.newest = newest, .oldest = kForever};
    case 4:
      return Absolute{.from = moment(), .to = kNever};
    case 5: {
      const Instant from = moment();
      return chance(0.5) ? Absolute{.from = kEver, .to = from} : Absolute{.from = from, .to = from + duration()};
    }
    case 6:
      if (depth > 0) return Since{.anchor = one(instant(depth - 1))};
      return Lifetime{};
    default:
      return Lifetime{};
  }
}

EventPattern RandomTree::events(int depth) {
  EventPattern out;
  if (!aliases_.empty() && chance(0.4)) {
    out.alias = pick(aliases_);
  } else if (chance(0.8)) {
    out.names.push_back(pick(kEvents));
    while (chance(0.1)) out.names.push_back(pick(kEvents));
  }
  if (depth > 0 && chance(0.3)) out.where.push_back(where(depth - 1));
  return out;
}

EventPattern RandomTree::elements(int depth) {
  EventPattern out = events(0);
  out.each = "products";
  each_ = "products";
  if (depth > 0 && chance(0.4)) out.where.push_back(where(depth - 1));
  each_.clear();
  return out;
}

Expr RandomTree::property(Type type) {
  if (type == Type::Number) {
    if (!each_.empty() && chance(0.5)) return made(Property{"price"});
    if (chance(0.2)) return made(Property{chance(0.5) ? "$hour" : "$weekday"});
    return made(Property{pick(kNumbers)});
  }
  if (type == Type::Text) return made(Property{!each_.empty() && chance(0.5) ? "category" : pick(kTexts)});
  if (type == Type::Instant) return made(Property{chance(0.5) ? "$time" : "date"});
  return made(Property{type == Type::List ? pick(kLists) : pick(kTruths)});
}

Expr RandomTree::where(int depth) {
  const bool outer = in_where_;
  in_where_ = true;
  Expr out = condition(depth);
  in_where_ = outer;
  return out;
}

Expr RandomTree::number(int depth) {
  if (chance(0.4) || depth <= 0) return made(Literal{amount()});
  if (chance(0.2))
    return made(Arithmetic{.op = static_cast<ArithmeticOp>(rng_.below(4)),
                           .operands = two(number(depth - 1), number(depth - 1))});
  if (in_where_) {
    if (each_.empty() && chance(0.2)) return made(Size{one(property(Type::List))});
    return property(Type::Number);
  }
  switch (rng_.below(6)) {
    case 0:
      return made(Trait{"age"});
    case 1:
      if (!numbers_.empty()) return made(Name{.name = pick(numbers_)});
      [[fallthrough]];
    case 2:
      return made(Aggregate{.kind = AggregateKind::Count, .events = events(depth), .window = window(depth - 1)});
    case 3:
      return made(Aggregate{
          .kind = AggregateKind::Sum, .events = elements(depth), .property = "price", .window = window(depth - 1)});
    case 4:
      return made(Aggregate{.kind = AggregateKind::Count, .events = elements(depth), .window = window(depth - 1)});
    default:
      return made(Aggregate{.kind = static_cast<AggregateKind>(rng_.between(1, 5)),
                            .events = events(depth),
                            .property = pick(kAdded),
                            .window = window(depth - 1)});
  }
}

Expr RandomTree::text(int depth) {
  if (in_where_) return property(Type::Text);
  if (depth <= 0 || chance(0.4)) return made(Trait{chance(0.8) ? "country" : "Home address"});
  return made(Aggregate{.kind = static_cast<AggregateKind>(rng_.between(7, 9)),
                        .events = events(depth),
                        .property = pick(kTexts),
                        .window = window(depth - 1)});
}

Expr RandomTree::instant(int depth) {
  if (in_where_) return property(Type::Instant);
  if (depth <= 0 || chance(0.2)) return made(Trait{"signed_up"});
  return made(Aggregate{.kind = chance(0.7) ? AggregateKind::LastTime : AggregateKind::FirstTime,
                        .events = events(depth),
                        .window = chance(0.7) ? Window{Lifetime{}} : window(depth - 1)});
}

Expr RandomTree::compare(Expr left, Expr right) {
  return made(Compare{.op = static_cast<CompareOp>(rng_.below(6)), .operands = two(std::move(left), std::move(right))});
}

Exprs RandomTree::conditions(int depth, size_t least) {
  Exprs out;
  for (size_t i = 0, count = least + rng_.below(3); i < count; ++i) out.push_back(condition(depth));
  return out;
}

Expr RandomTree::condition(int depth) {
  if (depth <= 0 || chance(0.5)) return predicate(depth);
  const auto op = static_cast<LogicOp>(rng_.below(6));
  if (op == LogicOp::Not) return made(Logic{.op = op, .operands = one(condition(depth - 1))});
  const bool counted = op == LogicOp::AtLeast;
  Logic out{.op = op, .operands = conditions(depth - 1, op == LogicOp::NoneOf || counted ? 1 : 2)};
  if (counted) out.at_least = static_cast<uint32_t>(1 + rng_.below(out.operands.size()));
  return made(std::move(out));
}

Expr RandomTree::predicate(int depth) {
  const bool negated = chance(0.4);
  switch (rng_.below(in_where_ ? 13 : 16)) {
    case 0:
      return compare(number(depth), number(depth - 1));
    case 1:
      return compare(text(depth), made(Literal{pick(kWords)}));
    case 2:
      return compare(made(Ago{one(instant(depth))}), made(Literal{duration()}));
    case 3:
      return compare(instant(depth), made(Literal{moment()}));
    case 4: {
      Between out{.operands = two(number(depth), number(0)), .negated = negated};
      out.operands.push_back(number(0));
      return made(std::move(out));
    }
    case 5: {
      const Duration low = duration();
      Between out{.operands = two(made(Ago{one(instant(depth))}), made(Literal{low})), .negated = negated};
      out.operands.push_back(made(Literal{low + duration()}));
      return made(std::move(out));
    }
    case 6: {
      In out{.operands = two(text(depth), made(Literal{pick(kWords)})), .negated = negated};
      while (chance(0.5)) out.operands.push_back(made(Literal{pick(kWords)}));
      return made(std::move(out));
    }
    case 7:
      return made(TextMatch{.op = static_cast<TextOp>(rng_.below(4)),
                            .text = one(text(depth)),
                            .pattern = pick(kWords),
                            .ignore_case = chance(0.3),
                            .negated = negated});
    case 8:
      return made(IsBlank{.text = one(text(depth)), .negated = negated});
    case 9:
      return made(IsKnown{.operand = one(chance(0.5) ? text(depth) : instant(depth)), .negated = negated});
    case 10:
      return made(IsTruth{.test = static_cast<TruthTest>(rng_.below(4)),
                          .operand = one(depth > 0 && chance(0.5) ? condition(depth - 1)
                                         : in_where_              ? property(Type::Bool)
                                                                  : made(Trait{"newsletter"}))});
    case 11: {
      Within out{
          .instant = one(instant(depth)), .window = Sliding{.newest = {}, .oldest = duration()}, .negated = negated};
      if (chance(0.3)) out.window = Sliding{.newest = Duration{} - duration(), .oldest = {}};
      const Instant from = moment();
      if (chance(0.3)) out.window = Absolute{.from = from, .to = from + duration()};
      return made(std::move(out));
    }
    case 12:
      if (!in_where_) return made(Trait{"newsletter"});
      if (each_.empty()) {
        if (chance(0.5)) {
          each_ = "products";
          AnyElement any{.list = "products", .condition = one(condition(depth - 1))};
          each_.clear();
          return made(std::move(any));
        }
        return made(ListMatch{.op = static_cast<ListOp>(rng_.below(4)),
                              .operands = two(property(Type::List), made(Literal{pick(kWords)}))});
      }
      return property(Type::Bool);
    case 13:
      if (!segments_.empty()) return made(InSegment{.segment = pick(segments_), .negated = negated});
      [[fallthrough]];
    default:
      return compare(made(Aggregate{.kind = AggregateKind::Count, .events = events(depth), .window = window(depth)}),
                     made(Literal{Number::of(rng_.between(0, 4))}));
  }
}

Score RandomTree::score() {
  Score out;
  do out.terms.push_back({.weight = Number{rng_.between(1, 30'000'000)}, .events = events(2)});
  while (chance(0.6));
  if (chance(0.7)) out.half_life = duration();
  if (chance(0.3)) out.window = window(0);
  return out;
}

std::vector<Definition> RandomTree::definitions() {
  std::vector<Definition> out;
  const auto add = [&](DefinitionKind kind, std::string name) -> Definition& {
    Definition& made = out.emplace_back(Definition{.kind = kind, .name = name, .slug = name});
    if (chance(0.3)) made.note = chance(0.5) ? "A note." : "Two lines,\n\nand a gap.";
    return made;
  };
  for (const char* name : {"order", "big_order", "visit"}) {
    add(DefinitionKind::Event, name).event = events(2);
    aliases_.emplace_back(name);
  }
  for (const char* name : {"spend", "visits"}) {
    Definition& let = add(DefinitionKind::Let, name);
    let.body = number(3);
    numbers_.emplace_back(name);
  }
  add(DefinitionKind::Score, "intent").body = made(score());
  for (const char* name : {"Lapsed, showing interest", "B \"best\"", "Ünïcode"}) {
    Definition& segment = add(DefinitionKind::Segment, name);
    segment.slug = chance(0.2) ? "other-" + slug_of(name) : slug_of(name);
    segment.body = condition(4);
    segments_.emplace_back(name);
  }
  return out;
}

}  // namespace tessera::language

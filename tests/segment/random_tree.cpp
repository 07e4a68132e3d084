#include "segment/random_tree.hpp"

#include "core/text.hpp"

namespace tessera::segment {

namespace {

const std::vector<std::string> kEvents{"Order Completed",       "Product Viewed",   "Product Added", "ping",
                                       "Ü \"quoted\" \\ event", "a where (b) and c"};
const std::vector<std::string> kNumbers{"total", "quantity", "Item price", "count"},
    kTexts{"channel", "coupon", "a.b", "last"}, kTruths{"is_gift", "is_test"}, kLists{"products.category", "tags"};
const std::vector<std::string> kWords{"DE",          "",      "50% _off_", "line\nbreak", "\"x\"",
                                      "back\\slash", "größe", "2026-01-01"};

language::Expr made(auto node) {
  return language::Expr{.node = std::move(node)};
}
language::Exprs one(language::Expr expr) {
  language::Exprs out;
  out.push_back(std::move(expr));
  return out;
}
language::Exprs two(language::Expr a, language::Expr b) {
  language::Exprs out;
  out.push_back(std::move(a));
  out.push_back(std::move(b));
  return out;
}

}  // namespace

language::Schema RandomTree::shop() {
  using profiles::PropertyType;
  language::Schema out;
  language::Schema::Event event{.count = 1,
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

language::Window RandomTree::window(int depth) {
  const Duration newest = duration();
  switch (rng_.below(9)) {
    case 0:
    case 1:
      return language::Sliding{.newest = {}, .oldest = duration()};
    case 2:
      return language::Sliding{.newest = newest, .oldest = newest + duration()};
    case 3:
      return language::Sliding{.newest = newest, .oldest = language::kForever};
    case 4:
      return language::Absolute{.from = moment(), .to = kNever};
    case 5: {
      const Instant from = moment();
      return chance(0.5) ? language::Absolute{.from = kEver, .to = from}
                         : language::Absolute{.from = from, .to = from + duration()};
    }
    case 6:
      if (depth > 0) return language::Since{.anchor = one(instant(depth - 1))};
      return language::Lifetime{};
    default:
      return language::Lifetime{};
  }
}

language::EventPattern RandomTree::events(int depth) {
  language::EventPattern out;
  if (!aliases_.empty() && chance(0.4)) {
    out.alias = pick(aliases_);
  } else if (chance(0.8)) {
    out.names.push_back(pick(kEvents));
    while (chance(0.1)) out.names.push_back(pick(kEvents));
  }
  if (depth > 0 && chance(0.3)) out.where.push_back(where(depth - 1));
  return out;
}

language::EventPattern RandomTree::elements(int depth) {
  language::EventPattern out = events(0);
  out.each = "products";
  each_ = "products";
  if (depth > 0 && chance(0.4)) out.where.push_back(where(depth - 1));
  each_.clear();
  return out;
}

language::Expr RandomTree::property(language::Type type) {
  if (type == language::Type::Number) {
    if (!each_.empty() && chance(0.5)) return made(language::Property{"price"});
    if (chance(0.2)) return made(language::Property{chance(0.5) ? "$hour" : "$weekday"});
    return made(language::Property{pick(kNumbers)});
  }
  if (type == language::Type::Text)
    return made(language::Property{!each_.empty() && chance(0.5) ? "category" : pick(kTexts)});
  if (type == language::Type::Instant) return made(language::Property{chance(0.5) ? "$time" : "date"});
  return made(language::Property{type == language::Type::List ? pick(kLists) : pick(kTruths)});
}

language::Expr RandomTree::where(int depth) {
  const bool outer = in_where_;
  in_where_ = true;
  language::Expr out = condition(depth);
  in_where_ = outer;
  return out;
}

language::Expr RandomTree::number(int depth) {
  if (chance(0.4) || depth <= 0) return made(language::Literal{amount()});
  if (chance(0.2))
    return made(language::Arithmetic{.op = static_cast<language::ArithmeticOp>(rng_.below(4)),
                                     .operands = two(number(depth - 1), number(depth - 1))});
  if (in_where_) {
    if (each_.empty() && chance(0.2)) return made(language::Size{one(property(language::Type::List))});
    return property(language::Type::Number);
  }
  switch (rng_.below(6)) {
    case 0:
      return made(language::Trait{"age"});
    case 1:
      if (!numbers_.empty()) return made(language::Name{.name = pick(numbers_)});
      [[fallthrough]];
    case 2:
      return made(language::Aggregate{
          .kind = language::AggregateKind::Count, .events = events(depth), .window = window(depth - 1)});
    case 3:
      return made(language::Aggregate{.kind = language::AggregateKind::Sum,
                                      .events = elements(depth),
                                      .property = "price",
                                      .window = window(depth - 1)});
    case 4:
      return made(language::Aggregate{
          .kind = language::AggregateKind::Count, .events = elements(depth), .window = window(depth - 1)});
    default:
      return made(language::Aggregate{.kind = static_cast<language::AggregateKind>(rng_.between(1, 5)),
                                      .events = events(depth),
                                      .property = pick(kNumbers),
                                      .window = window(depth - 1)});
  }
}

language::Expr RandomTree::text(int depth) {
  if (in_where_) return property(language::Type::Text);
  if (depth <= 0 || chance(0.4)) return made(language::Trait{chance(0.8) ? "country" : "Home address"});
  return made(language::Aggregate{.kind = static_cast<language::AggregateKind>(rng_.between(7, 9)),
                                  .events = events(depth),
                                  .property = pick(kTexts),
                                  .window = window(depth - 1)});
}

language::Expr RandomTree::instant(int depth) {
  if (in_where_) return property(language::Type::Instant);
  if (depth <= 0 || chance(0.2)) return made(language::Trait{"signed_up"});
  return made(
      language::Aggregate{.kind = chance(0.7) ? language::AggregateKind::LastTime : language::AggregateKind::FirstTime,
                          .events = events(depth),
                          .window = chance(0.7) ? language::Window{language::Lifetime{}} : window(depth - 1)});
}

language::Expr RandomTree::compare(language::Expr left, language::Expr right) {
  return made(language::Compare{.op = static_cast<language::CompareOp>(rng_.below(6)),
                                .operands = two(std::move(left), std::move(right))});
}

language::Exprs RandomTree::conditions(int depth, size_t least) {
  language::Exprs out;
  for (size_t i = 0, count = least + rng_.below(3); i < count; ++i) out.push_back(condition(depth));
  return out;
}

language::Expr RandomTree::condition(int depth) {
  if (depth <= 0 || chance(0.5)) return predicate(depth);
  const auto op = static_cast<language::LogicOp>(rng_.below(6));
  if (op == language::LogicOp::Not) return made(language::Logic{.op = op, .operands = one(condition(depth - 1))});
  const bool counted = op == language::LogicOp::AtLeast;
  language::Logic out{.op = op, .operands = conditions(depth - 1, op == language::LogicOp::NoneOf || counted ? 1 : 2)};
  if (counted) out.at_least = static_cast<uint32_t>(1 + rng_.below(out.operands.size()));
  return made(std::move(out));
}

language::Expr RandomTree::predicate(int depth) {
  const bool negated = chance(0.4);
  switch (rng_.below(in_where_ ? 13 : 16)) {
    case 0:
      return compare(number(depth), number(depth - 1));
    case 1:
      return compare(text(depth), made(language::Literal{pick(kWords)}));
    case 2:
      return compare(made(language::Ago{one(instant(depth))}), made(language::Literal{duration()}));
    case 3:
      return compare(instant(depth), made(language::Literal{moment()}));
    case 4: {
      language::Between out{.operands = two(number(depth), number(0)), .negated = negated};
      out.operands.push_back(number(0));
      return made(std::move(out));
    }
    case 5: {
      const Duration low = duration();
      language::Between out{.operands = two(made(language::Ago{one(instant(depth))}), made(language::Literal{low})),
                            .negated = negated};
      out.operands.push_back(made(language::Literal{low + duration()}));
      return made(std::move(out));
    }
    case 6: {
      language::In out{.operands = two(text(depth), made(language::Literal{pick(kWords)})), .negated = negated};
      while (chance(0.5)) out.operands.push_back(made(language::Literal{pick(kWords)}));
      return made(std::move(out));
    }
    case 7:
      return made(language::TextMatch{.op = static_cast<language::TextOp>(rng_.below(4)),
                                      .text = one(text(depth)),
                                      .pattern = pick(kWords),
                                      .ignore_case = chance(0.3),
                                      .negated = negated});
    case 8:
      return made(language::IsBlank{.text = one(text(depth)), .negated = negated});
    case 9:
      return made(language::IsKnown{.operand = one(chance(0.5) ? text(depth) : instant(depth)), .negated = negated});
    case 10:
      return made(language::IsTruth{.test = static_cast<language::TruthTest>(rng_.below(4)),
                                    .operand = one(depth > 0 && chance(0.5) ? condition(depth - 1)
                                                   : in_where_              ? property(language::Type::Bool)
                                                                            : made(language::Trait{"newsletter"}))});
    case 11: {
      language::Within out{.instant = one(instant(depth)),
                           .window = language::Sliding{.newest = {}, .oldest = duration()},
                           .negated = negated};
      if (chance(0.3)) out.window = language::Sliding{.newest = Duration{} - duration(), .oldest = {}};
      const Instant from = moment();
      if (chance(0.3)) out.window = language::Absolute{.from = from, .to = from + duration()};
      return made(std::move(out));
    }
    case 12:
      if (!in_where_) return made(language::Trait{"newsletter"});
      if (each_.empty()) {
        if (chance(0.5)) {
          each_ = "products";
          language::AnyElement any{.list = "products", .condition = one(condition(depth - 1))};
          each_.clear();
          return made(std::move(any));
        }
        return made(language::ListMatch{
            .op = static_cast<language::ListOp>(rng_.below(4)),
            .operands = two(property(language::Type::List), made(language::Literal{pick(kWords)}))});
      }
      return property(language::Type::Bool);
    case 13:
      if (!segments_.empty()) return made(language::InSegment{.segment = pick(segments_), .negated = negated});
      [[fallthrough]];
    default:
      return compare(made(language::Aggregate{
                         .kind = language::AggregateKind::Count, .events = events(depth), .window = window(depth)}),
                     made(language::Literal{Number::of(rng_.between(0, 4))}));
  }
}

language::Score RandomTree::score() {
  language::Score out;
  do out.terms.push_back({.weight = Number{rng_.between(1, 30'000'000)}, .events = events(2)});
  while (chance(0.6));
  if (chance(0.7)) out.half_life = duration();
  if (chance(0.3)) out.window = window(0);
  return out;
}

std::vector<language::Definition> RandomTree::definitions() {
  std::vector<language::Definition> out;
  const auto add = [&](language::DefinitionKind kind, std::string name) -> Definition& {
    language::Definition& made = out.emplace_back(language::Definition{.kind = kind, .name = name, .slug = name});
    if (chance(0.3)) made.note = chance(0.5) ? "A note." : "Two lines,\n\nand a gap.";
    return made;
  };
  for (const char* name : {"order", "big_order", "visit"}) {
    add(language::DefinitionKind::Event, name).event = events(2);
    aliases_.emplace_back(name);
  }
  for (const char* name : {"spend", "visits"}) {
    language::Definition& let = add(language::DefinitionKind::Let, name);
    let.body = number(3);
    numbers_.emplace_back(name);
  }
  add(language::DefinitionKind::Score, "intent").body = made(score());
  for (const char* name : {"Lapsed, showing interest", "B \"best\"", "Ünïcode"}) {
    language::Definition& segment = add(language::DefinitionKind::Segment, name);
    segment.slug = chance(0.2) ? "other-" + slug_of(name) : slug_of(name);
    segment.body = condition(4);
    segments_.emplace_back(name);
  }
  return out;
}

}  // namespace tessera::segment

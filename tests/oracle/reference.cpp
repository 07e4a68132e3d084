#include "oracle/reference.hpp"

#include <algorithm>
#include <set>

#include <re2/re2.h>

#include "core/text.hpp"
#include "language/walk.hpp"
#include "oracle/money.hpp"

namespace tessera::oracle {

using namespace language;
using profiles::Column;
using profiles::PropertyType;

namespace {

using Tri = std::optional<bool>;

Tri negated(Tri x, bool yes) {
  if (x && yes) return !*x;
  return x;
}

// Reads element i of a column: a value, or nothing (absent or cleared).
Value read(const profiles::History& history, const Column& column, size_t i) {
  if (column.type == PropertyType::Number) {
    if (column.numbers[i] == profiles::kAbsentNumber || column.numbers[i] == profiles::kClearedNumber)
      return std::nullopt;
    return Fraction::of(Number{column.numbers[i]});
  }
  if (column.type == PropertyType::Text) {
    if (column.texts[i] == profiles::kAbsentText || column.texts[i] == profiles::kClearedText) return std::nullopt;
    return std::string(history.dictionary.text(column.texts[i]));
  }
  if (column.truths[i] == profiles::Truth::Yes) return true;
  if (column.truths[i] == profiles::Truth::No) return false;
  return std::nullopt;
}

bool is_cleared(const Column& column, size_t i) {
  return (column.type == PropertyType::Number && column.numbers[i] == profiles::kClearedNumber) ||
         (column.type == PropertyType::Text && column.texts[i] == profiles::kClearedText) ||
         (column.type == PropertyType::Bool && column.truths[i] == profiles::Truth::Cleared);
}

// Blanks, a sign, digits with a point somewhere: up to twelve before it and six behind, zeros at the ends left away.
Value number_said(const std::string& text) {
  std::string sign, whole, rest;
  static const RE2 kForm(R"([ \t\n\v\f\r]*([+-]?)(\d*)(?:\.(\d*))?[ \t\n\v\f\r]*)");
  if (!RE2::FullMatch(text, kForm, &sign, &whole, &rest) || whole.empty() + rest.empty() == 2) return std::nullopt;
  while (whole.size() > 1 && whole[0] == '0') whole.erase(0, 1);
  while (rest.ends_with('0')) rest.pop_back();
  if (whole == "0") whole.clear();
  if (whole.size() > 12 || rest.size() > 6) return std::nullopt;
  rest.resize(6, '0');
  const int64_t micros = std::stoll("0" + whole + rest);
  return Fraction::of(Number{sign == "-" ? -micros : micros});
}

// A value seen as the wanted type: a text is an instant, or a number, where it reads as one.
Value as_type(const Known& value, Type type) {
  switch (type) {
    case Type::Number:
      if (const auto* text = std::get_if<std::string>(&value)) return number_said(*text);
      return std::holds_alternative<Fraction>(value) ? Value(value) : std::nullopt;
    case Type::Text:
      return std::holds_alternative<std::string>(value) ? Value(value) : std::nullopt;
    case Type::Bool:
    case Type::Condition:
      return std::holds_alternative<bool>(value) ? Value(value) : std::nullopt;
    case Type::Instant:
      if (std::holds_alternative<Instant>(value)) return value;
      if (const auto* text = std::get_if<std::string>(&value))
        if (const auto instant = parse_instant(*text)) return *instant;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

int sign(const Known& a, const Known& b) {
  if (const auto* x = std::get_if<Fraction>(&a)) return compare(*x, std::get<Fraction>(b));
  if (const auto* x = std::get_if<std::string>(&a)) return x->compare(std::get<std::string>(b));
  if (const auto* x = std::get_if<Instant>(&a)) return *x < std::get<Instant>(b) ? -1 : *x > std::get<Instant>(b);
  if (const auto* x = std::get_if<Duration>(&a)) return *x < std::get<Duration>(b) ? -1 : *x > std::get<Duration>(b);
  return int(std::get<bool>(a)) - int(std::get<bool>(b));
}

bool same(const Known& a, const Known& b) {
  return a.index() == b.index() && sign(a, b) == 0;
}

Whole ms_of(const Known& value) {
  if (const auto* x = std::get_if<Instant>(&value)) return x->ms;
  return std::get<Duration>(value).ms;
}

std::optional<int64_t> small(const Whole& x) {
  const Whole limit = 1'000'000'000'000'000'000;
  if (compare(x, limit) >= 0 || compare(x, -limit) <= 0) return std::nullopt;
  return std::stoll(x.text());
}

bool like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  const auto step = [&] {
    size_t n = 1;
    while (n < text.size() && (text[n] & 0xC0) == 0x80) ++n;
    return n;
  };
  if (pattern[0] == '%') return like(text, pattern.substr(1)) || (!text.empty() && like(text.substr(step()), pattern));
  if (text.empty()) return false;
  if (pattern[0] == '_') return like(text.substr(step()), pattern.substr(1));
  if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return text[0] == pattern[0] && like(text.substr(1), pattern.substr(1));
}

}  // namespace

std::string text_of(const Value& value) {
  if (!value) return "unknown";
  return std::visit(
      Match{[](bool x) { return std::string(x ? "true" : "false"); }, [](const Fraction& x) { return x.text(); },
            [](const std::string& x) { return x; }, [](Instant x) { return tessera::text_of(x); },
            [](Duration x) { return tessera::text_of(x); }},
      *value);
}

std::vector<Row> rows_of(const profiles::History& history, profiles::CustomerIndex customer) {
  std::vector<Row> out;
  for (const profiles::Stream& stream : history.streams)
    for (size_t r = stream.first[customer]; r < stream.first[customer + 1]; ++r) {
      Row row{stream.event, stream.time[r], stream.seq[r], {}, {}};
      for (const Column& column : stream.columns) {
        Row::Cell& cell = (column.is_list ? row.lists : row.scalars)[column.property];
        cell.is_list = column.is_list;
        if (!column.is_list) {
          if (const Value value = read(history, column, r)) cell.values.push_back(*value);
          cell.cleared |= is_cleared(column, r);
          continue;
        }
        const size_t from = column.list_first[r], to = column.list_first[r + 1];
        cell.elements.resize(std::max(cell.elements.size(), to - from));
        for (size_t e = from; e < to; ++e)
          if (const Value value = read(history, column, e)) cell.elements[e - from].push_back(*value);
        cell.cleared |= to - from == 1 && is_cleared(column, from);
      }
      for (size_t i = history.learnt.size(); i-- > 0;)
        if (row.seq < history.learnt[i].until) row.learnt = history.learnt[i].at;
      out.push_back(std::move(row));
    }
  std::sort(out.begin(), out.end(),
            [](const Row& a, const Row& b) { return std::pair(a.time, a.seq) < std::pair(b.time, b.seq); });
  return out;
}

std::vector<const Row*> Reference::existing() const {
  std::vector<const Row*> out;
  for (const Row& row : rows_)
    if (row.time <= as_of_ && row.seq < visible_) out.push_back(&row);
  return out;
}

// The rows of a window, as a question to put to each.
std::function<bool(const Row&)> Reference::within(const Window& window) const {
  if (const auto* w = std::get_if<Sliding>(&window))
    return [this, w](const Row& row) {
      const int128 age = int128{as_of_.ms} - row.time.ms;
      return age < w->oldest.ms && age >= w->newest.ms;
    };
  if (const auto* w = std::get_if<Absolute>(&window))
    return [w](const Row& row) { return row.time >= w->from && row.time < w->to; };
  const auto* since = std::get_if<Since>(&window);
  if (!since) return [](const Row&) { return true; };
  // The anchor behind lets; an event's own time carries its place in the log with it.
  const Expr* anchor = &since->anchor[0];
  while (const auto* name = std::get_if<Name>(&anchor->node)) anchor = &program_.definitions[name->definition].body;
  const auto* event = std::get_if<Aggregate>(&anchor->node);
  if (event && (event->kind == AggregateKind::FirstTime || event->kind == AggregateKind::LastTime)) {
    const auto found = matches(event->events, event->window);
    if (found.empty()) return [](const Row&) { return false; };
    const Row* at = event->kind == AggregateKind::FirstTime ? found.front().row : found.back().row;
    return [at](const Row& row) { return std::pair(row.time, row.seq) > std::pair(at->time, at->seq); };
  }
  const Value instant = value(*anchor);
  return [instant](const Row& row) { return instant && row.time > std::get<Instant>(*instant); };
}

std::vector<Reference::Found> Reference::matches(const EventPattern& events, const Window& window) const {
  std::vector<Found> out;
  const auto is_within = within(window);
  for (const Row* row : existing()) {
    const bool named = events.names.empty() ? profiles::is_counted(profiles::system_stream_named(row->event))
                                            : std::count(events.names.begin(), events.names.end(), row->event) > 0;
    if (!named || !is_within(*row)) continue;
    if (events.each.empty()) {
      const Here here{row, "", 0};
      if (events.where.empty() || truth(events.where[0], &here) == true) out.push_back({row, std::nullopt});
      continue;
    }
    size_t elements = 0;
    for (const auto& [name, cell] : row->lists)
      if (name == events.each || name.starts_with(events.each + "."))
        elements = std::max(elements, cell.elements.size());
    for (size_t e = 0; e < elements; ++e) {
      const Here here{row, events.each, e};
      if (events.where.empty() || truth(events.where[0], &here) == true) out.push_back({row, e});
    }
  }
  return out;
}

std::vector<Known> Reference::values_at(const Found& match, const EventPattern& events, const std::string& property,
                                        const std::string& zone) const {
  std::vector<Known> out;
  const auto add = [&](const std::vector<Known>& values) { out.insert(out.end(), values.begin(), values.end()); };
  if (is_of_time(property)) {
    if (const Value part = of_time(*match.row, property, zone)) out.push_back(*part);
    return out;
  }
  if (match.element)
    if (const auto list = match.row->lists.find(events.each + "." + property); list != match.row->lists.end()) {
      add(list->second.elements[*match.element]);
      return out;
    }
  if (const auto scalar = match.row->scalars.find(property); scalar != match.row->scalars.end())
    add(scalar->second.values);
  if (match.element) return out;
  if (const auto list = match.row->lists.find(property); list != match.row->lists.end())
    for (const auto& element : list->second.elements) add(element);
  return out;
}

bool Reference::is_of_time(const std::string& name) {
  return name == "$time" || name == "$hour" || name == "$weekday" || name == "$month" || name == "$day";
}

Value Reference::of_time(const Row& row, const std::string& name, const std::string& zone) const {
  if (name == "$time") return row.time;
  if (row.time < kFirstDay || row.time > kLastDay) return std::nullopt;
  const CivilTime local = (zone.empty() ? zone_ : *Zone::named(zone)).to_local(row.time);
  const Instant midnight = instant_of({local.year, local.month, local.day});
  return Fraction::of(Number::of(name == "$hour"      ? local.hour
                                 : name == "$month"   ? local.month
                                 : name == "$weekday" ? weekday_of(midnight) + 1
                                                      : midnight.ms / kDay.ms));
}

Value Reference::property(const Property& node, Type type, const Here& here) const {
  const std::string& name = node.name;
  if (is_of_time(name)) return of_time(*here.row, name, node.zone);
  const Found match{here.row, here.each.empty() ? std::nullopt : std::optional(here.element)};
  EventPattern pattern;
  pattern.each = here.each;
  const bool of_element = !here.each.empty() && here.row->lists.contains(here.each + "." + name);
  if (!of_element && !here.row->scalars.contains(name)) return std::nullopt;
  const std::vector<Known> values =
      of_element ? values_at(match, pattern, name, "") : here.row->scalars.at(name).values;
  for (const Known& value : values)
    if (const Value typed = as_type(value, type)) return in_currency(typed, *here.row, node.currency);
  return std::nullopt;
}

// An amount that has no rate is unknown.
Value Reference::in_currency(const Value& value, const Row& row, const std::string& currency) const {
  if (!value || currency.empty() || !amounts_) return value;
  return amounts_->in(currency, row, *value);
}

Value Reference::trait(const std::string& name, Type type) const {
  const auto rows = existing();
  for (size_t i = rows.size(); i-- > 0;) {
    if (rows[i]->event != profiles::row_of(profiles::stream_of_trait(name))->name) continue;
    const auto cell = rows[i]->scalars.find(name);
    if (cell == rows[i]->scalars.end()) continue;
    if (cell->second.cleared) return std::nullopt;
    for (const Known& value : cell->second.values)
      if (const Value typed = as_type(value, type)) return typed;
  }
  return std::nullopt;
}

// The elements of a list property, or of the last list given for a trait.
std::optional<std::vector<std::vector<Known>>> Reference::list(const Expr& expr, const Here* here) const {
  using Elements = std::vector<std::vector<Known>>;
  if (here) {
    const auto found = here->row->lists.find(std::get<Property>(expr.node).name);
    return found == here->row->lists.end() ? Elements{} : found->second.elements;
  }
  const auto rows = existing();
  for (size_t i = rows.size(); i-- > 0;) {
    if (rows[i]->event != "$identify") continue;
    const auto cell = rows[i]->lists.find(std::get<Trait>(expr.node).name);
    if (cell == rows[i]->lists.end() || cell->second.elements.empty()) continue;
    if (cell->second.cleared) return std::nullopt;
    return cell->second.elements;
  }
  return std::nullopt;
}

Value Reference::aggregate(const Aggregate& node, Type type) const {
  const auto found = matches(node.events, node.window);
  if (node.kind == AggregateKind::Count) return Fraction::of(Number::of(static_cast<int64_t>(found.size())));
  if (node.kind == AggregateKind::FirstTime || node.kind == AggregateKind::LastTime) {
    if (found.empty()) return std::nullopt;
    return node.kind == AggregateKind::FirstTime ? found.front().row->time : found.back().row->time;
  }
  const bool adds =
      node.kind == AggregateKind::Sum || node.kind == AggregateKind::Avg || node.kind == AggregateKind::Median;
  std::vector<Known> values;
  for (const Found& match : found)
    for (const Known& value : values_at(match, node.events, node.property, node.zone)) {
      if (node.kind == AggregateKind::Distinct) {
        if (const Value amount = in_currency(value, *match.row, node.currency)) values.push_back(*amount);
      } else if (const Value typed =
                     in_currency(as_type(value, adds ? Type::Number : type), *match.row, node.currency)) {
        values.push_back(*typed);
      }
    }
  const auto number = [&](size_t i) { return std::get<Fraction>(values[i]); };
  Fraction sum;
  if (node.kind == AggregateKind::Sum || node.kind == AggregateKind::Avg)
    for (size_t i = 0; i < values.size(); ++i)
      sum = Fraction::of(sum.num * number(i).den + number(i).num * sum.den, sum.den * number(i).den);
  if (node.kind == AggregateKind::Sum) return sum;
  if (node.kind == AggregateKind::Distinct) {
    std::vector<Known> different;
    for (const Known& value : values)
      if (std::none_of(different.begin(), different.end(), [&](const Known& x) { return same(x, value); }))
        different.push_back(value);
    return Fraction::of(Number::of(static_cast<int64_t>(different.size())));
  }
  if (values.empty()) return std::nullopt;
  if (node.kind == AggregateKind::Avg)
    return Fraction::of(sum.num, sum.den * Whole(static_cast<int64_t>(values.size())));
  if (node.kind == AggregateKind::First) return values.front();
  if (node.kind == AggregateKind::Last) return values.back();
  if (node.kind == AggregateKind::Mode) {
    Value best;
    size_t most = 0;
    for (size_t i = values.size(); i-- > 0;) {  // from the latest, so that a tie goes to it
      size_t count = 0;
      for (const Known& other : values) count += same(other, values[i]);
      if (count <= most) continue;
      most = count;
      best = values[i];
    }
    return best;
  }
  std::stable_sort(values.begin(), values.end(), [](const Known& a, const Known& b) { return sign(a, b) < 0; });
  if (node.kind == AggregateKind::Min) return values.front();
  if (node.kind == AggregateKind::Max) return values.back();
  const size_t half = values.size() / 2;
  if (values.size() % 2) return values[half];
  const Fraction both = Fraction::of(number(half - 1).num * number(half).den + number(half).num * number(half - 1).den,
                                     number(half - 1).den * number(half).den);
  return Fraction::of(both.num, both.den * Whole(2));
}

// The decay table's rule as docs/language.md states it: 2^32 * 2^(-f/1024) rounded, halved once for each whole
// half-life. The root is taken here with integers, by Newton's method: ten square roots.
namespace {

Whole square_root(const Whole& x) {
  Whole root = Whole::power_of_two(static_cast<int>(x.text().size()) * 2);
  for (;;) {
    const Whole next = (root + x / root) / Whole(2);
    if (compare(next, root) >= 0) return root;
    root = next;
  }
}

Whole decay(Duration age, Duration half_life) {
  static std::map<int, Whole> table;
  const int64_t steps = std::stoll((Whole(age.ms) * Whole(1024) / Whole(half_life.ms)).text());
  const int f = static_cast<int>(steps % 1024);
  if (steps / 1024 >= 40) return 0;
  static const std::vector<Whole> roots = [] {  // 2^72 * 2^(-1/2), 2^72 * 2^(-1/4), ...
    std::vector<Whole> out;
    Whole root = Whole::power_of_two(71);
    for (int bit = 512; bit > 0; bit /= 2) out.push_back(root = square_root(root * Whole::power_of_two(72)));
    return out;
  }();
  if (!table.contains(f)) {
    // 2^(-f/1024) is the product of the roots chosen by the bits of f; 40 bits more than needed.
    Whole product = Whole::power_of_two(72);
    for (size_t k = 0; k < roots.size(); ++k)
      if (f & (512 >> k)) product = product * roots[k] / Whole::power_of_two(72);
    table[f] = (product + Whole::power_of_two(39)) / Whole::power_of_two(40);
  }
  return table[f] / Whole::power_of_two(static_cast<int>(steps / 1024));
}

}  // namespace

Value Reference::score(const Score& node) const {
  Whole sum = 0;
  for (const Score::Term& term : node.terms)
    for (const Found& match : matches(term.events, node.window))
      sum = sum + Whole(term.weight.micros) *
                      (node.half_life ? decay(as_of_ - match.row->time, *node.half_life) : Whole::power_of_two(32));
  return Fraction::of(sum, Whole(Number::kOne) * Whole::power_of_two(32));
}

Value Reference::arithmetic(const Arithmetic& node, const Here* here) const {
  const Value a = value(node.operands[0], here), b = value(node.operands[1], here);
  if (!a || !b) return std::nullopt;
  const auto fraction = [](const Known& x) {
    return std::holds_alternative<Fraction>(x) ? std::get<Fraction>(x) : Fraction{ms_of(x), 1, true};
  };
  const Fraction x = fraction(*a), y = fraction(*b);
  const Fraction out = node.op == ArithmeticOp::Add        ? add(x, y)
                       : node.op == ArithmeticOp::Subtract ? subtract(x, y)
                       : node.op == ArithmeticOp::Multiply ? multiply(x, y)
                                                           : divide(x, y);
  if (!out.known) return std::nullopt;
  const bool instant_a = std::holds_alternative<Instant>(*a), instant_b = std::holds_alternative<Instant>(*b);
  const bool duration_a = std::holds_alternative<Duration>(*a), duration_b = std::holds_alternative<Duration>(*b);
  const bool is_number =
      !instant_a && !instant_b &&
      ((!duration_a && !duration_b) || (duration_a && duration_b && node.op == ArithmeticOp::Divide));
  if (is_number) return out;
  const auto ms = small(floor_of(out));
  if (!ms) return std::nullopt;
  if (instant_a != instant_b) return Instant{*ms};
  return Duration{*ms};
}

Value Reference::value(const Expr& expr, const Here* here) const {
  return std::visit(
      Match{[](const Literal& x) -> Value {
              if (const auto* number = std::get_if<Number>(&x.value)) return Fraction::of(*number);
              if (const auto* truth = std::get_if<bool>(&x.value)) return *truth;
              if (const auto* text = std::get_if<std::string>(&x.value)) return *text;
              if (const auto* instant = std::get_if<Instant>(&x.value)) return *instant;
              return std::get<Duration>(x.value);
            },
            [&](const Trait& x) -> Value { return trait(x.name, expr.type); },
            [&](const Property& x) -> Value { return property(x, expr.type, *here); },
            [&](const Name& x) -> Value { return value(program_.definitions[x.definition].body, nullptr); },
            [&](const Aggregate& x) -> Value { return aggregate(x, expr.type); },
            [&](const Score& x) -> Value { return score(x); },
            [&](const Ago& x) -> Value {
              const Value instant = value(x.instant[0], here);
              if (!instant) return std::nullopt;
              const auto ms = small(Whole(as_of_.ms) - ms_of(*instant));
              return ms ? Value(Duration{*ms}) : std::nullopt;
            },
            [&](const Arithmetic& x) -> Value { return arithmetic(x, here); },
            [&](const Size& x) -> Value {
              const auto elements = list(x.list[0], here);
              return Fraction::of(Number::of(elements ? static_cast<int64_t>(elements->size()) : 0));
            },
            [&](const auto& x) -> Value {
              const Tri truth = condition(x, here);
              return truth ? Value(*truth) : std::nullopt;
            }},
      expr.node);
}

Tri Reference::truth(const Expr& expr, const Here* here) const {
  const Value found = value(expr, here);
  return found ? Tri(std::get<bool>(*found)) : std::nullopt;
}
Tri Reference::truth(const Expr& expr) const {
  return truth(expr, nullptr);
}
bool Reference::is_member(size_t definition) const {
  const Definition& asked = program_.definitions[definition];
  if (truth(asked.body) != true) return false;
  if (asked.kind != DefinitionKind::Segment) return true;
  if (!has_begun()) return false;
  // The gate: nobody who refused profiling, and nobody who is marked unless the definition asks about marks.
  const Value profiling = trait(std::string(profiles::kProfiling), Type::Bool);
  if (profiling && !std::get<bool>(*profiling)) return false;
  return asks_for_mark(asked.body) || !trait(std::string(profiles::kMarked), Type::Text);
}
// From the first dated fact on, or from when we learnt of them, if that was before; who has no dated fact is always there.
bool Reference::has_begun() const {
  if (of_begin_->empty()) return true;
  bool has_any = false, has_dated = false, is_begun = false;
  for (const Row& row : *of_begin_) {
    if (row.seq >= visible_) continue;
    has_any = true;
    has_dated |= row.time != kEver;
    is_begun |= (row.time != kEver && row.time <= as_of_) || (row.learnt != kEver && row.learnt <= as_of_);
  }
  return has_dated ? is_begun : has_any;
}
bool Reference::asks_for_mark(const Expr& expr) const {
  if (const auto* trait = std::get_if<Trait>(&expr.node)) return trait->name == profiles::kMarked;
  if (const auto* name = std::get_if<Name>(&expr.node))
    return asks_for_mark(program_.definitions[name->definition].body);
  bool asks = false;
  for_each_child(expr, [&](const Expr& child) { asks |= asks_for_mark(child); }, [](const EventPattern&) {});
  return asks;
}

// --- conditions

Tri Reference::compare(CompareOp op, const Value& a, const Value& b) const {
  if (!a || !b) return std::nullopt;
  const int order = sign(*a, *b);
  switch (op) {
    case CompareOp::Equal:
      return order == 0;
    case CompareOp::NotEqual:
      return order != 0;
    case CompareOp::Less:
      return order < 0;
    case CompareOp::LessEqual:
      return order <= 0;
    case CompareOp::Greater:
      return order > 0;
    case CompareOp::GreaterEqual:
      return order >= 0;
  }
  return std::nullopt;
}

Tri Reference::condition(const Compare& node, const Here* here) const {
  return compare(node.op, value(node.operands[0], here), value(node.operands[1], here));
}

Tri Reference::condition(const Between& node, const Here* here) const {
  const Value x = value(node.operands[0], here);
  const bool half_open = node.operands[0].type == Type::Duration;
  const Tri low = compare(CompareOp::GreaterEqual, x, value(node.operands[1], here));
  const Tri high = compare(half_open ? CompareOp::Less : CompareOp::LessEqual, x, value(node.operands[2], here));
  Tri both;
  if (low == false || high == false)
    both = false;
  else if (low && high)
    both = true;
  return negated(both, node.negated);
}

Tri Reference::condition(const In& node, const Here* here) const {
  const Value x = value(node.operands[0], here);
  bool unknown = false;
  for (size_t i = 1; i < node.operands.size(); ++i) {
    const Tri equal = compare(CompareOp::Equal, x, value(node.operands[i], here));
    if (equal == true) return !node.negated;
    unknown |= !equal;
  }
  return unknown ? std::nullopt : Tri(node.negated);
}

Tri Reference::condition(const TextMatch& node, const Here* here) const {
  const Value value_of = value(node.text[0], here);
  if (!value_of) return std::nullopt;
  std::string text = std::get<std::string>(*value_of), pattern = node.pattern;
  if (node.op == TextOp::Regex) {
    RE2::Options options(RE2::Quiet);
    options.set_case_sensitive(!node.ignore_case);
    return RE2::PartialMatch(text, RE2(pattern, options)) != node.negated;
  }
  if (node.ignore_case) {
    text = fold_case(text);
    pattern = fold_case(pattern);
  }
  bool found = false;
  if (node.op == TextOp::Contains) found = text.find(pattern) != std::string::npos;
  if (node.op == TextOp::StartsWith) found = text.substr(0, pattern.size()) == pattern;
  if (node.op == TextOp::EndsWith)
    found = text.size() >= pattern.size() && text.substr(text.size() - pattern.size()) == pattern;
  if (node.op == TextOp::Like) found = like(text, pattern);
  return found != node.negated;
}

Tri Reference::condition(const IsBlank& node, const Here* here) const {
  const Value text = value(node.text[0], here);
  if (!text) return std::nullopt;
  return trim(std::get<std::string>(*text)).empty() != node.negated;
}

Tri Reference::condition(const IsKnown& node, const Here* here) const {
  const bool known = node.operand[0].type == Type::List ? list(node.operand[0], here).has_value()
                                                        : value(node.operand[0], here).has_value();
  return known != node.negated;
}

Tri Reference::condition(const IsTruth& node, const Here* here) const {
  const Tri x = truth(node.operand[0], here);
  switch (node.test) {
    case TruthTest::IsTrue:
      return x == true;
    case TruthTest::IsFalse:
      return x == false;
    case TruthTest::IsNotTrue:
      return x != true;
    case TruthTest::IsNotFalse:
      return x != false;
  }
  return std::nullopt;
}

Tri Reference::condition(const ListMatch& node, const Here* here) const {
  const auto elements = list(node.operands[0], here).value_or(std::vector<std::vector<Known>>{});
  size_t found = 0;
  for (size_t i = 1; i < node.operands.size(); ++i) {
    const Value item = value(node.operands[i], here);
    found += std::any_of(elements.begin(), elements.end(), [&](const auto& element) {
      return std::any_of(element.begin(), element.end(), [&](const Known& x) {
        const Value as_number = std::holds_alternative<Fraction>(*item) ? as_type(x, Type::Number) : Value(x);
        return as_number && same(*as_number, *item);
      });
    });
  }
  const size_t items = node.operands.size() - 1;
  if (node.op == ListOp::NoneOf) return found == 0;
  if (node.op == ListOp::AnyOf) return found > 0;
  return found == items;
}

Tri Reference::condition(const AnyElement& node, const Here* here) const {
  const Row* row = here ? here->row : nullptr;
  const auto length = [&](const Row& of) {
    size_t elements = 0;
    for (const auto& [name, cell] : of.lists)
      if (name == node.list || name.starts_with(node.list + ".")) elements = std::max(elements, cell.elements.size());
    return elements;
  };
  const auto is_cleared = [&](const Row& of) {
    return std::ranges::any_of(of.lists, [&](const auto& each) {
      return (each.first == node.list || each.first.starts_with(node.list + ".")) && each.second.cleared;
    });
  };
  if (!here) {
    for (const Row* candidate : existing())
      if (candidate->event == "$identify" && length(*candidate) > 0) row = candidate;
    if (!row || is_cleared(*row)) return false;
  }
  bool unknown = false;
  for (size_t e = 0; e < length(*row); ++e) {
    const Here inner{row, node.list, e};
    const Tri holds = truth(node.condition[0], &inner);
    if (holds == true) return true;
    unknown |= !holds;
  }
  return unknown ? std::nullopt : Tri(false);
}

Tri Reference::condition(const Within& node, const Here* here) const {
  const Value instant = value(node.instant[0], here);
  if (!instant) return std::nullopt;
  const int64_t ms = std::get<Instant>(*instant).ms;
  bool inside;
  if (const auto* w = std::get_if<Sliding>(&node.window)) {
    const int128 age = int128{as_of_.ms} - ms;
    inside = age < w->oldest.ms && age >= w->newest.ms;
  } else {
    const auto& w2 = std::get<Absolute>(node.window);
    inside = ms >= w2.from.ms && ms < w2.to.ms;
  }
  return inside != node.negated;
}

Tri Reference::condition(const InSegment& node, const Here*) const {
  return is_member(node.definition) != node.negated;
}

Tri Reference::condition(const Logic& node, const Here* here) const {
  size_t yes = 0, no = 0;
  for (const Expr& operand : node.operands) {
    const Tri x = truth(operand, here);
    yes += x == true;
    no += x == false;
  }
  const size_t all = node.operands.size(), unknown = all - yes - no;
  switch (node.op) {
    case LogicOp::And:
      return no ? Tri(false) : unknown ? std::nullopt : Tri(true);
    case LogicOp::Or:
      return yes ? Tri(true) : unknown ? std::nullopt : Tri(false);
    case LogicOp::NoneOf:
      return yes ? Tri(false) : unknown ? std::nullopt : Tri(true);
    case LogicOp::Xor:
      return unknown ? std::nullopt : Tri(yes % 2 == 1);
    case LogicOp::Not:
      return yes ? Tri(false) : no ? Tri(true) : std::nullopt;
    case LogicOp::AtLeast:
      return yes >= node.at_least ? Tri(true) : yes + unknown < node.at_least ? Tri(false) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tessera::oracle

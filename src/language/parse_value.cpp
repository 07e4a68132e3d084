// The rules of values: arithmetic, literals, traits, properties, names, functions.
#include <array>

#include <fmt/format.h>

#include "core/text.hpp"
#include "language/parser.hpp"

namespace tessera::language {

namespace {

struct Function {
  std::string_view name;
  AggregateKind kind;
};
constexpr std::array<Function, 14> kFunctions{{{"count", AggregateKind::Count},
                                               {"sum", AggregateKind::Sum},
                                               {"avg", AggregateKind::Avg},
                                               {"average", AggregateKind::Avg},
                                               {"mean", AggregateKind::Avg},
                                               {"min", AggregateKind::Min},
                                               {"max", AggregateKind::Max},
                                               {"median", AggregateKind::Median},
                                               {"distinct", AggregateKind::Distinct},
                                               {"first", AggregateKind::First},
                                               {"last", AggregateKind::Last},
                                               {"mode", AggregateKind::Mode},
                                               {"first_time", AggregateKind::FirstTime},
                                               {"last_time", AggregateKind::LastTime}}};
constexpr std::array<std::string_view, 3> kOtherFunctions{"ago", "size", "did"};

struct Unit {
  std::string_view name, plural, brief, briefer;
  Duration length;
};
constexpr std::array<Unit, 6> kUnits{{{"week", "weeks", "w", "wk", kWeek},
                                      {"day", "days", "d", "dy", kDay},
                                      {"hour", "hours", "h", "hr", kHour},
                                      {"minute", "minutes", "min", "mins", kMinute},
                                      {"second", "seconds", "s", "sec", kSecond},
                                      {"millisecond", "milliseconds", "ms", "msec", Duration{1}}}};
constexpr std::array<std::string_view, 10> kCalendarWords{"calendar", "month",    "months", "year",      "years",
                                                          "quarter",  "quarters", "today",  "yesterday", "this"};
constexpr int64_t kLongestDuration = 316'000'000'000'000;  // 10,000 years

const Unit* unit_of(std::string_view word) {
  const std::string small = fold_case(word);
  for (const Unit& unit : kUnits)
    if (small == unit.name || small == unit.plural || small == unit.brief || small == unit.briefer) return &unit;
  return nullptr;
}

std::vector<std::string> unit_names() {
  std::vector<std::string> out;
  for (const Unit& unit : kUnits) out.emplace_back(unit.plural);
  return out;
}

std::vector<std::string> function_names() {
  std::vector<std::string> out(kOtherFunctions.begin(), kOtherFunctions.end());
  for (const Function& function : kFunctions) out.emplace_back(function.name);
  return out;
}

}  // namespace

// --- arithmetic

Expr Parser::value() {
  const size_t first = at_;
  Expr left = product();
  for (int operators = 0; !panic_ && (is("+") || is("-"));) {
    if (++operators > kDeepestNesting)
      return fail_here("too many operators in one sum; give parts of it names with let"), Expr{};
    Arithmetic out{.op = is("+") ? ArithmeticOp::Add : ArithmeticOp::Subtract};
    ++at_;
    out.operands.push_back(std::move(left));
    out.operands.push_back(product());
    left = expr(first, std::move(out));
  }
  return left;
}

Expr Parser::product() {
  const size_t first = at_;
  Expr left = factor();
  for (int operators = 0; !panic_ && (is("*") || is("/"));) {
    if (++operators > kDeepestNesting)
      return fail_here("too many operators in one product; give parts of it names with let"), Expr{};
    Arithmetic out{.op = is("*") ? ArithmeticOp::Multiply : ArithmeticOp::Divide};
    ++at_;
    out.operands.push_back(std::move(left));
    out.operands.push_back(factor());
    left = expr(first, std::move(out));
  }
  return left;
}

// A minus before a literal is part of it; before anything else it is 0 - x.
Expr Parser::factor() {
  const size_t first = at_;
  if (!take("-")) return primary();
  if (!enter(token().span)) return {};
  const bool is_number = is_kind(TokenKind::Number);
  Expr operand = factor();
  leave();
  if (auto* literal = std::get_if<Literal>(&operand.node); is_number && literal) {
    if (auto* number = std::get_if<Number>(&literal->value)) number->micros = -number->micros;
    if (auto* length = std::get_if<Duration>(&literal->value)) length->ms = -length->ms;
    return expr(first, std::move(*literal));
  }
  Arithmetic out{.op = ArithmeticOp::Subtract};
  out.operands.push_back(Expr{.node = Literal{Number{}}, .span = operand.span});
  out.operands.push_back(std::move(operand));
  return expr(first, std::move(out));
}

Expr Parser::primary() {
  const size_t first = at_;
  if (panic_) return {};
  switch (token().kind) {
    case TokenKind::Number:
      return number();
    case TokenKind::Instant: {
      const auto instant = instant_here();
      return instant ? expr(first, Literal{*instant}) : Expr{};
    }
    case TokenKind::Text:
      if (is(".", 1)) return name_or_property();
      ++at_;
      return expr(first, Literal{lexed_.tokens[first].text});
    case TokenKind::Word:
      return name_or_property();
    default:
      break;
  }
  if (!is("(")) {
    fail_here(fmt::format("expected a condition or a value, found {}", shown()));
    return {};
  }
  if (!enter(token().span)) return {};
  ++at_;
  Expr inner = condition();
  expect(")", "to close '('");
  leave();
  inner.span = span_from(first);
  return inner;
}

Number Parser::number_of_token() {
  const bool negative = take("-");
  const Token& token = this->token();
  ++at_;
  const ParsedNumber parsed = parse_number(token.text);
  if (parsed.flaw)
    fail_at(token.span, *parsed.flaw == NumberFlaw::TooFine
                            ? fmt::format("{} is finer than a millionth, to which numbers are kept", token.text)
                            : fmt::format("{} is too large; numbers are below 10^12", token.text));
  return negative ? Number{-parsed.number.micros} : parsed.number;
}

Expr Parser::number() {
  const size_t first = at_;
  if (const auto length = duration_here()) return expr(first, Literal{*length});
  if (panic_) return {};
  if (is_kind(TokenKind::Word, 1) && is("ago", 2) && !is("(", 3)) return duration("more than"), Expr{};  // 2 hoors ago
  const Number read = number_of_token();
  return expr(first, Literal{read});
}

namespace {

struct Length {
  int128 ms = 0;
  std::string flaw = {};  // empty: none
};

Length length_of(const std::string& written, const Unit& unit) {
  const ParsedNumber count = parse_number(written);
  const int128 scaled = int128(count.number.micros) * unit.length.ms;
  if (count.flaw || scaled > int128(kLongestDuration) * Number::kOne)
    return {.flaw = fmt::format("{} {} is too long; at most 10,000 years", written, unit.plural)};
  if (scaled % Number::kOne != 0)
    return {.flaw = fmt::format("{} {} is no whole number of milliseconds", written, unit.plural)};
  return {.ms = scaled / Number::kOne};
}

}  // namespace

// 30 days; 1 hour 30 minutes; 1.5 days; 30d. Nothing (and nothing taken) where no number with a unit stands here.
std::optional<Duration> Parser::duration_here() {
  int128 total = 0;
  bool any = false;
  const size_t first = at_;
  while (!panic_ && is_kind(TokenKind::Number) && is_kind(TokenKind::Word, 1)) {
    if (calendar_word(1)) return refuse_calendar(1), std::nullopt;
    const Unit* unit = unit_of(token(1).text);
    if (!unit) break;
    const Length length = length_of(token().text, *unit);
    if (!length.flaw.empty()) return fail_here(length.flaw), std::nullopt;
    total += length.ms;
    any = true;
    at_ += 2;
  }
  if (total > kLongestDuration) {
    fail_at(span_from(first), "this is longer than 10,000 years");
    return std::nullopt;
  }
  return any ? std::optional(Duration{static_cast<int64_t>(total)}) : std::nullopt;
}

Duration Parser::duration(std::string_view after) {
  if (const auto read = duration_here()) return *read;
  if (panic_) return {};
  if (calendar_word(0)) return refuse_calendar(0), Duration{};
  if (is_kind(TokenKind::Number) && is_kind(TokenKind::Word, 1)) {
    const std::string& word = token(1).text;
    const auto names = unit_names();
    fail_at(token(1).span, fmt::format("unknown unit '{}'{}", word, did_you_mean(word, names)));
  } else if (is_kind(TokenKind::Number)) {
    fail_here(fmt::format("expected a unit after {0}, such as {0} days", token().text));
  } else if (is_kind(TokenKind::Word) && unit_of(token().text)) {
    fail_here(fmt::format("expected a number before '{0}': 1 {0}", token().text));
  } else {
    fail_here(fmt::format("expected a length of time after '{}', such as 30 days; found {}", after, shown()));
  }
  return {};
}

// "30 and 60 days": the first number is of the second's unit.
bool Parser::shares_unit() const {
  return is_kind(TokenKind::Number) && is("and", 1) && is_kind(TokenKind::Number, 2) && is_kind(TokenKind::Word, 3) &&
         !calendar_word(3) && unit_of(token(3).text) != nullptr;
}

Duration Parser::first_duration(std::string_view after) {
  if (!shares_unit()) return duration(after);
  const Length length = length_of(token().text, *unit_of(token(3).text));
  if (!length.flaw.empty()) return fail_here(length.flaw), Duration{};
  ++at_;
  return Duration{static_cast<int64_t>(length.ms)};
}

bool Parser::calendar_word(size_t ahead) const {
  return std::ranges::any_of(kCalendarWords, [&](std::string_view word) { return is(word, ahead); });
}

void Parser::refuse_calendar(size_t ahead) {
  fail_at(token(ahead).span,
          fmt::format("'{}' follows a calendar, which comes with a later version of the language; write days, "
                      "such as 30 days, or dates, such as since 2026-01-01",
                      token(ahead).text));
}

std::optional<Instant> Parser::instant_here() {
  if (!is_kind(TokenKind::Instant)) return std::nullopt;
  const Token& token = this->token();
  const auto read = parse_instant(token.text);
  if (!read) {
    fail_here(fmt::format("'{}' is no date or time that exists; write 2026-03-01 or 2026-03-01T10:00:00Z", token.text));
    return std::nullopt;
  }
  ++at_;
  return read;
}

// --- names and functions

Expr Parser::name_or_property() {
  const size_t first = at_;
  const bool bare_word = is_kind(TokenKind::Word);
  if (take("trait")) return expr(first, Trait{name_after("trait")});
  if (bare_word && is("(", 1)) return function();
  if (is("true") || is("false")) {
    const bool truth = is("true");
    ++at_;
    return expr(first, Literal{truth});
  }
  if (scope_.in_where) {
    if (is("property") && (is_kind(TokenKind::Text, 1) || is_kind(TokenKind::Word, 1)) && is_kind(TokenKind::Text, 1)) {
      ++at_;
      return expr(first, Property{lexed_.tokens[at_++].text});
    }
    std::string path = path_rest(lexed_.tokens[at_++].text);
    for (auto prefix = scope_.prefixes.rbegin(); prefix != scope_.prefixes.rend(); ++prefix)
      if (path.starts_with(*prefix + ".")) path.erase(0, prefix->size() + 1);
    return expr(first, Property{std::move(path)});
  }
  if (is("last") || is("first")) return last_or_first();
  if (is("sequence")) return refuse_later_version("a sequence"), Expr{};
  if (is(".", 1)) {
    const std::string event = is_kind(TokenKind::Text) ? in_quotes(token().text) : token().text;
    const std::string property = token(2).text;
    fail_here(
        fmt::format("a property of events stands inside a function or after where: sum({0}.{1}), last({0}.{1}), or at "
                    "least 1 {0} where {1} ...",
                    event, property));
    return {};
  }
  if (is("today") || is("yesterday")) return refuse_calendar(0), Expr{};
  if (is_reserved(token().text)) {
    fail_here(fmt::format("expected a condition or a value, found {}", shown()));
    return {};
  }
  ++at_;
  return expr(first, Name{.name = lexed_.tokens[first].text});
}

// trait country, trait "Home address", trait address.country
std::string Parser::name_after(std::string_view keyword) {
  if (is_kind(TokenKind::Text)) return lexed_.tokens[at_++].text;
  if (is_kind(TokenKind::Word)) return path_rest(lexed_.tokens[at_++].text);
  fail_here(fmt::format("expected a name after {}, found {}", keyword, shown()));
  return {};
}

std::string Parser::path_rest(std::string first) {
  while (!panic_ && is(".")) {
    ++at_;
    if (!is_kind(TokenKind::Word) && !is_kind(TokenKind::Text)) {
      fail_here(fmt::format("expected the name of a property after '.', found {}", shown()));
      break;
    }
    first += "." + lexed_.tokens[at_++].text;
  }
  return first;
}

Expr Parser::function() {
  const size_t first = at_;
  const std::string name = fold_case(token().text);
  for (const Function& function : kFunctions)
    if (name == function.name) {
      if (scope_.in_where) {
        fail_here(fmt::format("{} looks at other events; after where stand only the event's own properties", name));
        return {};
      }
      return aggregate(first, function.kind);
    }
  if (name == "did" && !scope_.in_where) return happened().value_or(Expr{});
  if (name != "ago" && name != "size") {
    const auto names = function_names();
    if (name == "sequence") return refuse_later_version("a sequence"), Expr{};
    fail_here(fmt::format("unknown function '{}'{}", token().text, did_you_mean(name, names)));
    return {};
  }
  if (!enter(token().span)) return {};
  at_ += 2;
  Exprs operand;
  operand.push_back(value());
  expect(")", fmt::format("after {}(...", name));
  leave();
  if (name == "ago") return expr(first, Ago{std::move(operand)});
  return expr(first, Size{std::move(operand)});
}

// sum(order.total where ..., last 30 days). `last` and `first` without a property are times: last(order).
Expr Parser::aggregate(size_t first, AggregateKind kind) {
  const std::string name = fold_case(token().text);
  if (!enter(token().span)) return {};
  at_ += 2;
  Aggregate out{.kind = kind};
  Selected selected = selection(Style::Function);
  const bool time_of =
      (kind == AggregateKind::Last || kind == AggregateKind::First) && selected.path.empty() && !panic_;
  if (time_of) out.kind = kind == AggregateKind::Last ? AggregateKind::LastTime : AggregateKind::FirstTime;
  const bool of_events =
      out.kind == AggregateKind::Count || out.kind == AggregateKind::FirstTime || out.kind == AggregateKind::LastTime;
  settle_path(selected, !of_events, name);
  out.events = std::move(selected.events);
  out.property = std::move(selected.path);
  take(",");
  out.window = window();
  expect(")", fmt::format("after {}(...", name));
  if (time_of) filter(out.events, Style::Readable);
  leave();
  out.events.span = span_from(first);
  return expr(first, std::move(out));
}

// last order [where ...]: its time
Expr Parser::last_or_first() {
  const size_t first = at_;
  const AggregateKind kind = is("last") ? AggregateKind::LastTime : AggregateKind::FirstTime;
  ++at_;
  Aggregate out{.kind = kind, .events = event_pattern(Style::Readable)};
  return expr(first, std::move(out));
}

}  // namespace tessera::language

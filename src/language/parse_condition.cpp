// The rules of conditions: chains of and, xor, or; the forms read aloud ("at least 2 order ..."); what may follow a
// value
// ("... is known", "... at least 20", "... more than 30 days ago").
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "language/parser.hpp"

namespace tessera::language {

namespace {

struct Quantity {
  std::string_view words;
  CompareOp op;
};
constexpr std::array<Quantity, 9> kQuantities{{{"at least", CompareOp::GreaterEqual},
                                               {"at most", CompareOp::LessEqual},
                                               {"no more than", CompareOp::LessEqual},
                                               {"no fewer than", CompareOp::GreaterEqual},
                                               {"no less than", CompareOp::GreaterEqual},
                                               {"more than", CompareOp::Greater},
                                               {"fewer than", CompareOp::Less},
                                               {"less than", CompareOp::Less},
                                               {"exactly", CompareOp::Equal}}};
constexpr std::array<Quantity, 7> kComparisons{{{"=", CompareOp::Equal},
                                                {"!=", CompareOp::NotEqual},
                                                {"<=", CompareOp::LessEqual},
                                                {"<", CompareOp::Less},
                                                {">=", CompareOp::GreaterEqual},
                                                {">", CompareOp::Greater},
                                                {"equals", CompareOp::Equal}}};
Expr zero_or(Number number) {
  return Expr{.node = Literal{number}};
}

}  // namespace

// --- logic

Expr Parser::condition() {
  return chain(LogicOp::Or, "or", &Parser::xor_chain);
}
Expr Parser::xor_chain() {
  return chain(LogicOp::Xor, "xor", &Parser::and_chain);
}

Expr Parser::chain(LogicOp op, std::string_view word, Expr (Parser::*operand)()) {
  const size_t first = at_;
  Expr left = (this->*operand)();
  if (panic_ || !is(word)) return left;
  Logic logic{.op = op};
  logic.operands.push_back(std::move(left));
  while (take(word)) logic.operands.push_back((this->*operand)());
  return expr(first, std::move(logic));
}

// Here errors end: the chain goes on behind a broken operand. And here `since then` finds what it means.
Expr Parser::and_chain() {
  const size_t first = at_;
  const int depth = token().depth;
  const std::optional<Expr> outer = then_;
  Logic logic{.op = LogicOp::And};
  do {
    const int nesting = nesting_;
    logic.operands.push_back(negation());
    if (panic_) synchronise(depth);
    nesting_ = nesting;
    if (const Expr* anchor = anchor_of(logic.operands.back())) then_ = *anchor;
  } while (take("and"));
  then_ = outer;
  if (logic.operands.size() == 1) return std::move(logic.operands[0]);
  return expr(first, std::move(logic));
}

Expr Parser::negation() {
  const size_t first = at_;
  if (is("not in segment") || !take("not")) return predicate();
  if (!enter(token().span)) return {};
  Logic logic{.op = LogicOp::Not};
  logic.operands.push_back(negation());
  leave();
  return expr(first, std::move(logic));
}

Expr Parser::predicate() {
  const size_t first = at_;
  if (panic_ || !enter(token().span)) return {};
  std::optional<Expr> found = grouped();
  if (!found && !panic_) found = scope_.in_where ? some_element() : readable();
  if (!found && !panic_) found = tail(first, value());
  leave();
  return found ? std::move(*found) : Expr{};
}

// none of (a, b), any of (a, b), all of (a, b), at least 2 of (a, b, c)
std::optional<Expr> Parser::grouped() {
  const size_t first = at_;
  Logic logic;
  const Span at = token().span;
  if (take("none of")) {
    logic.op = LogicOp::NoneOf;
  } else if (take("any of")) {
    logic.op = LogicOp::Or;
  } else if (take("all of")) {
    logic.op = LogicOp::And;
  } else if (is("at least") && is_kind(TokenKind::Number, 2) && is("of", 3)) {
    at_ += 2;
    logic.op = LogicOp::AtLeast;
    const Number least = number_of_token();
    if (!panic_ && (least.micros % Number::kOne != 0 || least.micros < Number::kOne))
      fail_at(at, fmt::format("expected a whole number from 1 on, found {}", least.text()));
    logic.at_least = static_cast<uint32_t>(std::min<int64_t>(least.micros / Number::kOne, UINT32_MAX));
    take("of");
  } else {
    return std::nullopt;
  }
  logic.operands = list_of_conditions();
  if (logic.op == LogicOp::AtLeast && !panic_ && logic.at_least > logic.operands.size())
    note_error(at, fmt::format("at least {} of {} conditions can never hold", logic.at_least, logic.operands.size()));
  const bool chained = logic.op == LogicOp::Or || logic.op == LogicOp::And;
  if (chained && logic.operands.size() == 1) return std::move(logic.operands[0]);
  return expr(first, std::move(logic));
}

Exprs Parser::list_of_conditions() {
  Exprs out;
  if (!expect("(", "before a list of conditions")) return out;
  do out.push_back(condition());
  while (take(","));
  expect(")", "after a list of conditions");
  return out;
}

// any products where category = "Gifts"
std::optional<Expr> Parser::some_element() {
  const size_t first = at_;
  const bool quoted = is_kind(TokenKind::Text, 1);
  const bool begins =
      (is("any") || is("some")) && (quoted || is_kind(TokenKind::Word, 1)) && (is("where", 2) || is(".", 2));
  if (!begins) return std::nullopt;
  ++at_;
  AnyElement out{.list = path_rest(lexed_.tokens[at_++].text)};
  for (const std::string& prefix : scope_.prefixes)
    if (!quoted && out.list.starts_with(prefix + ".")) out.list.erase(0, prefix.size() + 1);
  if (!expect("where", fmt::format("after any {}", out.list))) return Expr{};
  scope_.prefixes.push_back(out.list);
  out.condition.push_back(negation());
  scope_.prefixes.pop_back();
  return expr(first, std::move(out));
}

// --- readable conditions over events and segments

std::optional<Expr> Parser::readable() {
  const size_t first = at_;
  if (take("not in segment")) return in_segment(first, true);
  if (take("in segment")) return in_segment(first, false);
  if (is("sequence (")) return refuse_later_version("a sequence"), Expr{};
  if (auto found = counted()) return found;
  return happened();
}

Expr Parser::in_segment(size_t first, bool negated) {
  if (!is_kind(TokenKind::Text) && !is_kind(TokenKind::Word)) {
    fail_here(fmt::format("expected the segment's name in quotes, found {}", shown()));
    return {};
  }
  InSegment out{.segment = lexed_.tokens[at_++].text, .negated = negated};
  return expr(first, std::move(out));
}

bool Parser::number_here(size_t ahead) const {
  return is_kind(TokenKind::Number, ahead) || (is("-", ahead) && is_kind(TokenKind::Number, ahead + 1));
}

// at least 2 order [where ...] [in the last 30 days], between 2 and 5 order, >= 2 order
std::optional<Expr> Parser::counted() {
  const size_t first = at_;
  if (is("between") && is_kind(TokenKind::Number, 1) && is("and", 2) && is_kind(TokenKind::Number, 3))
    return count_between(first);
  const auto read = [&](const auto& table) -> std::optional<Expr> {
    for (const Quantity& quantity : table) {
      if (!take(quantity.words)) continue;
      const Span at = token().span;
      if (!number_here())
        return fail_here(fmt::format("expected a number after '{}', found {}", quantity.words, shown())), Expr{};
      return count_condition(first, quantity.op, number_of_token(), at);
    }
    return std::nullopt;
  };
  if (auto found = read(kQuantities)) return found;
  return read(kComparisons);
}

Expr Parser::count_between(size_t first) {
  Between out;
  at_ += 1;
  Expr low = expr(at_, Literal{number_of_token()});
  at_ += 1;
  Expr high = expr(at_, Literal{number_of_token()});
  Aggregate count{.kind = AggregateKind::Count, .events = event_pattern(Style::Readable)};
  count.window = window();
  out.operands = {expr(first, std::move(count)), std::move(low), std::move(high)};
  return expr(first, std::move(out));
}

Expr Parser::count_condition(size_t first, CompareOp op, Number count, Span at) {
  Aggregate aggregate{.kind = AggregateKind::Count};
  aggregate.events = event_pattern(Style::Readable);
  aggregate.window = window();
  Expr limit{.node = Literal{count}, .span = at};
  Expr counted = expr(first, std::move(aggregate));
  return compare(first, op, std::move(counted), std::move(limit));
}

// no order ..., never order, did order ..., did not order ..., has order at least 2 times ...
std::optional<Expr> Parser::happened() {
  const size_t first = at_;
  struct Opening {
    std::string_view words;
    bool negated;
  };
  constexpr std::array<Opening, 10> kOpenings{{{"did not", true},
                                               {"has not done", true},
                                               {"has never done", true},
                                               {"has not", true},
                                               {"has never", true},
                                               {"has done", false},
                                               {"did", false},
                                               {"has", false},
                                               {"never", true},
                                               {"no", true}}};
  for (const Opening& opening : kOpenings) {
    if (!take(opening.words)) continue;
    Aggregate aggregate{.kind = AggregateKind::Count};
    bool windowed = false;
    if (opening.words == "did" && is("(")) {  // the functional form: did(order, last 7 days)
      ++at_;
      aggregate.events = event_pattern(Style::Function);
      if (take(",")) aggregate.window = window(), windowed = true;
      expect(")", "after did(...");
      filter(aggregate.events, Style::Readable);
    } else {
      aggregate.events = event_pattern(Style::Readable);
    }
    CompareOp op = opening.negated ? CompareOp::Equal : CompareOp::GreaterEqual;
    Number count = Number::of(opening.negated ? 0 : 1);
    for (const Quantity& quantity : kQuantities) {
      const size_t words = static_cast<size_t>(std::ranges::count(quantity.words, ' ')) + 1;
      if (opening.negated || !is(quantity.words) || !is_kind(TokenKind::Number, words)) continue;
      if (!is("times", words + 1) && !is("time", words + 1)) continue;
      at_ += words;
      op = quantity.op;
      count = number_of_token();
      ++at_;
      break;
    }
    if (!windowed) aggregate.window = window();
    Expr counted = expr(first, std::move(aggregate));
    return compare(first, op, std::move(counted), zero_or(count));
  }
  return std::nullopt;
}

// --- what may follow a value

Expr Parser::compare(size_t first, CompareOp op, Expr left, Expr right) const {
  Compare out{.op = op};
  out.operands.push_back(std::move(left));
  out.operands.push_back(std::move(right));
  return expr(first, std::move(out));
}

// Do the tokens from `first` to here make one pair of parentheses?
bool Parser::is_closed(size_t first) const {
  const auto& tokens = lexed_.tokens;
  if (tokens[first].kind != TokenKind::Symbol || tokens[first].text != "(") return false;
  for (size_t i = first + 1; i + 1 < at_; ++i)
    if (tokens[i].depth <= tokens[first].depth) return false;
  return at_ > first + 1 && tokens[at_ - 1].text == ")";
}

Expr Parser::tail(size_t first, Expr left) {
  if (panic_) return left;
  // where (...) in the last 30 days: the window is not about what stands in the parentheses.
  if (scope_.in_where && is_closed(first) && window_next()) return left;
  if (auto found = tail_is(first, left)) return std::move(*found);
  if (auto found = tail_quantity(first, left)) return std::move(*found);
  const bool negated = take("not") || take("does not") || take("do not");
  const size_t here = at_;
  if (take("between")) return tail_between(first, std::move(left), negated);
  if (is("in (") || is("one of (")) {
    at_ += is("in") ? 1 : 2;
    In out{.negated = negated};
    out.operands.push_back(std::move(left));
    for (Expr& item : items()) out.operands.push_back(std::move(item));
    return expr(first, std::move(out));
  }
  if (auto found = tail_text(first, left, negated)) return std::move(*found);
  if (auto found = tail_list(first, left, negated)) return std::move(*found);
  if (auto found = tail_time(first, left, negated)) return std::move(*found);
  if (negated && at_ == here && !panic_)
    fail_here(fmt::format("expected in, between, contains, like or the like after 'not', found {}", shown()));
  return left;
}

// is known, is not true, is blank; `is` before anything else is only for reading: is "DE", is not "DE", is at least 2
std::optional<Expr> Parser::tail_is(size_t first, Expr& left) {
  if (!take("is") && !take("was")) return std::nullopt;
  const auto wrap = [&](auto node) { return expr(first, std::move(node)); };
  Exprs operand;
  operand.push_back(std::move(left));
  const bool negated = take("not");
  if (take("known")) return wrap(IsKnown{.operand = std::move(operand), .negated = negated});
  if (take("unknown")) return wrap(IsKnown{.operand = std::move(operand), .negated = !negated});
  if (take("blank") || take("empty")) return wrap(IsBlank{.text = std::move(operand), .negated = negated});
  if (take("true"))
    return wrap(IsTruth{.test = negated ? TruthTest::IsNotTrue : TruthTest::IsTrue, .operand = std::move(operand)});
  if (take("false"))
    return wrap(IsTruth{.test = negated ? TruthTest::IsNotFalse : TruthTest::IsFalse, .operand = std::move(operand)});
  left = std::move(operand[0]);
  if (is("between") || is("in") || is("before") || is("after") || is("on") || is("one of")) {
    if (negated) --at_;  // `not in`, `not between` are read by tail()
    return tail(first, std::move(left));
  }
  if (!negated &&
      (is("at least") || is("at most") || is("more than") || is("less than") || is("fewer than") || is("exactly")))
    return tail(first, std::move(left));
  Expr right = value();
  return compare(first, negated ? CompareOp::NotEqual : CompareOp::Equal, std::move(left), std::move(right));
}

// >= 20, at least 20, more than 30 days ago
std::optional<Expr> Parser::tail_quantity(size_t first, Expr& left) {
  const auto read = [&](const auto& table) -> std::optional<Expr> {
    for (const Quantity& quantity : table) {
      if (!take(quantity.words)) continue;
      Expr right = value();
      if (take("ago")) {
        Ago ago;
        ago.instant.push_back(std::move(left));
        left = expr(first, std::move(ago));
      }
      return compare(first, quantity.op, std::move(left), std::move(right));
    }
    return std::nullopt;
  };
  if (auto found = read(kQuantities)) return found;
  return read(kComparisons);
}

// between 2 and 5; between 2 hours and 7 days ago; between 2026-01-01 and 2026-02-01 (the second day is out)
Expr Parser::tail_between(size_t first, Expr left, bool negated) {
  if (is_kind(TokenKind::Instant)) {
    Within out{.negated = negated};
    out.instant.push_back(std::move(left));
    const Window read = between_window();
    if (const auto* absolute = std::get_if<Absolute>(&read)) out.window = *absolute;
    return expr(first, std::move(out));
  }
  Between out{.negated = negated};
  const size_t low_at = at_;
  Expr low = shares_unit() ? expr(low_at, Literal{first_duration("between")}) : value();
  if (!expect("and", "in between ... and ...")) return {};
  Expr high = value();
  if (take("ago")) {
    Ago ago;
    ago.instant.push_back(std::move(left));
    left = expr(first, std::move(ago));
  }
  out.operands.push_back(std::move(left));
  out.operands.push_back(std::move(low));
  out.operands.push_back(std::move(high));
  return expr(first, std::move(out));
}

// in the last 30 days, in the next 30 days, before 2026-01-01, after ..., on 2026-01-01, since 2026-01-01
// "in the last 30 days", "in the next 30 days": a window around as_of; nothing where no such words stand here.
std::optional<Sliding> Parser::sliding_ahead_or_back() {
  for (const std::string_view words : {"in the last", "in the past", "in last", "within the last"})
    if (take(words)) return Sliding{.newest = {}, .oldest = duration("last")};
  for (const std::string_view words : {"in the next", "in next", "within the next"})
    if (take(words)) return Sliding{.newest = Duration{} - duration("next"), .oldest = {}};
  return std::nullopt;
}

std::optional<Expr> Parser::tail_time(size_t first, Expr& left, bool negated) {
  Within within{.negated = negated};
  if (const auto sliding = sliding_ahead_or_back()) {
    within.window = *sliding;
    within.instant.push_back(std::move(left));
  } else if (is("on") && is_kind(TokenKind::Instant, 1)) {
    const Window read = window();
    if (const auto* absolute = std::get_if<Absolute>(&read)) within.window = *absolute;
    within.instant.push_back(std::move(left));
  }
  if (!within.instant.empty()) return expr(first, std::move(within));
  if (negated) return std::nullopt;
  for (const Quantity& word : {Quantity{"before", CompareOp::Less}, Quantity{"after", CompareOp::Greater},
                               Quantity{"since", CompareOp::GreaterEqual}}) {
    if (!take(word.words)) continue;
    Expr right = value();
    return compare(first, word.op, std::move(left), std::move(right));
  }
  for (const std::string_view word : {"today", "yesterday", "this"})
    if (is(word)) return refuse_calendar(0), Expr{};
  return std::nullopt;
}

std::optional<Expr> Parser::tail_text(size_t first, Expr& left, bool negated) {
  std::string_view word;
  const auto taken = [&](std::string_view words) { return !words.empty() && take(word = words); };
  const auto found = std::ranges::find_if(kTextOperators, [&](const TextOperator& row) {
    return taken(row.also[1]) || taken(row.also[0]) || taken(row.name);  // "matches regex" before "matches"
  });
  if (found == kTextOperators.end()) return std::nullopt;
  TextMatch out{.op = found->op, .negated = negated};
  out.text.push_back(std::move(left));
  if (!is_kind(TokenKind::Text)) {
    fail_here(fmt::format("expected a text in quotes after '{}', found {}", word, shown()));
    return Expr{};
  }
  out.pattern = lexed_.tokens[at_++].text;
  out.ignore_case = take("ignoring case") || take("ignore case");
  return expr(first, std::move(out));
}

// includes "A", includes all of ("A", "B"), any of (...), none of (...)
std::optional<Expr> Parser::tail_list(size_t first, Expr& left, bool negated) {
  const bool includes = take("includes") || take("include");
  ListMatch out{.op = ListOp::Includes};
  const size_t here = at_;
  if (take("all of"))
    out.op = ListOp::AllOf;
  else if (take("any of"))
    out.op = ListOp::AnyOf;
  else if (take("none of"))
    out.op = ListOp::NoneOf;
  else if (!includes)
    return std::nullopt;
  out.operands.push_back(std::move(left));
  if (at_ == here)
    out.operands.push_back(value());
  else
    for (Expr& item : items()) out.operands.push_back(std::move(item));
  if (!negated) return expr(first, std::move(out));
  if (out.op == ListOp::Includes || out.op == ListOp::AnyOf) {
    out.op = ListOp::NoneOf;
    return expr(first, std::move(out));
  }
  Logic denied{.op = LogicOp::Not};
  denied.operands.push_back(expr(first, std::move(out)));
  return expr(first, std::move(denied));
}

Exprs Parser::items() {
  Exprs out;
  if (!expect("(", "before a list")) return out;
  if (is(")")) {
    fail_here("a list needs at least one item");
    return out;
  }
  do out.push_back(value());
  while (!panic_ && take(","));
  expect(")", "after a list");
  return out;
}

}  // namespace tessera::language

// The rules of events (which ones, under which condition) and of windows (when).
#include <array>

#include <fmt/format.h>

#include "core/text.hpp"
#include "language/parser.hpp"

namespace tessera::language {

namespace {

constexpr int kDeepestAnchor = 20;  // since the last A since the last B since ...

int anchor_depth(const Expr& anchor) {
  const auto* aggregate = std::get_if<Aggregate>(&anchor.node);
  const auto* since = aggregate ? std::get_if<Since>(&aggregate->window) : nullptr;
  return since && !since->anchor.empty() ? 1 + anchor_depth(since->anchor[0]) : 1;
}

}  // namespace

// --- which events

// any event | "Order Completed" | order | ("A" or "B") | each order.products; then .property; then where ...
Parser::Selected Parser::selection(Style style) {
  Selected out;
  const size_t first = at_;
  if (panic_) return out;
  const bool each = take("each");
  event_names(out.events, style);
  const size_t path_at = at_;
  if (is(".") && !panic_) {
    ++at_;
    out.path = is_kind(TokenKind::Word) || is_kind(TokenKind::Text)
                   ? path_rest(lexed_.tokens[at_++].text)
                   : (fail_here(fmt::format("expected the name of a property after '.', found {}", shown())), "");
  }
  out.path_span = span_from(path_at);
  if (each) {
    if (out.path.empty()) fail_here("expected a list after each, such as each order.products");
    out.events.each = out.path;  // settle_path() splits it
  }
  filter(out.events, style);
  out.events.span = span_from(first);
  return out;
}

void Parser::event_names(EventPattern& out, Style style) {
  if (take("any event") || take("any events") || take("events") || take("event")) return;
  if (take("(")) {
    do {
      if (!is_kind(TokenKind::Text))
        return fail_here(
            fmt::format("several events are given by their names in quotes: (\"A\" or \"B\"); found {}", shown()));
      out.names.push_back(lexed_.tokens[at_++].text);
    } while (take("or") || take(","));
    expect(")", "after a list of events");
    return;
  }
  if (is_kind(TokenKind::Text)) {
    do {
      if (!is_kind(TokenKind::Text))
        return fail_here(fmt::format("expected the name of an event in quotes, found {}", shown()));
      out.names.push_back(lexed_.tokens[at_++].text);
    } while (style == Style::Function && take("or"));
    if (out.names.front().empty()) fail_here("the name of an event is empty");
    return;
  }
  if (is_kind(TokenKind::Word) && !is_reserved(token().text)) {
    out.alias = lexed_.tokens[at_++].text;
    return;
  }
  fail_here(fmt::format("expected an event: its name in quotes, or one defined with event; found {}", shown()));
}

// In a readable condition `and` belongs to the condition around, so where takes one comparison; inside a function and
// in an event definition it takes all up to the comma or the end.
void Parser::filter(EventPattern& out, Style style) {
  const Span at = token().span;
  if (!take("where")) return;
  if (!out.where.empty()) return fail_at(at, "there is a where already; join the two with and");
  Scope scope{.in_where = true};
  if (!out.alias.empty()) scope.prefixes.push_back(out.alias);
  for (const std::string& name : out.names) scope.prefixes.push_back(name);
  if (!out.each.empty())
    scope.prefixes.insert(scope.prefixes.end(), {out.each, out.each.substr(0, out.each.rfind('.'))});
  std::swap(scope, scope_);
  if (style == Style::Term && take("(")) {
    out.where.push_back(condition());
    expect(")", "to close '('");
  } else {
    out.where.push_back(style == Style::Function ? condition() : negation());
  }
  std::swap(scope, scope_);
}

EventPattern Parser::event_pattern(Style style) {
  Selected selected = selection(style);
  settle_path(selected, false, {});
  return std::move(selected.events);
}

void Parser::settle_path(Selected& selected, bool wants_property, std::string_view function) {
  if (panic_) return;
  const bool each = !selected.events.each.empty();
  if (!wants_property) {
    if (each)
      selected.path.clear();
    else if (!selected.path.empty())
      fail_at(selected.path_span,
              fmt::format(
                  "events are meant here, not their property '{}'; for the elements of a list write each before it{}",
                  selected.path, function.empty() ? "" : ", for different values distinct(...)"));
    return;
  }
  if (selected.path.empty()) return fail_here(fmt::format("{0} needs a property: {0}(order.total)", function));
  if (!each) return;
  const size_t dot = selected.path.rfind('.');
  if (dot == std::string::npos)
    return fail_at(selected.path_span,
                   fmt::format("{0} needs a property of the elements: {0}(each order.products.price)", function));
  selected.events.each = selected.path.substr(0, dot);
  selected.path.erase(0, dot + 1);
}

// --- when

Window Parser::window() {
  auto read = window_here();
  return read ? std::move(*read) : Window{Lifetime{}};
}

// Behind (...) after where: is it a window that comes?
bool Parser::window_next() const {
  for (const std::string_view words :
       {"in the last", "in the past", "in last", "within", "over the last", "during the last", "the last", "last",
        "past", "since", "ever", "lifetime", "at any time", "in total", "all time", "until"})
    if (is(words)) return true;
  for (const std::string_view words : {"before", "after", "on"})
    if (is(words)) return is_kind(TokenKind::Instant, 1);
  if (is("between"))
    return is_kind(TokenKind::Instant, 1) ||
           (is_kind(TokenKind::Number, 1) && is_kind(TokenKind::Word, 2) && !is("and", 2));
  for (const std::string_view words : {"at least", "at most", "more than", "less than"})
    if (is(words)) return is_kind(TokenKind::Number, 2) && is_kind(TokenKind::Word, 3) && !is("and", 3) && !is("or", 3);
  if (is("exactly")) return is_kind(TokenKind::Number, 1) && is_kind(TokenKind::Word, 2);
  return is("not in the last") || is("not in the next") || is("in the next") || is("not between") || is("not on");
}

std::optional<Window> Parser::window_here() {
  if (panic_) return std::nullopt;
  for (const std::string_view words : {"ever", "lifetime", "at any time", "in total", "all time"})
    if (take(words)) return Lifetime{};
  for (const std::string_view words : {"in the last", "in the past", "in last", "within the last", "over the last",
                                       "during the last", "within", "the last", "last", "past"})
    if (take(words)) return Sliding{.newest = {}, .oldest = duration("last")};
  for (const std::string_view words : {"in the next", "in next", "next"})
    if (is(words)) {
      fail_here("events of the future are for labels, which come with a later version of the language");
      return std::nullopt;
    }
  if (take("between")) return between_window();
  if (is("before") || is("until") || is("after") || is("on")) {
    const size_t word = at_++;
    const auto at = instant_here();
    if (!at) {
      if (!panic_)
        fail_here(
            fmt::format("expected a date after '{}', such as 2026-03-01; found {}", lexed_.tokens[word].text, shown()));
      return std::nullopt;
    }
    at_ = word;
    const bool after = is("after"), on = is("on");
    at_ += 2;
    if (on) return Absolute{.from = *at, .to = *at + kDay};
    if (after) return Absolute{.from = *at + Duration{1}, .to = kNever};
    return Absolute{.from = kEver, .to = *at};
  }
  if (take("since")) return since();
  if (is("today") || is("yesterday") || is("this") || is("in the calendar")) {
    refuse_calendar(0);
    return std::nullopt;
  }
  return age_window();
}

// at least 30 days ago, more than 30 days ago, less than 30 days ago, at most 30 days ago
std::optional<Window> Parser::age_window() {
  struct Age {
    std::string_view words;
    bool older, includes;
  };
  constexpr std::array<Age, 4> kAges{
      {{"at least", true, true}, {"more than", true, false}, {"less than", false, false}, {"at most", false, true}}};
  for (const Age& age : kAges) {
    if (!is(age.words) || !is_kind(TokenKind::Number, 2)) continue;
    at_ += 2;
    const Duration length = duration(age.words);
    if (!expect("ago", "after a length of time")) return std::nullopt;
    // Instants are whole milliseconds, so "older than d" is "at least d and one millisecond".
    if (age.older) return Sliding{.newest = age.includes ? length : length + Duration{1}, .oldest = kForever};
    return Sliding{.newest = {}, .oldest = age.includes ? length + Duration{1} : length};
  }
  return std::nullopt;
}

// between 2 hours and 7 days ago; between 2026-01-01 and 2026-02-01 (the second day is out)
Window Parser::between_window() {
  if (is_kind(TokenKind::Instant)) {
    const Span at = token().span;
    const auto from = instant_here();
    expect("and", "in between ... and ...");
    const auto to = instant_here();
    if (!to && !panic_) fail_here(fmt::format("expected a date after 'and', found {}", shown()));
    if (!panic_ && *to <= *from) fail_at(at, "the second date is not after the first");
    if (panic_) return Lifetime{};
    return Absolute{.from = *from, .to = *to};
  }
  const Span at = token().span;
  const Duration newest = first_duration("between");
  expect("and", "in between ... and ... ago");
  const Duration oldest = duration("and");
  expect("ago", "after between ... and ...");
  if (!panic_ && oldest <= newest) fail_at(at, "between gives the shorter time first: between 2 hours and 7 days ago");
  return Sliding{.newest = newest, .oldest = oldest};
}

// since then; since last "Product Added"; since first order; since trait signed_up; since 2026-01-01; since (...)
Window Parser::since() {
  const Span at = token().span;
  if (take("then")) {
    if (!then_)
      return fail_at(at, "'then' means the last or first event named earlier in the same chain of ands; there is none"),
             Lifetime{};
    if (anchor_depth(*then_) > kDeepestAnchor) return fail_at(at, "too many windows since one another"), Lifetime{};
    Since out;
    out.anchor.push_back(*then_);
    return out;
  }
  if (is_kind(TokenKind::Instant)) {
    const auto from = instant_here();
    return from ? Window{Absolute{.from = *from, .to = kNever}} : Window{Lifetime{}};
  }
  take("the");
  if (!enter(at)) return Lifetime{};
  Since out;
  out.anchor.push_back(primary());
  leave();
  return out;
}

}  // namespace tessera::language

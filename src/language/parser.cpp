#include "language/parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/currency.hpp"
#include "core/text.hpp"

namespace tessera::language {

namespace {

constexpr std::array<std::string_view, 65> kReserved{
    "and",    "or",       "xor",   "not",       "where",  "true",     "false",  "in",         "is",        "between",
    "trait",  "property", "any",   "all",       "none",   "at",       "more",   "less",       "fewer",     "exactly",
    "no",     "never",    "did",   "has",       "each",   "since",    "before", "after",      "on",        "ever",
    "within", "last",     "first", "event",     "events", "let",      "score",  "segment",    "label",     "count",
    "sum",    "avg",      "min",   "max",       "median", "distinct", "mode",   "first_time", "last_time", "ago",
    "size",   "then",     "the",   "past",      "next",   "lifetime", "until",  "id",         "over",      "sequence",
    "does",   "half",     "today", "yesterday", "of"};

struct Statement {
  std::string_view word;
  DefinitionKind kind;
};
constexpr std::array<Statement, 4> kStatements{{{"event", DefinitionKind::Event},
                                                {"let", DefinitionKind::Let},
                                                {"score", DefinitionKind::Score},
                                                {"segment", DefinitionKind::Segment}}};

std::vector<std::string> statement_words() {
  std::vector<std::string> out;
  for (const Statement& statement : kStatements) out.emplace_back(statement.word);
  return out;
}

std::string small_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool is_slug(std::string_view text) {
  return !text.empty() && slug_of(text) == text;
}

}  // namespace

bool is_reserved(std::string_view word) {
  return std::ranges::find(kReserved, small_ascii(word)) != kReserved.end();
}

Parser::Parser(std::string_view source) : source_(source) {
  if (source.size() > kLargestSource) {
    lexed_.tokens.push_back({});
    diagnostics_.push_back({Severity::Error,
                            {},
                            fmt::format("this text has {} bytes; at most {} are read: split it into files",
                                        source.size(), kLargestSource)});
    source_ = {};
    return;
  }
  lexed_ = lex(source);
  diagnostics_ = lexed_.diagnostics;
}

// --- tokens

const Token& Parser::token(size_t ahead) const {
  return lexed_.tokens[std::min(at_ + ahead, lexed_.tokens.size() - 1)];
}

bool Parser::is(std::string_view words, size_t ahead) const {
  for (const std::string_view word : split(words, ' ')) {
    const Token& next = token(ahead++);
    if (next.kind == TokenKind::Symbol ? next.text != word
                                       : next.kind != TokenKind::Word || small_ascii(next.text) != word)
      return false;
  }
  return true;
}

bool Parser::take(std::string_view words) {
  if (panic_ || !is(words)) return false;
  at_ += static_cast<size_t>(std::ranges::count(words, ' ')) + 1;
  return true;
}

bool Parser::expect(std::string_view words, std::string_view why) {
  if (take(words)) return true;
  fail_here(fmt::format("expected '{}'{}{}, found {}", words, why.empty() ? "" : " ", why, shown()));
  return false;
}

Span Parser::span_from(size_t first_token) const {
  const size_t last = at_ > first_token ? at_ - 1 : first_token;
  return {lexed_.tokens[std::min(first_token, lexed_.tokens.size() - 1)].span.from,
          lexed_.tokens[std::min(last, lexed_.tokens.size() - 1)].span.to};
}

std::string Parser::shown(size_t ahead) const {
  const Token& next = token(ahead);
  if (next.kind == TokenKind::End) return "the end";
  if (next.kind == TokenKind::Text) return next.text.size() > 60 ? "a text" : in_quotes(next.text);
  return fmt::format("'{}'", next.text.size() > 60 ? next.text.substr(0, 57) + "..." : next.text);
}

void Parser::note_error(Span span, std::string message) {
  if (panic_) return;
  if (diagnostics_.size() < kMostDiagnostics)
    diagnostics_.push_back({Severity::Error, span, std::move(message)});
  else if (diagnostics_.size() == kMostDiagnostics)
    diagnostics_.push_back(
        {Severity::Error, span, fmt::format("more than {} errors; the rest is not shown", kMostDiagnostics)});
}

void Parser::fail_at(Span span, std::string message) {
  note_error(span, std::move(message));
  panic_ = true;
}

void Parser::fail_unexpected(size_t first) {
  bool where = false;
  for (size_t i = first; i < at_; ++i)
    where |= lexed_.tokens[i].kind == TokenKind::Word && small_ascii(lexed_.tokens[i].text) == "where";
  fail_here(fmt::format(
      "{} is not expected here{}", shown(),
      where && window_next() ? "; where takes one comparison, more stand in parentheses: where (... and ...)" : ""));
}

// To where a chain of conditions inside `depth` parentheses can go on.
void Parser::synchronise(int depth) {
  for (; !at_end() && !at_statement() && token().depth >= depth; ++at_)
    if (token().depth == depth && (is("and") || is("or") || is("xor") || is(","))) break;
  panic_ = false;
}

bool Parser::enter(Span span) {
  if (++nesting_ <= kDeepestNesting) return true;
  fail_at(span, fmt::format("nested deeper than {} levels; give a part a name with let", kDeepestNesting));
  return false;
}

// --- definitions

bool Parser::at_statement(size_t ahead) const {
  if (!token(ahead).starts_line) return false;
  const bool known =
      std::ranges::any_of(kStatements, [&](const Statement& s) { return is(s.word, ahead); }) || is("label", ahead);
  const bool named = is_kind(TokenKind::Word, ahead + 1) || is_kind(TokenKind::Text, ahead + 1);
  if (known)
    return is("=", ahead + 1) || (named && (is("=", ahead + 2) || is("id", ahead + 2) || is("zone", ahead + 2) ||
                                            !token(ahead + 1).starts_line));
  // A slip in the first word: sgment "X" = ...
  return named && is("=", ahead + 2) && is_kind(TokenKind::Word, ahead) && !is_reserved(token(ahead).text) &&
         nearest_name(token(ahead).text, statement_words()).has_value();
}

Parsed Parser::definitions() {
  Parsed out;
  while (!at_end()) {
    const size_t first = at_;
    if (auto read = definition()) {
      if (!panic_ && !at_end() && !at_statement()) fail_unexpected(first);
      out.definitions.push_back(std::move(*read));
    }
    if (at_ == first) ++at_;
    while (!at_end() && panic_ && !at_statement()) ++at_;
    panic_ = false;
    nesting_ = 0;
    scope_ = {};
    then_.reset();
  }
  out.last_note = token().comment_before;
  out.diagnostics = std::move(diagnostics_);
  return out;
}

std::optional<Definition> Parser::definition() {
  const size_t first = at_;
  Definition out{.note = token().comment_before};
  const auto statement = std::ranges::find_if(kStatements, [&](const Statement& s) { return is(s.word); });
  if (statement == kStatements.end()) {
    if (is("label")) {
      refuse_later_version("label");
    } else {
      const auto words = statement_words();
      fail_here(fmt::format("a definition begins with event, let, score or segment, not {}{}", shown(),
                            is_kind(TokenKind::Word) ? did_you_mean(token().text, words) : ""));
    }
    return std::nullopt;
  }
  ++at_;
  out.kind = statement->kind;
  if (out.kind == DefinitionKind::Segment) {
    define_segment(out);
  } else {
    const auto name = definition_name(statement->word);
    if (!name) return std::nullopt;
    out.name = out.slug = *name;
    clauses_of(out);
    if (!expect("=", fmt::format("after {} {}", statement->word, *name))) return std::nullopt;
    if (out.kind == DefinitionKind::Event)
      define_event(out);
    else if (out.kind == DefinitionKind::Score)
      define_score(out);
    else
      out.body = condition();
  }
  out.span = span_from(first);
  // Comments inside a definition are kept, before it.
  for (size_t i = first + 1; i < at_; ++i)
    if (!lexed_.tokens[i].comment_before.empty())
      out.note += (out.note.empty() ? "" : "\n") + lexed_.tokens[i].comment_before;
  return out;
}

std::optional<std::string> Parser::definition_name(std::string_view kind) {
  if (!is_kind(TokenKind::Word)) {
    fail_here(fmt::format("expected a name of letters, digits and '_' after {}, found {}", kind, shown()));
    return std::nullopt;
  }
  if (is_reserved(token().text)) {
    fail_here(fmt::format("'{0}' is a word of the language; choose another name, such as {0}_1", token().text));
    return std::nullopt;
  }
  return lexed_.tokens[at_++].text;
}

// zone "Europe/Berlin" and currency "EUR", in any order, each at most once.
void Parser::clauses_of(Definition& out) {
  for (bool has_zone = false, has_currency = false; !panic_;) {
    if (is("zone") && !std::exchange(has_zone, true))
      zone_of(out);
    else if (is("currency") && !std::exchange(has_currency, true))
      currency_of(out);
    else
      return;
  }
}

void Parser::currency_of(Definition& out) {
  if (!take("currency")) return;
  if (!is_kind(TokenKind::Text))
    return fail_here(fmt::format("expected a currency in quotes, such as \"EUR\", found {}", shown()));
  const auto code = currency_code(token().text);
  if (!code) return fail_here(fmt::format("{} is no code of a currency, such as \"EUR\"", shown()));
  ++at_;
  out.currency = *code;
}

void Parser::zone_of(Definition& out) {
  if (!take("zone")) return;
  if (!is_kind(TokenKind::Text))
    return fail_here(fmt::format("expected a zone in quotes, such as \"Europe/Berlin\", found {}", shown()));
  if (auto zone = Zone::named(token().text); !zone) return fail_here(zone.error().message);
  out.zone = lexed_.tokens[at_++].text;
}

void Parser::define_event(Definition& out) {
  const size_t first = at_;
  out.event = event_pattern(Style::Function);
  out.event.span = span_from(first);
}

void Parser::define_segment(Definition& out) {
  if (!is_kind(TokenKind::Text) && !is_kind(TokenKind::Word))
    return fail_here(fmt::format("expected the segment's name in quotes, found {}", shown()));
  const Span name_at = token().span;
  out.name = std::string(trim(lexed_.tokens[at_++].text));
  out.slug = slug_of(out.name);
  if (out.name.empty()) return fail_at(name_at, "a segment needs a name");
  if (take("id")) {
    if (!is_kind(TokenKind::Text) || !is_slug(token().text))
      return fail_here(fmt::format("an id is small letters, digits and '-' in quotes, such as \"{}\"; found {}",
                                   out.slug.empty() ? "lapsed-buyers" : out.slug, shown()));
    out.slug = lexed_.tokens[at_++].text;
  }
  if (out.slug.empty())
    return fail_at(name_at, "no id can be made of this name; give one: segment \"...\" id \"some-id\" = ...");
  clauses_of(out);
  if (!expect("=", "after the segment's name")) return;
  out.body = condition();
}

// 2 * "Product Viewed" + 10 * "Product Added" - refund half-life 3 days [in the last 90 days]
void Parser::define_score(Definition& out) {
  const size_t first = at_;
  Score score;
  bool more = true;
  for (int64_t sign = take("-") ? -1 : 1; more && !panic_;) {
    Score::Term term{.weight = Number::of(1)};
    if (number_here()) {
      term.weight = number_of_token();
      expect("*", "between a weight and its event");
    }
    term.events = event_pattern(Style::Term);
    if (take("*"))
      term.weight = number_here() ? number_of_token() : (fail_here("expected a weight after '*'"), Number{});
    term.weight.micros *= sign;
    score.terms.push_back(std::move(term));
    more = is("+") || is("-");
    sign = is("-") ? -1 : 1;
    if (more) ++at_;
  }
  const auto half_life = [&] {
    if (!take("half - life") && !take("half life") && !take("half_life")) return;
    const Span at = token().span;
    score.half_life = duration("half-life");
    if (!panic_ && score.half_life->ms <= 0) fail_at(at, "a half-life is longer than nothing");
  };
  half_life();
  score.window = window();
  if (!score.half_life) half_life();
  out.body = expr(first, std::move(score));
}

void Parser::refuse_later_version(std::string_view what) {
  fail_here(fmt::format("{} comes with a later version of the language", what));
}

ParsedExpression Parser::expression() {
  ParsedExpression out;
  if (at_end() && !diagnostics_.empty()) {
    panic_ = true;  // nothing could be read, and that was said
  } else if (at_end()) {
    fail_here("an empty text; write a condition, such as: at least 2 order in the last 30 days");
  } else {
    out.expr = condition();
    if (!panic_ && !at_end()) fail_unexpected(0);
  }
  out.diagnostics = std::move(diagnostics_);
  return out;
}

Parsed parse_definitions(std::string_view source) {
  return Parser(source).definitions();
}
ParsedExpression parse_expression(std::string_view source) {
  return Parser(source).expression();
}

const Expr* anchor_of(const Expr& condition) {
  const Exprs* operands = nullptr;
  if (const auto* compare = std::get_if<Compare>(&condition.node)) operands = &compare->operands;
  if (const auto* between = std::get_if<Between>(&condition.node)) operands = &between->operands;
  if (const auto* within = std::get_if<Within>(&condition.node)) operands = &within->instant;
  if (!operands || operands->empty()) return nullptr;
  const Expr* subject = &operands->front();
  if (const auto* ago = std::get_if<Ago>(&subject->node)) subject = ago->instant.empty() ? subject : &ago->instant[0];
  const auto* aggregate = std::get_if<Aggregate>(&subject->node);
  const bool is_time =
      aggregate && (aggregate->kind == AggregateKind::FirstTime || aggregate->kind == AggregateKind::LastTime);
  return is_time ? subject : nullptr;
}

}  // namespace tessera::language

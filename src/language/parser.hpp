// The recursive-descent parser behind parse.hpp, one function a rule. It never looks back: which rule applies is
// decided by the next few tokens. After an error it stays quiet (panic) until the next `and`, `or` or definition, where
// it goes on; so one text gives several errors, and none of them is the echo of another.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/lex.hpp"
#include "language/parse.hpp"

namespace tessera::language {

class Parser {
 public:
  explicit Parser(std::string_view source);
  Parsed definitions();
  ParsedExpression expression();

 private:
  // --- tokens (parser.cpp)
  const Token& token(size_t ahead = 0) const;
  bool at_end() const { return token().kind == TokenKind::End; }
  bool is(std::string_view words, size_t ahead = 0) const;  // the next tokens read so: "in the last", "(", "none of ("
  bool is_kind(TokenKind kind, size_t ahead = 0) const { return token(ahead).kind == kind; }
  bool take(std::string_view words);
  // The first of the phrases that stands here, taken; empty if none.
  bool expect(std::string_view words, std::string_view why = {});
  Span span_from(size_t first_token) const;
  Expr expr(size_t first_token, auto node) const {
    return Expr{.node = std::move(node), .span = span_from(first_token)};
  }
  std::string shown(size_t ahead = 0) const;  // the next token, for messages
  // All of these report nothing while in panic.
  void fail_here(std::string message) { fail_at(token().span, std::move(message)); }
  void fail_at(Span span, std::string message);
  void fail_unexpected(size_t first);
  void note_error(Span span, std::string message);  // without panic: parsing goes on
  void synchronise(int depth);
  bool enter(Span span);  // false beyond kDeepestNesting
  void leave() { --nesting_; }

  // --- definitions (parser.cpp)
  bool at_statement(size_t ahead = 0) const;
  std::optional<Definition> definition();
  void define_event(Definition& out);
  void define_score(Definition& out);
  void define_segment(Definition& out);
  void clauses_of(Definition& out);
  void zone_of(Definition& out);
  void currency_of(Definition& out);
  std::optional<std::string> definition_name(std::string_view kind);
  void refuse_later_version(std::string_view what);

  // --- conditions (parse_condition.cpp)
  Expr condition();
  Expr chain(LogicOp op, std::string_view word, Expr (Parser::*operand)());
  Expr xor_chain();
  Expr and_chain();
  Expr negation();
  Expr predicate();
  std::optional<Expr> readable();
  std::optional<Expr> grouped();  // none of (...), at least 2 of (...)
  std::optional<Expr> counted();
  std::optional<Expr> happened();
  std::optional<Expr> some_element();
  Expr count_condition(size_t first, CompareOp op, Number count, Span at);
  Expr count_between(size_t first);
  Expr in_segment(size_t first, bool negated);
  Exprs list_of_conditions();
  bool number_here(size_t ahead = 0) const;

  Expr tail(size_t first, Expr left);
  bool is_closed(size_t first) const;
  std::optional<Expr> tail_is(size_t first, Expr& left);
  std::optional<Expr> tail_quantity(size_t first, Expr& left);
  std::optional<Sliding> sliding_ahead_or_back();
  std::optional<Expr> tail_time(size_t first, Expr& left, bool negated);
  std::optional<Expr> tail_text(size_t first, Expr& left, bool negated);
  std::optional<Expr> tail_list(size_t first, Expr& left, bool negated);
  Expr tail_between(size_t first, Expr left, bool negated);
  Expr compare(size_t first, CompareOp op, Expr left, Expr right) const;
  Exprs items();

  // --- values (parse_value.cpp)
  Expr value();
  Expr product();
  Expr factor();
  Expr primary();
  Expr number();
  Expr function();
  Expr aggregate(size_t first, AggregateKind kind);
  Expr last_or_first();
  Expr name_or_property();
  std::string name_after(std::string_view keyword);
  std::string path_rest(std::string first);
  std::optional<Duration> duration_here();  // nothing where no number with a unit stands here
  bool shares_unit() const;
  Duration first_duration(std::string_view after);  // of two, the unit of which may stand behind the second alone
  Duration duration(std::string_view after);
  std::optional<Instant> instant_here();
  bool calendar_word(size_t ahead) const;
  void refuse_calendar(size_t ahead);
  Number number_of_token();

  // --- events and windows (parse_event.cpp)
  enum class Style { Readable, Function, Term };  // Term: of a score, where `+` goes on with the next term
  struct Selected {
    EventPattern events;
    std::string path;  // "products.category" of order.products.category
    Span path_span;
  };
  Selected selection(Style style);
  EventPattern event_pattern(Style style);  // a selection without a property
  void event_names(EventPattern& out, Style style);
  void filter(EventPattern& out, Style style);
  void settle_path(Selected& selected, bool wants_property, std::string_view function);
  Window window();
  std::optional<Window> window_here();
  bool window_next() const;
  Window since();
  Window between_window();
  std::optional<Window> age_window();

  struct Scope {
    bool in_where = false;
    std::vector<std::string> prefixes;  // order.total is total here
  };

  std::string_view source_;
  Lexed lexed_;
  size_t at_ = 0;
  bool panic_ = false;
  int nesting_ = 0;
  Scope scope_;
  std::optional<Expr> then_;  // what `since then` means here
  Diagnostics diagnostics_;
};

}  // namespace tessera::language

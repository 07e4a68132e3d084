// Text to tree. Reports every error it finds, not the first; what it could not read is left out of the tree.
//
// How tightly the words bind, tightest first: * and /, + and -, comparisons, not, and, xor, or. `where` in a readable
// condition takes one comparison (more in parentheses); in an `event` definition and inside a function it takes all up
// to the comma or the end. The grammar is in docs/language.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "language/diagnostic.hpp"
#include "language/tree.hpp"

namespace tessera::language {

// Beyond these a text is refused: no person wrote it.
inline constexpr size_t kLargestSource = 4 << 20;  // bytes
inline constexpr int kDeepestNesting = 200;        // parentheses, not, operators to the left of one another
inline constexpr size_t kMostDiagnostics = 100;    // of one text; the rest is counted

struct Parsed {
  std::vector<Definition> definitions;
  std::string last_note;  // comment lines after the last definition
  Diagnostics diagnostics;
  bool ok() const { return !has_errors(diagnostics); }
};
Parsed parse_definitions(std::string_view source);

struct ParsedExpression {
  Expr expr;
  Diagnostics diagnostics;
  bool ok() const { return !has_errors(diagnostics); }
};
// One condition or value, as in `segments count -e 'EXPR'`.
ParsedExpression parse_expression(std::string_view source);

// The condition that `since then` after it in the same chain of `and`s refers to: one on the time of the first or last
// event of a kind. Null where the expression is none.
const Expr* anchor_of(const Expr& condition);

// Words that cannot name a let, a score, an event, or (without quotes) a property.
bool is_reserved(std::string_view word);

}  // namespace tessera::language

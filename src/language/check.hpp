// Tree to program: every name resolved (in any order of writing), aliases replaced by what they stand for, every type
// inferred, definitions put in an order in which each uses only earlier ones. Reports everything it finds.
//
// Errors: an unknown let, score, segment or alias; a cycle (with its path); a name or id given twice; types that cannot
// meet, also with what the record knows (a text compared with a property that is only ever a number). Warnings: an
// event, property or trait never seen, with the nearest that was.
#pragma once

#include <span>
#include <vector>

#include "language/diagnostic.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

struct Checked {
  // The given definitions and, of the known ones, those they use. Meaningless where there are errors.
  Program program;
  // Of each given definition, its index in the program; UINT32_MAX for an event definition (aliases are replaced).
  std::vector<uint32_t> given;
  Diagnostics diagnostics;  // places are in the text of the given definitions
  bool ok() const { return !has_errors(diagnostics); }
};

// `known` are definitions applied before, already checked; a given one of the same kind and slug replaces it.
Checked check(std::vector<Definition> definitions, const Schema& schema, std::span<const Definition> known = {});

// One expression of parse_expression(): its definition is the program's last, a segment (slug "") if it is a condition,
// else a let. program.definitions.back().body.type says which.
Checked check_expression(Expr expr, const Schema& schema, std::span<const Definition> known = {});

}  // namespace tessera::language

// Tree to program: every name resolved (in any order of writing), aliases replaced by what they stand for, every type
// inferred, definitions put in an order in which each uses only earlier ones. Reports everything it finds.
//
// Errors: an unknown let, score, segment or alias; a cycle (with its path); a name or id given twice; types that cannot
// meet, also with what the record knows (a text compared with a property that is only ever a number). Warnings: an
// event, property or trait never seen, with the nearest that was.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "language/diagnostic.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

using Settled = std::shared_ptr<const Schema>;  // as Definition::settled

struct Checked {
  // The given definitions and, of the known ones, those they use. Meaningless where there are errors.
  Program program;
  // Of each given definition, its index in the program; UINT32_MAX for an event definition (aliases are replaced).
  std::vector<uint32_t> given;
  std::vector<Settled> settled;  // of each given definition: all that it found by the names in it
  std::vector<size_t> nodes;     // of each given definition, as kMostNodes counts them
  Diagnostics diagnostics;       // places are in the text of the given definitions
  bool ok() const { return !has_errors(diagnostics); }
};

// `known` are definitions applied before, already checked; a given one of the same kind and slug replaces it.
Checked check(std::vector<Definition> definitions, const Schema& schema, std::span<const Definition> known = {});

// Definitions of which one that is wrong leaves the others as they are: it is set aside, with those that use it.
struct SetAside {
  uint32_t given = 0;  // its index
  std::string why;
};
struct CheckedEach {
  Program program;              // without those
  std::vector<uint32_t> given;  // as in Checked; UINT32_MAX also for those
  std::vector<Settled> settled;
  std::vector<size_t> nodes;
  std::vector<SetAside> aside;  // ascending
};
CheckedEach check_each(std::vector<Definition> definitions, const Schema& schema,
                       std::span<const Definition> known = {});

// Settles definitions that were applied before there was anything to settle them with: `then` is what the record knew
// when that began. What contradicts it is read as if that name had never been seen.
void settle_old(std::vector<Definition>& definitions, const Schema& then);

// One expression of parse_expression(): its definition is the program's last, a segment (slug "") if it is a condition,
// else a let. program.definitions.back().body.type says which.
Checked check_expression(Expr expr, const Schema& schema, std::span<const Definition> known = {});

}  // namespace tessera::language

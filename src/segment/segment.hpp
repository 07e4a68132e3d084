// The front door of the segment language, in the order in which a definition goes through it:
//
//   text                       parse.hpp       parse_definitions, parse_expression: every error at once
//   (diagnostic.hpp) tree                       tree.hpp        what it means; print.hpp: the tree as canonical text;
//   tree_json.hpp: as JSON
//   + schema                   schema.hpp      what the record knows by name
//   = program                  check.hpp       check, check_expression: names resolved, types inferred, in order
//   plan                       plan.hpp        compile: all definitions as one graph, each expression once
//   + history                  bind.hpp        Bound::bind
//   = answers                  evaluate.hpp    evaluate, evaluate_all: members, values, when a membership may next
//   change
//
// library.hpp has ready-made definitions. The language itself is described in docs/language.md.
#pragma once

#include "language/check.hpp"
#include "language/diagnostic.hpp"
#include "language/library.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"
#include "language/tree_json.hpp"
#include "segment/bind.hpp"
#include "segment/evaluate.hpp"
#include "segment/plan.hpp"

namespace tessera::segment {

struct Asked {
  language::Program program;  // what is asked is its last definition
  std::string warnings;       // rendered; empty: none
};

// A condition in text, ready to compile: `segments count -e 'EXPR'`. Error: everything that is wrong with it, rendered;
// or that it is a value and no condition. `place`: what the text is called, in front of lines and columns.
Result<Asked> ask(std::string_view condition, const language::Schema& schema,
                  std::span<const language::Definition> known = {}, std::string_view place = {});

}  // namespace tessera::segment

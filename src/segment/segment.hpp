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

#include "segment/bind.hpp"
#include "segment/check.hpp"
#include "segment/diagnostic.hpp"
#include "segment/evaluate.hpp"
#include "segment/library.hpp"
#include "segment/parse.hpp"
#include "segment/plan.hpp"
#include "segment/print.hpp"
#include "segment/schema.hpp"
#include "segment/tree.hpp"
#include "segment/tree_json.hpp"

namespace tessera::segment {

struct Asked {
  Program program;       // what is asked is its last definition
  std::string warnings;  // rendered; empty: none
};

// A condition in text, ready to compile: `segments count -e 'EXPR'`. Error: everything that is wrong with it, rendered;
// or that it is a value and no condition. `place`: what the text is called, in front of lines and columns.
Result<Asked> ask(std::string_view condition, const Schema& schema, std::span<const Definition> known = {},
                  std::string_view place = {});

}  // namespace tessera::segment

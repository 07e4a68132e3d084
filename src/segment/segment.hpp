// The front door of the segment language, in the order in which a definition goes through it:
//
//     text
//       parse.hpp      parse_definitions, parse_expression: every error at once (diagnostic.hpp)
//     tree             tree.hpp: what it means; print.hpp: as canonical text; tree_json.hpp: as JSON
//       + schema       schema.hpp: what the record knows by name
//       check.hpp      check, check_expression: names resolved, types inferred, in order; ask.hpp: one condition
//     program                                                                          (so far the room language)
//       plan.hpp       compile: all definitions as one graph, each expression once
//     plan
//       + history      bind.hpp: Bound::bind
//       evaluate.hpp   evaluate, evaluate_all: members, values, when a membership may next change by time alone
//       timeline.hpp   the instants at which memberships flip
//       explain.hpp    words for the same values; outlook.hpp: what becomes of one customer by time alone
//     answers
//
// language/library.hpp has ready-made definitions. The language itself is described in docs/language.md.
#pragma once

#include "language/ask.hpp"
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

// The front door of the segment language, in the order in which a definition goes through it:
//
//   text         language/parse.hpp       parse_definitions, parse_expression: every error at once
//                                         (language/diagnostic.hpp)
//   = tree       language/tree.hpp        what it means; language/print.hpp: the tree as canonical text;
//                                         language/tree_json.hpp: as JSON
//   + schema     language/schema.hpp      what the record knows by name
//   = program    language/check.hpp       check, check_expression: names resolved, types inferred, in order
//                language/ask.hpp         ask: one condition that somebody typed
//   = plan       plan.hpp                 compile: all definitions as one graph, each expression once
//                runnable.hpp             runnable: of definitions in force what can be run; accept: new ones beside them
//                accepted.hpp             text_of: what was accepted, for the log
//   + history    bind.hpp                 Bound::bind
//   = answers    evaluate.hpp             evaluate, evaluate_all: members, values, when a membership may next change
//                timeline.hpp             timeline: the instants at which memberships turn
//                explain.hpp              explain: why is this customer in, or not?
//                outlook.hpp              outlook: what becomes of one customer if nothing more comes
//
// Behind evaluation: block.hpp (a block of customers, column by column), cuts.hpp (windows), decay.hpp (scores),
// rational.hpp (exact fractions). language/library.hpp has ready-made definitions. The language itself is described in
// docs/language.md.
//
// Large because every kind of node is bound, evaluated, bounded in time and explained: what knows one of these knows all.
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

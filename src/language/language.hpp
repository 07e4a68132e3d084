// The front door of the segment language, from text to program:
//
//   text       parse.hpp        parse_definitions, parse_expression: every error at once (diagnostic.hpp)
//              lex.hpp          lex: text to tokens
//              parser.hpp       Parser: one function a rule
//   = tree     tree.hpp         Definition, Expr: what it means
//              print.hpp        print: the tree as text, one way for each
//              text_operators.hpp  TextOperator: one row an operator of texts, whole
//              time_properties.hpp  TimeProperty: what every event has by its time alone
//              amounts.hpp      currency_in, mixed_currencies: in which currency an amount is meant
//              tree_json.hpp    to_json, definition_from_json
//              walk.hpp         for_each_child
//   + schema   schema.hpp       schema_of: what the record knows by name
//              record_schema.hpp  schema_of_record: and by what it reads times and amounts
//   = program  check.hpp        check, check_expression: names resolved, types inferred, in order
//              check_types.hpp  type_condition: the typing half
//              lookup.hpp       Lookup: what it finds by its names, once and for all
//              limits.hpp       how much may be written
//              node_count.hpp   count_nodes: how much is
//
//   ask.hpp      ask: a condition that somebody typed, ready to compile
//   uses.hpp     uses_of: which definitions one uses
//   users.hpp    Users: which use one
//   other_types.hpp  other_types: values that one does not see, for they came in another type
//   needs.hpp    needs_of: which events and properties they look at
//   library.hpp  library: ready-made segments
//   applied.hpp  applied_definitions: those of a record
//
// Large because text, tree and program are one language: what reads a word, what prints it and what gives it a type
// change together.
//
// segment/segment.hpp goes on from a program to members. The language itself is described in docs/language.md.
#pragma once

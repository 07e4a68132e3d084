// The typing half of the checker: gives every expression of one definition its type, or says why it has none.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "language/diagnostic.hpp"
#include "language/lookup.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

// What typing needs to know of the world. Names are resolved and aliases replaced before.
struct TypeContext {
  const Schema& schema;  // what the record knows now: for warnings
  Lookup& lookup;
  Diagnostics& diagnostics;
  // The body's type of a let or score already typed.
  std::function<Type(const Name&)> type_of_name;
  // How many decaying scores stand in it, through lets.
  std::function<int(const Name&)> decaying_scores;
  // Where a place asks for a type that the name never came in, the name is forgotten instead of refused: what was
  // applied before types were settled is to be read whatever came since.
  bool forgives = false;
  std::string_view currency = {};  // that the definition names for its amounts; empty: none
};

// Types `expr` as a condition: a Bool value becomes a comparison with true.
void type_condition(Expr& expr, const TypeContext& context);
// Types `expr` whatever it is and returns its type; Unresolved after an error.
Type type_any(Expr& expr, const TypeContext& context);
// A typed Bool value as a condition: it is compared with true, so that unknown stays unknown.
void compare_with_true(Expr& expr);
// Types the conditions of an event pattern (an alias' own definition).
void type_pattern(EventPattern& events, const TypeContext& context);

std::string_view name_of(Type type);  // "a number", "a text", ...

}  // namespace tessera::language

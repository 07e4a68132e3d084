// Amounts of money in definitions: in which currency a condition says its events are, and whether they came in several.
#pragma once

#include <optional>
#include <string>

#include "language/diagnostic.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"

namespace tessera::language {

// The one currency that all events have for which the condition holds: `currency = "JPY"`, alone or joined with `and`.
// nullopt: it leaves several, or says nothing of it.
std::optional<std::string> currency_in(const Expr& where);

// Where the amounts of that name came in several currencies: what is to be said of a definition that names none.
std::optional<Diagnostic> mixed_currencies(const Schema& schema, const EventPattern& events,
                                           const std::string& property, Span span);

}  // namespace tessera::language

// The history of a record for a report over all of it: amounts in the record's currency.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "profiles/history.hpp"
#include "store/database.hpp"
#include "workspace/open.hpp"

namespace tessera::workspace {

// Everything there is, as known then; what the definitions in force read in other currencies stays theirs
// (profiles/home_amounts.hpp).
// `texts`: conditions and definitions that are asked over it beside these.
Result<profiles::History> load_to_report(store::Connection& connection, Instant known_at,
                                         const std::vector<language::Definition>& known,
                                         std::span<const std::string> texts = {});
// Definitions that such a report found, as they are applied: those over amounts that came in several currencies name the
// record's, where none was set for it; they would be refused otherwise. `schema`: of the record.
std::string with_currency(std::string text, const language::Schema& schema);

// By which definitions over it are checked: what is asked in it is in the record's currency, whatever came.
language::Schema schema_to_report(language::Schema schema);

}  // namespace tessera::workspace

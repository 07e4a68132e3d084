// The history of a record for a report over all of it: amounts in the record's currency.
#pragma once

#include <string>

#include "profiles/history.hpp"
#include "store/database.hpp"
#include "workspace/open.hpp"

namespace tessera::workspace {

// Everything there is, as known then; what the definitions in force read in other currencies stays theirs
// (profiles/home_amounts.hpp).
Result<profiles::History> load_to_report(store::Connection& connection, Instant known_at,
                                         const std::vector<language::Definition>& known);
// Where the record's amounts came in several currencies and none was set for it: the one in which a report over it read
// them. Definitions that it found say so (with_currency), for they would be refused otherwise. Empty: nothing is to be said.
std::string currency_to_say(const language::Schema& schema);
std::string with_currency(std::string text, const std::string& currency);

// By which definitions over it are checked: what is asked in it is in the record's currency, whatever came.
language::Schema schema_to_report(language::Schema schema);

}  // namespace tessera::workspace

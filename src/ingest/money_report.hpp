// What an import says of the money of orders: what the files speak of, what became of it, and that the two agree.
#pragma once

#include <string>

#include "core/json.hpp"
#include "ingest/findings.hpp"

namespace tessera::ingest {

// A list, one item a currency; empty where no row speaks of an order.
Json money_json(const Findings& findings);
std::string money_text(const Findings& findings);

}  // namespace tessera::ingest

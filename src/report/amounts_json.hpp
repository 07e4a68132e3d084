// Amounts that a report left out, for they are in other currencies than its own and have no rate.
#pragma once

#include <span>

#include "core/json.hpp"
#include "profiles/history.hpp"

namespace tessera::report {

// [{"event", "property", "currency", "values", "sum"}]; the sum as a number of that currency.
Json json_of_left_out(std::span<const profiles::LeftOut> left_out);

}  // namespace tessera::report

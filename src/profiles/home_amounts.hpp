// A whole history whose amounts are read as one: in the record's currency, in place of what came. For reports, which add up
// everything and would otherwise add yen to euros. What cannot be converted is taken out, and counted.
#pragma once

#include <span>

#include "profiles/money.hpp"

namespace tessera::profiles {

// Sets History::currency and History::left_out (by event, property and currency). `wants`: what definitions read in other
// currencies of it; they keep what came. O(rows of events that name a currency); nothing changes where all is in the
// record's.
void read_in_home(History& history, std::span<const MoneyWant> wants, const MoneyBook& book);

}  // namespace tessera::profiles

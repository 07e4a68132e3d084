// The zone of a record: by its calendar $hour, $weekday, $month and $day of events are read where neither a definition
// nor a question names another.
#pragma once

#include <string>

#include "core/time.hpp"
#include "store/record.hpp"

namespace tessera::store {

// Empty: none was set, which is UTC.
Result<std::string> zone_of_record(Connection& connection);
// Where a server has told members, its next start tells what is different by the new zone.
Result<void> set_zone(Record& record, const Zone& zone, Instant now);

}  // namespace tessera::store

// How many values the record has of one property in one type.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"
#include "profiles/history.hpp"
#include "profiles/tables.hpp"
#include "store/database.hpp"

namespace tessera::profiles {

// 0 where it has no such column. Reads the column's nulls: about 10 ms for a million rows.
Result<uint64_t> count_values(store::Connection& connection, const EventTables& tables, StreamName stream,
                              std::string_view property, PropertyType type, bool is_list);

}  // namespace tessera::profiles

// A mapping settled on one file: for each column how its values are read (which decimal mark, which form of time,
// "17850.0" as 17850), and for the file its zone and currency. Made once from the profile; what cannot be settled
// without asking is an error whose remedy is the flag to paste.
#pragma once

#include <optional>

#include "core/time.hpp"
#include "formats/mapping.hpp"
#include "formats/profile.hpp"

namespace tessera::formats {

struct PlanOptions {
  DateOrder dates = DateOrder::Unsaid;
  std::optional<std::string> zone;      // "UTC", "Europe/London", "none"
  std::optional<DecimalMark> decimals;  // unsaid: by the column's values
  std::string currency;                 // overrides the mapping's; for rows that say none
  bool semicolons = false;              // the file's delimiter, a hint about decimals
  bool zone_may_be_unknown = false;     // presets: do not insist on a zone
};

struct ColumnPlan {
  Binding binding;
  size_t column = 0;
  ValueType type = ValueType::Text;  // never Auto
  DecimalMark mark = DecimalMark::Point;
  std::vector<TimeForm> forms;  // of a time: tried in order
  bool float_ids = false;
};

struct Plan {
  Mapping mapping;
  std::vector<ColumnPlan> columns;
  std::string currency;
  std::optional<Zone> zone;        // nullopt: local times are kept as if UTC
  bool zone_known = false;         // false: features of the hour must stay out
  std::vector<std::string> notes;  // what was decided, a sentence each
};

// `file` names the place of errors.
Result<Plan> settle(Mapping mapping, const TableProfile& profile, const PlanOptions& options, const std::string& file);

}  // namespace tessera::formats

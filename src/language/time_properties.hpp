// What every event has by its time alone: the time itself and, by the calendar of a zone, parts of it. They stand
// wherever a property stands; a sender's property never has one of these names.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "language/tree.hpp"

namespace tessera::language {

enum class TimePart : uint8_t { Time, Hour, Weekday, Month, Day };

struct TimeProperty {
  std::string_view name;
  TimePart part;
  Type type;
};
inline constexpr std::array<TimeProperty, 5> kTimeProperties{{{"$time", TimePart::Time, Type::Instant},
                                                              {"$hour", TimePart::Hour, Type::Number},
                                                              {"$weekday", TimePart::Weekday, Type::Number},
                                                              {"$month", TimePart::Month, Type::Number},
                                                              {"$day", TimePart::Day, Type::Number}}};

// Null where the name is none of them.
inline const TimeProperty* time_property(std::string_view name) {
  const auto found = std::ranges::find(kTimeProperties, name, &TimeProperty::name);
  return found == kTimeProperties.end() ? nullptr : &*found;
}

}  // namespace tessera::language

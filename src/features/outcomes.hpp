// What customers did in the last days up to an instant, as numbers: what hidden days are judged on, and what a goal is.
#pragma once

#include <string>
#include <vector>

#include "features/event_roles.hpp"
#include "features/measure.hpp"

namespace tessera::features {

struct Outcome {
  std::string name;    // "value", "repeat", "retention", "goal"
  std::string phrase;  // "net spend in the 90 days"
  bool yes_or_no = false;
  std::vector<double> values;  // of every customer of the history; yes is 1
  double mean = 0;             // of whoever it was asked of
};

// Value (money net of what was given back; main events, where there is no money), another main event, any event at all:
// within `horizon` up to at.as_of; and `expression` of the segment language, if it is not empty, as of at.as_of.
// Errors: the expression does not check.
Result<std::vector<Outcome>> measure_outcomes(const Setting& at, const EventRoles& parts, Duration horizon,
                                              std::string_view expression);

}  // namespace tessera::features

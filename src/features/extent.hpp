// From when to when does a record speak? Times that are not known do not count.
#pragma once

#include <span>
#include <string>

#include "profiles/history.hpp"

namespace tessera::features {

struct Extent {
  Instant first = kNever, newest = kEver;
  bool is_empty() const { return first > newest; }
  double days() const {
    return first < newest ? static_cast<double>((newest - first).ms) / static_cast<double>(kDay.ms) : 0;
  }
};

// Of all events, the system's own streams left out.
Extent extent_of(const profiles::History& history);
// Of the events of these names, up to an instant. Names that the history has not are passed over.
Extent extent_of(const profiles::History& history, std::span<const std::string> events, Instant until = kNever);

}  // namespace tessera::features

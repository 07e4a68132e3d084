// What became of the rows of an import.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/time.hpp"

namespace tessera::profiles {

struct IntakeOutcome {
  uint64_t entry = 0;   // number of the log entry; 0 where nothing was new and none was written
  uint64_t stored = 0;  // events, facts about traits not counted
  uint64_t trait_facts = 0;
  uint64_t duplicates = 0;  // rows whose fingerprint the record already had
  uint64_t customers = 0;   // customers of this intake's rows (new or known), after stitching
  uint64_t new_customers = 0;
  Instant from = kNever, to = kEver;  // of the events put down, duplicates included
  // Values that were kept as received (in the row's `extra`) because they do not fit an exact number: property ->
  // count.
  std::map<std::string, uint64_t> inexact;
  // Values of rare properties (tables.hpp), which are kept in `extra`, and of how many properties.
  uint64_t columnless_values = 0, columnless_properties = 0;
  uint64_t rejects = 0;  // new ones: the same reject of the same line is kept once
  uint64_t refused = 0;  // rows of customers who refused to be recorded: nothing of them is kept
};

}  // namespace tessera::profiles

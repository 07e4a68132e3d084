// A row that could not be used. One is kept whole for each rejected line.
#pragma once

#include <cstdint>
#include <string>

namespace tessera::profiles {

struct Reject {
  std::string source;  // file name
  uint64_t line = 0;   // 1-based line of the file where the row starts; of a batch that came in, which event
  std::string reason;  // a short stable code: "bad-time", "no-event-name"
  std::string value;   // the value that was wrong
  std::string row;     // the row as received (cut at 4 KB)
  std::string member;  // of a call, the member that is wrong: "timestamp", "batch[2].event"; empty: the whole of it
};

// An event that is named like a fact of the system (system_facts.hpp), which nobody outside can say.
inline constexpr const char* kReservedName = "reserved-event-name";

}  // namespace tessera::profiles

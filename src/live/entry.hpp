// An entry of the log as bytes: its kind, its instant, and what came in. Stored on disk, never change.
//   u8 kind, i64 learnt in ms, then
//   Events: submissions to the end, each three texts: source, type, body
//   Define: the text of the definitions; Remove: a segment's id; Ruling: JSON (profiles/ruling.hpp); Facts:
//   text_of(facts) (profiles/system_facts.hpp). A text is u32
//   length and bytes. Little endian.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::live {

enum class EntryKind : uint8_t {
  Events = 1,
  Tick = 2,
  Define = 3,
  Remove = 4,
  Ruling = 5,
  Facts = 6
};  // stored on disk, never renumber

struct LogEntry {
  struct Call {
    std::string_view source, type, body;
  };
  EntryKind kind = EntryKind::Tick;
  Instant learnt;
  std::vector<Call> calls;  // Events
  std::string_view text;    // Define, Remove, Ruling, Facts
};

std::string encode(const LogEntry& entry);
// Views into `bytes`. Error: no entry of this version.
Result<LogEntry> decode(std::string_view bytes);

}  // namespace tessera::live

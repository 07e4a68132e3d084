// An entry of the log as bytes: its kind, its instant, and what came in. Stored on disk, never change.
//   u8 kind, i64 learnt in ms, then
//   Events: submissions to the end, each three texts: source, type, body. Note: one, whose source is a reader's name
//   Define: the text of the definitions (versions up to 0.2); Accept: definitions that were checked and compiled, with
//   what they were settled with (segment/accepted.hpp); Remove: a segment's id; Ruling: JSON (profiles/ruling.hpp); Facts:
//   text_of(facts) (profiles/system_facts.hpp). A text is u32 length and bytes. Little endian.
//
// A new kind is said in two places, and where one is forgotten it does not compile: here (its number, its payload) and
// in fold_reader.cpp (what the fold makes of it). What needs the fold's help only to be logged in its order is a Note.
#pragma once

#include <optional>
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
  Facts = 6,
  Note = 7,  // of a reader of the log that a room above has given
  Accept = 8,
  Restate = 9,  // the record's time was set back: what the feed said last is compared with what is
};  // stored on disk, never renumber

// What is behind the instant: nothing, one text, or calls.
enum class Payload : uint8_t { None, Text, Calls };
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch"  // a kind that is forgotten here does not compile
// nullopt: a number that is no kind.
constexpr std::optional<Payload> payload_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::Tick:
      return Payload::None;
    case EntryKind::Events:
      return Payload::Calls;
    case EntryKind::Define:
      return Payload::Text;
    case EntryKind::Remove:
      return Payload::Text;
    case EntryKind::Ruling:
      return Payload::Text;
    case EntryKind::Facts:
      return Payload::Text;
    case EntryKind::Note:
      return Payload::Calls;
    case EntryKind::Accept:
      return Payload::Text;
    case EntryKind::Restate:
      return Payload::None;
  }
  return std::nullopt;
}
#pragma GCC diagnostic pop

struct LogEntry {
  struct Call {
    std::string_view source, type, body;
  };
  EntryKind kind = EntryKind::Tick;
  Instant learnt;
  std::vector<Call> calls;  // Payload::Calls
  std::string_view text;    // Payload::Text
};

std::string encode(const LogEntry& entry);
// Views into `bytes`. Error: no entry of this version.
Result<LogEntry> decode(std::string_view bytes);

}  // namespace tessera::live

// Facts that the system itself writes into a customer's history, beside the events that senders tell: traits, groups,
// what was decided about somebody; later consent, assignments to variants, scores. Each kind is a stream of its own
// and one row of the table below. Whoever treats such facts in a way of their own asks the row (is it counted? is it
// kept when the past is cut?), never the name.
//
// A stream is the system's by its row, never by spelling. The number of its row is stored with the stream wherever it
// goes: in the record (tessera.catalogue.system), on the wire of an import, in a page of the log's fold, in memory
// (Stream::system). "$pageview", which some sender likes to send, is an event of theirs like any other; so is an event
// "$assigned" that was sent before there was a row of that name: when a later version adds the row, the two are two
// streams, and what reads system facts reads by row. In definitions, which speak of names, a name means the sender's
// stream where the record has one, else the system's.
//
// Nobody outside can say a fact: an event that is sent under a name of the table is rejected ("reserved-event-name"),
// at the latest by the intake (intake.hpp), which takes rows of the system by row only. What calls say with a meaning
// of its own (identify, group) is put down under its row by `ingest`.
//
// Any room says facts with put(), of a record that no server has open or of a running engine (live::Engine::put): one
// law for both (import_intake.hpp, fold/inflow.hpp): who is unknown is an error and nothing is put; of one who refused
// to be recorded nothing is kept; a fact with a
// fingerprint is there once, however often it is put.
//
// A new system fact is a row here, its writer, and a case.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/number.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/identifiers.hpp"

namespace tessera::store {
class Record;
}  // namespace tessera::store

namespace tessera::profiles {

enum class SystemStream : uint8_t {
  None = 0,  // a sender's
  Identify = 1,
  Group = 2,
  Ruling = 3
};  // stored on disk, never renumber

// What was decided about a customer, by a person or by a detector. `$marked` is "bot", "staff" or "test", cleared when
// the mark is taken back; `$profiling` is false for those who refused it.
inline constexpr std::string_view kMarked = "$marked", kMarkedReason = "$marked_reason", kProfiling = "$profiling";
inline constexpr std::string_view kRuledBy = "$by";  // who decided it: a property, no trait

enum class PropertyType : uint8_t { Bool = 1, Number = 2, Text = 3 };  // stored on disk, never renumber

// A trait that is there in every record, whatever anybody has said.
struct SystemTrait {
  std::string_view name;
  PropertyType type;
};
inline constexpr SystemTrait kTraitsOfRulings[] = {
    {kMarked, PropertyType::Text}, {kMarkedReason, PropertyType::Text}, {kProfiling, PropertyType::Bool}};

struct SystemStreamRow {
  enum class Traits : uint8_t { None, Named, AllOthers };
  SystemStream stream;
  std::string_view name;
  std::string_view room;                 // which writes it
  bool is_counted = false;               // is one of "any event", and of the events that somebody did
  bool is_kept_whole = false;            // where the past is cut: it is no part of what was then to be seen
  Traits traits = Traits::None;          // which traits are its properties, each with its last known value
  std::span<const SystemTrait> named{};  // Traits::Named: these
};

inline constexpr SystemStreamRow kSystemStreams[] = {
    {.stream = SystemStream::Identify,
     .name = "$identify",
     .room = "ingest",
     .traits = SystemStreamRow::Traits::AllOthers},
    {.stream = SystemStream::Group, .name = "$group", .room = "ingest"},
    {.stream = SystemStream::Ruling,
     .name = "$ruling",
     .room = "profiles",
     .is_kept_whole = true,
     .traits = SystemStreamRow::Traits::Named,
     .named = kTraitsOfRulings},
};

// Null: a sender's.
constexpr const SystemStreamRow* row_of(SystemStream stream) {
  for (const SystemStreamRow& row : kSystemStreams)
    if (row.stream == stream) return &row;
  return nullptr;
}
constexpr bool is_counted(SystemStream stream) {
  const SystemStreamRow* row = row_of(stream);
  return !row || row->is_counted;
}
constexpr bool is_kept_whole(SystemStream stream) {
  const SystemStreamRow* row = row_of(stream);
  return row && row->is_kept_whole;
}
// None: no row has this name.
constexpr SystemStream system_stream_named(std::string_view name) {
  for (const SystemStreamRow& row : kSystemStreams)
    if (row.name == name) return row.stream;
  return SystemStream::None;
}
// No event can be sent under it: a name of the table, or what the record calls a row's stream where a sender's event
// has its name ("$assigned (system)").
inline constexpr std::string_view kOfSystem = " (system";
constexpr bool is_reserved(std::string_view event) {
  for (const SystemStreamRow& row : kSystemStreams)
    if (event.starts_with(row.name) &&
        (event.size() == row.name.size() || event.substr(row.name.size()).starts_with(kOfSystem)))
      return true;
  return false;
}
// Whose property a trait is.
constexpr SystemStream stream_of_trait(std::string_view trait) {
  SystemStream others = SystemStream::None;
  for (const SystemStreamRow& row : kSystemStreams) {
    if (row.traits == SystemStreamRow::Traits::AllOthers) others = row.stream;
    for (const SystemTrait& named : row.named)
      if (named.name == trait) return row.stream;
  }
  return others;
}

// Null: it is known by what came, if at all.
constexpr const SystemTrait* system_trait(std::string_view trait) {
  for (const SystemStreamRow& row : kSystemStreams)
    for (const SystemTrait& named : row.named)
      if (named.name == trait) return &named;
  return nullptr;
}

// Which stream: the system's by its row, else the sender's of that name.
struct StreamName {
  std::string_view event;  // of a row: the row's name
  SystemStream system = SystemStream::None;

  template <std::convertible_to<std::string_view> Text>
  constexpr StreamName(const Text& sent) : event(sent) {}
  // REQUIRES: a row, not None.
  constexpr StreamName(SystemStream stream) : event(row_of(stream)->name), system(stream) {}
  bool operator==(const StreamName&) const = default;
};

// A fact to be put down.
struct SystemFact {
  using Value = std::variant<std::nullptr_t, bool, Number, std::string>;  // nullptr_t: said null, cleared
  SystemStream stream = SystemStream::Ruling;
  NamedIdentifier who;  // one by whom the customer is known
  Instant time = kEver;
  std::vector<std::pair<std::string, Value>> values;
  uint64_t fingerprint = 0;  // identity, as of any row: put twice, it is there once; 0: each is one of its own
  bool operator==(const SystemFact&) const = default;
};

// As the log keeps them: [{"stream": 3, "who": {"user_id": "u1"}, "time": MS, "values": {...}, "fingerprint": N}].
std::string text_of(std::span<const SystemFact> facts);
// Error: this is no text of facts, or it names a row that this version does not know.
Result<std::vector<SystemFact>> parse_facts(std::string_view text);

// The row's: the fact's own, else of its place among all facts.
uint64_t fingerprint_of(const SystemFact& fact, uint64_t seq);

// Writes facts into a record that no server has open, as one entry. `description` of the entry, for people.
Result<void> put(store::Record& record, std::span<const SystemFact> facts, std::string_view description,
                 Instant learnt);

}  // namespace tessera::profiles

// Things that have a history of states as orders have, and no money that is a sale: appointments, claims, applications,
// bookings. A row says the state of one of them; the event is the thing and what became of it ("Appointment Missed"),
// told once of each thing, in whatever export it is seen first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera::formats {

enum class RecordState : uint8_t {
  Booked,
  Confirmed,
  Moved,
  Kept,
  Missed,
  Cancelled,
  Submitted,
  InReview,
  Approved,
  Declined,
  Withdrawn,
  Paid
};
// As --status takes it: "booked", "missed" ...
std::optional<RecordState> record_state_named(std::string_view name);
std::string_view name_of(RecordState state);
// What a word of a state column says, in five languages; nullopt: nobody knows.
std::optional<RecordState> state_of_record(std::string_view word);

// What a column with the bare name (guess_words.hpp) is the id of: "Appointment", "Claim" ...; empty: none of these.
std::string_view thing_of(std::string_view bare);
// The event by which it is told: "Appointment Missed".
std::string event_of_record(std::string_view thing, RecordState state);

}  // namespace tessera::formats

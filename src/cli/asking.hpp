// What the command line says, as the values that a use case takes (workspace/), and what it has to note beside the
// answer.
#pragma once

#include <optional>
#include <string>

#include "cli/command.hpp"
#include "workspace/workspace.hpp"

namespace tessera::cli {

// Who and what is asked about, as many commands take it.
inline constexpr Option kTheCustomer{.name = "ID",
                                     .value = "ID",
                                     .help = "A customer: a public id, any identifier, or as in email:ann@shop.com",
                                     .required = true,
                                     .noted = Noted::Customer};
inline constexpr Option kTheSegment{.name = "SEGMENT",
                                    .value = "SEGMENT",
                                    .help = "Name or id of an applied segment, or of one in FILE",
                                    .noted = Noted::Itself};

// By whose calendar a question reads times.
inline constexpr Option kTheZone{.name = "--zone",
                                 .value = "ZONE",
                                 .help = "Zone of $hour, $weekday, $month and $day, such as Europe/Berlin",
                                 .otherwise = "the record's, else UTC; a definition's own goes before it"};

// In which amounts are read.
inline constexpr Option kTheCurrency{.name = "--currency",
                                     .value = "CURRENCY",
                                     .help = "Currency in which amounts are read, such as EUR",
                                     .otherwise = "the record's; a definition's own goes before it"};

// Error: there is no such zone, or it is no currency.
Result<workspace::Look> look_of(const Context& context, const Arguments& given = {});
// Error where the record does not exist: says how to make one.
Result<workspace::Workspace> open(const Context& context, store::OpenMode mode = store::OpenMode::ReadOnly);
// The same for a command that looks from an instant (Looks::FromAnInstant): where that is none that anybody would think
// of, it is noted.
Result<workspace::Workspace> open_to_ask(const Context& context, const Arguments& given,
                                         store::OpenMode mode = store::OpenMode::ReadOnly);
void note_moment(const Context& context, const workspace::Moment& moment);
// By which times are written: the one given, else the record's.
Result<Zone> zone_of_times(const workspace::Workspace& workspace);
// Those of each -f FILE are known beside the definitions in force. Warnings are noted.
Result<void> lay_files_beside(const Context& context, workspace::Workspace& workspace, const Arguments& given);
// Usage error unless exactly one of SEGMENT and -e is given.
Result<workspace::Question> question_of(const Arguments& given);

void note_warnings(const Context& context, std::string warnings);
// Where an answer looks from now at events that ended long ago.
void note_nothing_since(const Context& context, std::optional<Instant> newest);

}  // namespace tessera::cli

// The letter: what happened between two instants, T and U, to the segments that are applied, in customers and in net
// money; who stands out; what fell silent; what to look at. letter() is pure: a history, definitions and what is known
// of sources and runs in, all figures out. letter_words.hpp makes sentences of them.
//
// Every change of a size or a sum is held against the same change in the periods of the same length before (as many as
// the record has, at most twelve; stats/usual.hpp), and a change is called more than usual only where it still is one
// after all of the letter's comparisons are corrected together (false discovery rate 5 %). Where there are too few
// periods, the comings and goings of a segment are held against chance alone, and sums against nothing: it says so.
//
// Who was in a segment at T is what was known at T, where the record knew most of what had happened by then; else
// (the past was imported later) it goes by dates. Periods before are as known now. People are counted as who they are
// known to be now, so two identifiers that turned out to be one are one at T as well. Entered and left are the
// difference of the two memberships, by the definition of now; who entered and left again in between is in neither.
#pragma once

#include "core/progress.hpp"
#include "core/result.hpp"
#include "language/schema.hpp"
#include "profiles/history.hpp"
#include "report/letter_figures.hpp"
#include "store/database.hpp"

namespace tessera::report {

// Versions that were learnt after U count as having been there all along: there was no other then.
Result<LetterDefinitions> letter_definitions(store::Connection& connection, Instant since, Instant until);

// Errors: T is not before U; a definition that does not check; a record without events.
Result<Letter> letter(const profiles::History& history, const language::Schema& schema, const LetterQuestion& question,
                      Progress& progress);

}  // namespace tessera::report

// A hunch: "those whose first order had a coupon come back less". Two conditions of the segment language about one
// customer, looked at across an instant in the past, the cut-off:
//
//   IF       as of the cut-off (T less the horizon), with what was known then
//   OUTCOME  as of T, an ordinary condition like any other; it speaks of the horizon where its windows do
//
// What leaks is kept out. An outcome is asked twice as of T: with everything, and with what happened up to the cut-off
// alone. Where the two agree for everybody who is on one side, that side was settled before the horizon began
// ("at least 3 orders" of who had three): it is left out and counted, and only customers are compared whose outcome
// could still turn. For who is refused, marked or unknown to the record at the cut-off the question is not asked.
//
// The comparison is stats/matching.hpp's: with customers alike in recency, frequency, value and tenure at the cut-off,
// in the industry's words (features.hpp). An observation, never a cause: no word of the answer says otherwise.
#pragma once

#include "core/progress.hpp"
#include "core/result.hpp"
#include "language/schema.hpp"
#include "measure/hunch_figures.hpp"
#include "profiles/history.hpp"

namespace tessera::measure {

// Errors: a condition that does not check (with place and remedy); a record without events; a horizon longer than the
// record, or after its end.
Result<Hunch> hunch(const profiles::History& history, const language::Schema& schema, const HunchQuestion& question,
                    Progress& progress);

// Newcombe's interval of the difference of two independent rates (1998, method 10).
stats::Interval difference_interval(const HunchGroup& a, const HunchGroup& b);

}  // namespace tessera::measure

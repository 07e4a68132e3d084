// What do the segments say about what customers do next? The last days are hidden, segments are discovered in what came
// before, and judged on the hidden days: how well does membership foretell value, another main event, and any sign of
// life, beside what a marketer would use instead (quintile RFM, demographics)?
//
// Nothing of the hidden days reaches the discovery that is judged: it gets a history that ends there
// (profiles/past.hpp), and the mean of a group foretells its members only where they were not used to compute it
// (stats/predictive_power.hpp).
#pragma once

#include "core/progress.hpp"
#include "core/result.hpp"
#include "discover/discovery.hpp"
#include "language/schema.hpp"
#include "profiles/history.hpp"

namespace tessera::discover {

// REQUIRES: as_of is that of the discovery itself. Errors: as discover().
Result<Backtest> look_back(const profiles::History& history, const language::Schema& schema, const Options& options,
                           Instant as_of, Progress& progress);

}  // namespace tessera::discover

// What do the segments say about what customers do next? The last days are hidden, segments are discovered in what came
// before, and judged on the hidden days: how well does membership foretell value, another main event, and any sign of
// life, beside what a marketer would use instead (quintile RFM, demographics)?
//
// Nothing of the hidden days reaches the discovery that is judged: it gets a history that ends there
// (profiles/past.hpp), and the mean of a group foretells its members only where they were not used to compute it
// (stats/foretelling.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/progress.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "features/event_roles.hpp"
#include "features/outcomes.hpp"
#include "language/schema.hpp"
#include "profiles/history.hpp"
#include "stats/predictive_power.hpp"

namespace tessera::discover {

struct Options;

struct Contender {
  std::string name;  // "micro-segments", "quintile RFM", ...
  size_t groups = 0;
  std::vector<stats::Foretold> foretold;        // by outcome
  std::vector<stats::Figure> r2_less_segments;  // by outcome, in pairs; of the segments themselves 0
};

struct Backtest {
  std::string why_not;  // said where nothing could be hidden; then the rest is empty
  Duration hidden{0};
  Instant from, until;                      // hidden: (from, until]
  size_t customers = 0;                     // judged: with a main event before
  std::vector<features::Outcome> outcomes;  // values: of each judged
  std::vector<Contender> contenders;        // the segments first
  std::vector<std::string> said;            // sentences; where the segments do not beat RFM, that is the first
};

// REQUIRES: as_of is that of the discovery itself. Errors: as discover().
Result<Backtest> look_back(const profiles::History& history, const language::Schema& schema, const Options& options,
                           Instant as_of, Progress& progress);

}  // namespace tessera::discover

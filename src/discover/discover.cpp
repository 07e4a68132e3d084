#include "discover/discover.hpp"

#include "discover/backtest.hpp"
#include "discover/pipeline.hpp"

namespace tessera::discover {

Result<Discovery> discover(const profiles::History& history, const language::Schema& schema, const Options& options,
                           Progress& progress) {
  Discovery out = TRY(find_segments(history, schema, options, progress));
  if (options.hides) out.foresight = TRY(look_back(history, schema, options, out.as_of, progress));
  return out;
}

}  // namespace tessera::discover

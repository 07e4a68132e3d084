// Discover and keep: the record is read, its groups are found, and the run is kept in it, so that a later one finds them
// again and `adopt` can put them into use.
#pragma once

#include <string>
#include <string_view>

#include "core/progress.hpp"
#include "workspace/discovery_options.hpp"

namespace tessera::workspace {

struct Discovered {
  profiles::History history;  // that it was found in
  discover::Discovery found;
  std::string not_kept;  // why the run is not kept, though it should be; the discovery is none the worse
  Moment moment;         // from when it was looked, but for what `found` says of that where nobody said
};
// `by`: who asks, for the audit. The record is read first and open only meanwhile. Errors: as discover(); it was
// stopped (core/stop.hpp).
Result<Discovered> discover(Holder& holder, const Clock& clock, const DiscoveryWish& wish, std::string_view by,
                            Progress& progress);

}  // namespace tessera::workspace

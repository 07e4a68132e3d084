#include "discover/as_of.hpp"

#include <algorithm>

#include "features/extent.hpp"

namespace tessera::discover {

Instant as_of_for(const profiles::History& history, const Options& options) {
  if (options.as_of) return *options.as_of;
  const features::Extent extent = features::extent_of(history);
  if (!extent.is_empty()) return extent.newest + Duration{1};
  Instant newest = kEver;
  if (const profiles::Stream* facts = history.stream(profiles::SystemStream::Identify))
    for (const Instant at : facts->time) newest = std::max(newest, at);
  return newest > kEver ? newest + Duration{1} : options.today;
}

}  // namespace tessera::discover

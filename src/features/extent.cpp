#include "features/extent.hpp"

#include <algorithm>

namespace tessera::features {

namespace {

void extend(Extent& extent, const profiles::Stream& stream, Instant until) {
  for (const Instant at : stream.time)
    if (at > kEver && at <= until)
      extent.first = std::min(extent.first, at), extent.newest = std::max(extent.newest, at);
}

}  // namespace

Extent extent_of(const profiles::History& history) {
  Extent out;
  for (const profiles::Stream& stream : history.streams)
    if (stream.is_counted()) extend(out, stream, kNever);
  return out;
}

Extent extent_of(const profiles::History& history, std::span<const std::string> events, Instant until) {
  Extent out;
  for (const std::string& event : events)
    if (const profiles::Stream* stream = history.stream(event)) extend(out, *stream, until);
  return out;
}

}  // namespace tessera::features

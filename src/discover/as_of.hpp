// The instant at which a discovery measures everything.
#pragma once

#include "discover/discovery.hpp"
#include "profiles/history.hpp"

namespace tessera::discover {

// As it was asked; else just after the newest event; without events just after the newest fact that has a date; without
// dates today, which then says nothing.
Instant as_of_for(const profiles::History& history, const Options& options);

}  // namespace tessera::discover

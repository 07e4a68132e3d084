// Reads submissions of the tracking API, and the pieces of imports.
#pragma once

#include "live/engine.hpp"

namespace tessera::server {

live::MakeReader segment_reader();

}  // namespace tessera::server

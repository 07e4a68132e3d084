// Commands in a server: the same functions as at a terminal, on the record that the server lends them.
#pragma once

#include "server/commands.hpp"
#include "server/site.hpp"

namespace tessera::cli {

// Brings the record up to date, runs the command there and says what it says. REQUIRES: the service outlives it.
server::RunCommand lent_commands(server::Service& service);

}  // namespace tessera::cli

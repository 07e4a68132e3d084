// From words that were parsed to a command that runs in some world: the same at a terminal and in a server.
#pragma once

#include "cli/advice.hpp"

namespace tessera::cli {

inline constexpr std::string_view kDefaultStore = "tessera.duckdb";
bool is_address(std::string_view store);

// `store`: as the user gave it, or empty. Errors are of usage.
Result<Context> context_of(const Arguments& common, std::string store, const Clock& clock, Progress& progress,
                           World& world);

// Runs the command and says its error. The exit code.
int run_in(const Context& context, const Called& called);

}  // namespace tessera::cli

// The way of a discovery from what is known of customers to their segments, step by step; nothing of it looks at hidden
// days, so a backtest sends a shorter history the same way.
#pragma once

#include "core/progress.hpp"
#include "core/result.hpp"
#include "discover/discovery.hpp"
#include "language/schema.hpp"
#include "profiles/history.hpp"

namespace tessera::discover {

// Errors: as discover().
Result<Discovery> find_segments(const profiles::History& history, const language::Schema& schema,
                                const Options& options, Progress& progress);

}  // namespace tessera::discover

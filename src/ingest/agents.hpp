// Agents that are no person's: crawlers, monitors, scripts, browsers without a screen. Most are known from a published
// list (npm's crawler-user-agents, whose texts are taken as they are written there), the rest by what such programs call
// themselves.
#pragma once

#include <optional>
#include <string_view>

namespace tessera::ingest {

// What of the user agent gives it away; nullopt where nothing does.
std::optional<std::string_view> bot_of(std::string_view agent);

}  // namespace tessera::ingest

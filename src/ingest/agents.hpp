// Agents that are no person's: crawlers, monitors, scripts, browsers without a screen.
#pragma once

#include <optional>
#include <string_view>

namespace tessera::ingest {

// What of the user agent gives it away; nullopt where nothing does.
std::optional<std::string_view> bot_of(std::string_view agent);

}  // namespace tessera::ingest

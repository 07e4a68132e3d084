// The engine's answers as JSON, as the management API shows them; and decisions as it takes them.
#pragma once

#include <string>

#include "core/json.hpp"
#include "live/engine.hpp"

namespace tessera::server {

Json json_of(const fold::Value& value);
Json json_of(const live::SegmentState& segment);
Json json_of(const live::CustomerState& customer);
Json json_of(const live::Redefined& redefined);
Json json_of(const live::Ruled& ruled);
Json json_of(const live::ImportCounts& counts);
Json json_of(const live::Status& status);
Json json_of(const live::HeldClock& held);
Json json_of(const std::vector<std::string>& texts);
Json json_of(const std::vector<live::SetAside>& aside);
Json json_of(const std::vector<live::OtherValues>& others);

// Names of the sources that are silent.
std::vector<std::string> silent_sources(const live::Status& status);

// A decision as JSON (profiles/ruling.hpp); a customer may also be a text: a public id or any identifier. Error: what is
// wrong with it, or nobody is known by that name.
Result<live::Ruled> rule(live::Engine& engine, const std::string& text);

}  // namespace tessera::server

// What a report says of the hidden days: sentences, figures beside each other, and the same as JSON.
#pragma once

#include <string>

#include "core/json.hpp"
#include "discover/backtest.hpp"

namespace tessera::report {

// One line a way of grouping, for each outcome; plain text.
std::string text_of(const discover::Backtest& foresight);
Json to_json(const discover::Backtest& foresight);
// A section of the page: no text of the data is in it but what `safe` escapes.
std::string html_of(const discover::Backtest& foresight, std::string (*safe)(std::string_view));

}  // namespace tessera::report

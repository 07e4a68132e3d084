// What a report says of a group's needs: lines for the terminal, JSON, and a part of its card on the page.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"
#include "persona/benefits.hpp"

namespace tessera::report {

// One sentence a line, at most a few; plain text.
std::vector<std::string> lines_of(const persona::Needs& needs);
Json to_json(const persona::Needs& needs);
// No text of the data is in it but what `safe` escapes.
std::string html_of(const persona::Needs& needs, std::string (*safe)(std::string_view));

}  // namespace tessera::report

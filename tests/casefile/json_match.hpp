// JSON as a case file expects it: member by member, in any order, with places that are left open.
//
//   {"id": ..., "name": "Buyers", "note": "made at ...", "keys": [{"source": "web"}, ...], ...}
//
// A bare `...` stands for any value; as a member of an object or as the last item of a list, for any further ones. A
// text with `...` in it says how a text begins and ends. `...NAME` is any text, and is remembered by that name.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/json.hpp"

namespace tessera::cases {

using Remembered = std::map<std::string, std::string, std::less<>>;

// Whether the text is JSON with `...` in it, and `found` is such.
bool matches_json(std::string_view expected, const Json& found, Remembered& remembered);
// On several lines where it is long.
std::string shown_json(const Json& value);

}  // namespace tessera::cases

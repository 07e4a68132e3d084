// Writing CSV (RFC 4180). Reading it is formats/csv.hpp.
#pragma once

#include <string>
#include <string_view>

namespace tessera {

// A field, quoted where it must be.
std::string csv_field(std::string_view text);

}  // namespace tessera

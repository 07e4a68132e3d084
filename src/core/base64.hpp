// Base64 (RFC 4648, section 4): the standard alphabet, padded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera {

std::string base64_of(std::string_view bytes);
// nullopt where the text is not exactly what base64_of makes of some bytes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace tessera

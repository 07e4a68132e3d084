// Base64 (RFC 4648): written in the standard alphabet, padded (section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera {

std::string base64_of(std::string_view bytes);
// nullopt where the text is not exactly what base64_of makes of some bytes.
std::optional<std::string> from_base64(std::string_view text);
// As others write it: the standard alphabet or that for addresses (section 5), padded or not.
std::optional<std::string> from_any_base64(std::string_view text);

}  // namespace tessera

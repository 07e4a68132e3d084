// Files that are nobody else's business: a token, a keystore. Mode 0600 from the first byte on, whatever the umask.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera::store {

// The file has these bytes, on disk, when this returns; it is whole or as it was before.
Result<void> write_private(const std::string& path, std::string_view bytes);
// Takes away what group and others may do with a file or folder that is there. No error where it is not ours to change.
void make_private(const std::string& path);

}  // namespace tessera::store

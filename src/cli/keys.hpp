// What the verbs about keys and tokens share.
#pragma once

#include "cli/command.hpp"
#include "server/keys.hpp"

namespace tessera::cli {

// A server that lends its record goes by the keys it has read: it reads them again.
Result<void> tell_of_keys(const Context& context, store::Record& record);

}  // namespace tessera::cli

#include "cli/keys.hpp"

#include "server/site.hpp"

namespace tessera::cli {

Result<void> tell_of_keys(const Context& context, store::Record& record) {
  if (server::Service* const server = context.world.server()) return server->keys.load(record);
  return {};
}

}  // namespace tessera::cli

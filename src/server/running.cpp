#include "server/site.hpp"

namespace tessera::server {

std::span<const Route> running_routes() {
  return {};
}

}  // namespace tessera::server

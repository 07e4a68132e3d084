#include "server/site.hpp"

namespace tessera::server {

std::span<const Route> management_routes() {
  return {};
}

}  // namespace tessera::server

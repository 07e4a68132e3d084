#include "store/restate.hpp"

#include <string_view>

namespace tessera::store {

Result<void> note_to_restate(Connection& connection, Instant now) {
  TRY(connection.run(
      "INSERT INTO tessera.meta SELECT 'restate', ? WHERE EXISTS (SELECT 1 FROM tessera.change) AND NOT EXISTS (SELECT 1 "
      "FROM tessera.meta WHERE key = 'restate')",
      {std::string_view(text_of(now))}));
  return {};
}

}  // namespace tessera::store

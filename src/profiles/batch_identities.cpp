#include "profiles/batch_identities.hpp"

#include "store/database.hpp"

namespace tessera::profiles {

Result<void> KnownUsers::read(store::Connection& connection, const BatchIdentities& batch) {
  is_read_ = true;
  auto answer = TRY(connection.stream(
      fmt::format("SELECT value FROM tessera.identity WHERE kind = {}", static_cast<int>(IdentifierKind::UserId))));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) add(chunk->column(0).text(row));
  for (uint32_t index = 0; index < batch.size(); ++index)
    if (batch.kind(index) == IdentifierKind::UserId) add(batch.value(index));
  return {};
}

}  // namespace tessera::profiles

#include "server/lent_record.hpp"

#include "core/stop.hpp"

namespace tessera::server {

Result<std::shared_ptr<store::Record>> LentRecord::open_record(store::OpenMode mode) {
  std::shared_ptr<store::Record> record = TRY(service_.record.another());
  std::optional<store::Transaction> snapshot;
  if (mode == store::OpenMode::ReadOnly) snapshot.emplace(TRY(store::Transaction::begin_reading(record->connection())));
  const std::lock_guard lock(mutex_);
  TRY(go_on());
  lent_.emplace_back(record, std::move(snapshot));
  return record;
}

void LentRecord::interrupt() {
  const std::lock_guard lock(mutex_);
  for (const Lent& lent : lent_) lent.record->connection().interrupt();
}

Result<void> LentRecord::Engine::apply(const std::string& text) {
  TRY(engine_.apply_definitions(text));
  return {};
}

Result<void> LentRecord::Engine::remove(const std::string& slug) {
  TRY(engine_.remove_definition(slug));
  return {};
}

}  // namespace tessera::server

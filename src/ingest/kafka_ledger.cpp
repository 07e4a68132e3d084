#include "ingest/kafka_ledger.hpp"

#include <algorithm>

namespace tessera::ingest {

void KafkaLedger::log(int64_t offset, uint64_t place) {
  const auto found = std::ranges::lower_bound(flights_, offset, {}, &Flight::offset);
  if (found != flights_.end() && found->offset == offset) found->place = place;
}

std::optional<int64_t> KafkaLedger::land(uint64_t recorded_until) {
  while (!flights_.empty() && flights_.front().place != kWaiting && flights_.front().place < recorded_until) {
    landed_ = flights_.front().offset + 1;
    flights_.pop_front();
  }
  return landed_;
}

size_t KafkaLedger::waiting() const {
  return static_cast<size_t>(std::ranges::count(flights_, kWaiting, &Flight::place));
}

}  // namespace tessera::ingest

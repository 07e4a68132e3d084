// Of one partition: which messages are on their way into the record, and so up to where its offset may be committed.
// The offset to commit never passes a message that is not recorded, in whatever order the log speaks of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace tessera::ingest {

class KafkaLedger {
 public:
  // Offsets ascend; there may be gaps (compaction, transactions).
  void take(int64_t offset) { flights_.push_back({offset, kWaiting}); }
  // The last one taken was not taken after all.
  void untake() { flights_.pop_back(); }
  // Where in our log it is. An offset that is not on its way is none of ours: ignored.
  void log(int64_t offset, uint64_t place);
  // Lands what is logged before `recorded_until`, up to the first that is not. The offset from which a consumer would
  // go on: everything before is in the record. nullopt: nothing was recorded yet.
  std::optional<int64_t> land(uint64_t recorded_until);
  std::optional<int64_t> landed() const { return landed_; }

  size_t in_flight() const { return flights_.size(); }
  size_t waiting() const;  // of these, not yet in the log

 private:
  static constexpr uint64_t kWaiting = UINT64_MAX;
  struct Flight {
    int64_t offset;
    uint64_t place;
  };
  std::deque<Flight> flights_;
  std::optional<int64_t> landed_;
};

}  // namespace tessera::ingest

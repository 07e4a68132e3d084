// How much the engine holds, and for how long.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/result.hpp"
#include "core/time.hpp"
#include "profiles/identity.hpp"
#include "profiles/message_prints.hpp"
#include "store/database.hpp"

namespace tessera {
class Logger;
class Machine;
}  // namespace tessera

namespace tessera::live {

struct Settings {
  uint64_t queue_bytes = 64 << 20;    // not yet logged; beyond it submit() says Busy
  uint64_t behind_bytes = 256 << 20;  // logged and not yet applied; beyond it submit() says Busy
  // Ids of messages held for de-duplication, 8 bytes each at most 75 % full; between half of them and all (fold::Recent).
  uint64_t remembered_messages = 2 * profiles::kRememberedMessages;
  Duration remembered_for =
      profiles::kRememberedFor;       // at least, as long as the above is enough; the metric says when it was not
  uint64_t feed_changes = 1'000'000;  // changes kept in memory for subscribers; older ones are read from the record
  profiles::StitchLimits stitch;      // of a customer
  bool new_log = false;               // where the log is gone, another is begun
  Duration flush_after = kSecond;  // the record follows the log by about this much, or a writer's rest (RecordWriter)
  // Why nothing is recorded until it is started anew: every submission and decision is refused with this, what the log
  // has beyond the record stays there, and no timer fires. Nullopt: it records.
  std::optional<Error> recording_stopped{};
  uint64_t page_rows = 100'000;  // or by so many rows
  // Called in the transaction that brought new columns: classes of properties, decided above (privacy).
  std::function<Result<void>(store::Connection&)> classify;
  const Logger* logger = nullptr;    // must outlive the engine
  const Machine* machine = nullptr;  // likewise; null: the clock is believed always (log_clock.hpp)
};

}  // namespace tessera::live

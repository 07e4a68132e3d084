// A second whole copy of the record, and the way back from it.
#pragma once

#include <functional>
#include <string>

#include "core/progress.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "store/record.hpp"

namespace tessera::store {

struct BackupOutcome {
  uint64_t bytes = 0;
  uint64_t entries = 0;
  bool has_keystore = true;  // false: it was restored without, and nothing is recorded until somebody decides
};

// Writes the record to a new file that is itself a record, and its keystore beside it, and opens it to be sure. Error
// where `to` exists; `to` is whole or is not. REQUIRES: no transaction of this process is open on the record.
Result<BackupOutcome> backup(Record& record, const std::string& to, const Clock& clock, Progress& progress);

// The same while others go on writing to the record, and without holding them up but for a checkpoint: `while_still`
// runs its function while nothing is being recorded. The copy is of that moment. Error also where there is no room.
using WhileStill = std::function<Result<void>(const std::function<Result<void>()>&)>;
Result<BackupOutcome> backup_while_written(Record& record, const std::string& to, const Clock& clock,
                                           Progress& progress, const WhileStill& while_still);

// Makes the record `to` from a backup and the keystore beside that, if it is there; a keystore of the same record that
// lies beside `to` already stays. Never replaces a file: where `to` exists, the error says how to move it away.
Result<BackupOutcome> restore(const std::string& from, const std::string& to, const Clock& clock, Progress& progress);

}  // namespace tessera::store

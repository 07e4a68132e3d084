// From a buffer of rows into its table: the second half of an intake's flush.
#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <string>

#include "core/result.hpp"
#include "profiles/batch.hpp"
#include "profiles/identity.hpp"
#include "profiles/reject.hpp"
#include "profiles/tables.hpp"
#include "store/database.hpp"

namespace tessera::profiles {

// A row of the buffer that is no duplicate, and what the intake found out about it.
struct KeptRow {
  uint32_t index;  // in the buffer, ascending
  Seq seq;
  Profile profile;
  int64_t time;
  uint64_t fingerprint;
};

struct WrittenRows {
  std::map<std::string, uint64_t> raw;         // values received without exact or scalar form, by property
  std::map<std::string, uint64_t> columnless;  // values for which the table had no column left, by property
};

// REQUIRES: the table has grown by the buffer's columns as far as it can.
Result<WrittenRows> write_rows(store::Connection& connection, const EventTable& table, const RowBuffer& buffer,
                               std::span<const KeptRow> kept);

// Fills and puts `count` rows: fill(row of the block, first row of the block) for each.
template <typename Fill>
Result<void> write_blocks(store::Writer& writer, size_t count, const Fill& fill) {
  for (size_t from = 0; from < count; from += store::Writer::kRows) {
    const size_t rows = std::min(store::Writer::kRows, count - from);
    for (size_t row = 0; row < rows; ++row) fill(row, from);
    TRY(writer.put(rows));
  }
  return writer.finish();
}

// Rejects that the record does not have yet, of an entry; how many these were.
Result<uint64_t> write_rejects(store::Connection& connection, std::span<const Reject> rejects, uint64_t entry);

}  // namespace tessera::profiles

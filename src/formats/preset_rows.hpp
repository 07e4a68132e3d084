// Rows of an export as its preset wants them: with the columns that it makes of others, and without the rows that are
// neither orders nor events. What was left out is in the surroundings' notes.
#pragma once

#include <functional>

#include "formats/presets.hpp"
#include "formats/row.hpp"

namespace tessera::formats {

// Sees each row that is left out and whose money is the file's own.
using LeftOutSink = std::function<void(const Row&)>;

// The rows as they are, where the preset has nothing to make. REQUIRES: the columns are known at once (no JSON rows).
std::unique_ptr<RowReader> rows_of_preset(std::unique_ptr<RowReader> rows, const Preset& preset,
                                          LeftOutSink left_out = {});

}  // namespace tessera::formats

// What was accepted as an entry of the log has it: the texts, and with what they were settled (JSON). Taken in again after
// a restart, it means the same whatever the record has learnt since.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "segment/runnable.hpp"

namespace tessera::segment {

std::string text_of(const Accepted& accepted);
Result<Accepted> parse_accepted(std::string_view text);

}  // namespace tessera::segment

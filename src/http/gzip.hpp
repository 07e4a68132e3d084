// Bodies that come compressed, inflated up to a limit: a small one that would become a large one is stopped there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera::http {

enum class Inflated : uint8_t { Whole, TooLarge, Damaged };

// gzip or zlib, one or several members. `out` is at most `most` bytes.
Inflated inflate(std::string_view compressed, size_t most, std::string& out);
// gzip, for long answers and tests.
std::string gzipped(std::string_view text);

}  // namespace tessera::http

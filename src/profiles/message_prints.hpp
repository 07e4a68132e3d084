// What a message is known by when it comes again. SDKs of two sources may give the same messageId to two messages, so
// what is said at their doors is known by source and fingerprint. Rows of files and of topics are known by the
// fingerprint alone and are the same message as any source's: they are often what a source said, kept by somebody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::store {
class Connection;
}

namespace tessera::profiles {

// How long a server remembers a message, at least, while no more than so many came since: sent again after that, it is
// another one.
inline constexpr Duration kRememberedFor = kDay * 2;
inline constexpr uint64_t kRememberedMessages = 25'000'000;

// Stored on disk, never change.
uint64_t print_of_source(uint64_t fingerprint, std::string_view source);

// The sources that have spoken at a server's doors, as its record knows them.
Result<std::vector<std::string>> sources_heard(store::Connection& connection);

}  // namespace tessera::profiles

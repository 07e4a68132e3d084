// What routes read off the address of a request.
#pragma once

#include <optional>
#include <string_view>

#include "server/site.hpp"
#include "workspace/open.hpp"

namespace tessera::server {

inline constexpr size_t kPage = 1'000, kLargestPage = 10'000;

// The number in the query; nullopt where it is none in [least, most].
std::optional<size_t> number_in(const Call& call, std::string_view name, size_t otherwise, size_t most,
                                size_t least = 1);
// "limit"; nullopt where it is none in [1, kLargestPage], which bad_limit() says.
std::optional<size_t> limit_of(const Call& call);
http::Response bad_limit();
// An instant in the query; nullopt where there is none. Error: it is no instant.
Result<std::optional<Instant>> instant_in(const Call& call, std::string_view name);

// From when, as known when and by which zone the query asks: as_of (an instant, now or newest), known_at, zone. Errors are
// of usage.
Result<workspace::Look> look_in(const Call& call);

bool accepts(const http::Request& request, std::string_view type);

}  // namespace tessera::server

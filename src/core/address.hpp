// Where an IP address leads: to the internet, to this machine, or to somewhere inside that nobody outside should be
// able to send us to (server-side request forgery). By the registries of special addresses (RFC 6890 and successors);
// what is not known to be public counts as private.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tessera {

enum class Reach { Public, Loopback, Private };

// 4 or 16 bytes in network order. IPv4 inside IPv6 (mapped, NAT64) counts as what it is.
Reach reach_of(std::span<const uint8_t> ip);
// "10.0.0.1", "::1"; nullopt where the text is no address.
std::optional<Reach> reach_of(const std::string& ip);

}  // namespace tessera

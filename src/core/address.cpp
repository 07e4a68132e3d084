#include "core/address.hpp"

#include <cstring>

#include <arpa/inet.h>

#include "core/result.hpp"

namespace tessera {

namespace {

struct Block {
  std::array<uint8_t, 16> prefix;
  int bits;
  Reach reach;
};

constexpr Block kBlocks4[] = {
    {{127}, 8, Reach::Loopback},
    {{0}, 8, Reach::Private},             // this network
    {{10}, 8, Reach::Private},            // RFC 1918
    {{100, 64}, 10, Reach::Private},      // carriers' translation
    {{169, 254}, 16, Reach::Private},     // link-local; clouds answer secrets there
    {{172, 16}, 12, Reach::Private},      // RFC 1918
    {{192, 0, 0}, 24, Reach::Private},    // IETF assignments
    {{192, 0, 2}, 24, Reach::Private},    // documentation
    {{192, 88, 99}, 24, Reach::Private},  // 6to4 relays, withdrawn
    {{192, 168}, 16, Reach::Private},     // RFC 1918
    {{198, 18}, 15, Reach::Private},      // benchmarks
    {{198, 51, 100}, 24, Reach::Private},
    {{203, 0, 113}, 24, Reach::Private},
    {{224}, 3, Reach::Private},  // multicast, reserved, broadcast
    {{}, 0, Reach::Public},
};

constexpr Block kBlocks6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, Reach::Loopback},
    {{0x20, 0x01}, 23, Reach::Private},              // IETF assignments, Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32, Reach::Private},  // documentation
    {{0x20, 0x02}, 16, Reach::Private},              // 6to4: leads to any IPv4 address
    {{0x3f, 0xff}, 20, Reach::Private},              // documentation
    {{0x20}, 3, Reach::Public},                      // all that is public
    {{}, 0, Reach::Private},                         // unique local, link-local, multicast, all others
};

// Their last four bytes are an IPv4 address.
constexpr Block kCarriesIpv4[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, Reach::Private},  // mapped
    {{0, 0x64, 0xff, 0x9b}, 96, Reach::Private},                       // NAT64
};

bool lies_in(std::span<const uint8_t> ip, const Block& block) {
  for (int bit = 0; bit < block.bits; ++bit) {
    const auto byte = static_cast<size_t>(bit / 8);
    if (((ip[byte] ^ block.prefix[byte]) >> (7 - bit % 8)) & 1) return false;
  }
  return true;
}

}  // namespace

Reach reach_of(std::span<const uint8_t> ip) {
  VERIFY(ip.size() == 4 || ip.size() == 16);
  if (ip.size() == 16)
    for (const Block& block : kCarriesIpv4)
      if (lies_in(ip, block)) return reach_of(ip.subspan(12));
  for (const Block& block : ip.size() == 4 ? std::span<const Block>(kBlocks4) : std::span<const Block>(kBlocks6))
    if (lies_in(ip, block)) return block.reach;
  return Reach::Private;
}

std::optional<Reach> reach_of(const std::string& ip) {
  uint8_t bytes[16];
  if (inet_pton(AF_INET, ip.c_str(), bytes) == 1) return reach_of(std::span<const uint8_t>(bytes, 4));
  if (inet_pton(AF_INET6, ip.c_str(), bytes) == 1) return reach_of(std::span<const uint8_t>(bytes, 16));
  return std::nullopt;
}

}  // namespace tessera

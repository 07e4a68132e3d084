// Hashes. hash64 is stored on disk (identity of imported lines): never change it. pseudonym_of hides an id behind a
// key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera {

// 64 bits of the text: FNV-1a in 8-byte steps with splitmix64's finish. Stored on disk, never change.
uint64_t hash64(std::string_view text, uint64_t seed = 0);
uint64_t mix64(uint64_t value);

// SHA-256 as 64 hexadecimal digits.
std::string sha256_hex(std::string_view text);
// HMAC-SHA256 as raw 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);
// Random bytes from the system, for keys only (never for results).
std::string secret_bytes(size_t count);
std::string hex_of(std::string_view bytes);

}  // namespace tessera

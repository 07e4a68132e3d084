// CRC-32C (Castagnoli), the checksum of the log's files: found errors of up to 5 bits anywhere in frames of the usual
// sizes, and any burst of up to 32 bits. Not a signature: who may write the file can make a checksum too.
#pragma once

#include <cstdint>
#include <string_view>

namespace tessera::store {

// The checksum of what `crc` was the checksum of, followed by `bytes`; 0 is that of nothing. By the processor's
// instruction where it has one (about 8 bytes in 3 cycles), else by tables. Stored on disk, never change.
uint32_t crc32c(std::string_view bytes, uint32_t crc = 0);
// By tables, on every machine: for tests and the bench.
uint32_t crc32c_by_tables(std::string_view bytes, uint32_t crc = 0);

}  // namespace tessera::store

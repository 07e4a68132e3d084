#include "store/crc32c.hpp"

#include <cstring>

#include "core/random.hpp"

using namespace tessera;
using namespace tessera::store;

namespace {

std::string counting(int from, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(from + step * i);
  return bytes;
}

// RFC 3720, B.4; the last is the check value of the catalogue of CRC algorithms (CRC-32/ISCSI).
TEST(Crc32c, PublishedVectors) {
  const std::string read_command = std::string(
      "\x01\xc0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\0\0\x04\0\0\0\0\x14\0\0\0\x18\x28\0\0\0\0\0\0\0\x02\0\0\0"
      "\0\0\0\0",
      48);
  const std::pair<std::string, uint32_t> vectors[] = {
      {std::string(32, '\0'), 0x8A9136AA},
      {std::string(32, '\xFF'), 0x62A8AB43},
      {counting(0, 1), 0x46DD794E},
      {counting(31, -1), 0x113FDB5C},
      {read_command, 0xD9963A56},
      {"123456789", 0xE3069283},
      {"", 0},
  };
  for (const auto& [bytes, crc] : vectors) {
    EXPECT_EQ(crc32c(bytes), crc);
    EXPECT_EQ(crc32c_by_tables(bytes), crc);
  }
}

TEST(Crc32c, TheInstructionAndTheTablesAgreeAtEveryLengthAndPlaceAndInParts) {
  Rng rng(1);
  std::string bytes(700, '\0');
  for (char& c : bytes) c = static_cast<char>(rng.next());
  for (size_t length = 0; length <= 600; ++length) {
    const std::string_view part = std::string_view(bytes).substr(rng.below(64), length);
    const size_t cut = rng.below(length + 1);
    EXPECT_EQ(crc32c(part), crc32c_by_tables(part));
    EXPECT_EQ(crc32c(part.substr(cut), crc32c(part.substr(0, cut))), crc32c(part));
    EXPECT_EQ(crc32c_by_tables(part.substr(cut), crc32c_by_tables(part.substr(0, cut))), crc32c(part));
  }
}

}  // namespace

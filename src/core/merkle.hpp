// A tree of hashes over a list that only grows, as RFC 6962 (Certificate Transparency) defines it: the hash of a leaf is
// SHA-256(0x00 | leaf), of a node SHA-256(0x01 | left | right), the left tree the largest power of two that leaves
// something to the right. Whoever noted size and root once can tell later whether the first `size` leaves are still the
// same: nobody can change, leave out or reorder one of them and keep the root.
//
// The idea: of a list of n only the roots of its perfect trees are held, one for each bit of n, largest first: pushing
// costs as many hashes as trees of equal size meet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

class MerkleTree {
 public:
  // Of `size` leaves, whose peaks are as peaks() gave them; nullopt where they are not of a tree of that size.
  static std::optional<MerkleTree> from(uint64_t size, std::string_view peaks);

  static std::string hash_of(std::string_view leaf);  // 64 hexadecimal digits
  void push(std::string_view leaf);
  uint64_t size() const { return size_; }
  std::string root() const;   // 64 hexadecimal digits
  std::string peaks() const;  // 64 digits a perfect tree, largest first. Stored on disk
  bool operator==(const MerkleTree&) const = default;

 private:
  uint64_t size_ = 0;
  std::vector<std::string> peaks_;  // 32 bytes each
};

}  // namespace tessera

#include "core/merkle.hpp"

#include <bit>

#include "core/hash.hpp"

namespace tessera {

namespace {

constexpr size_t kDigits = 64;

std::optional<std::string> bytes_of(std::string_view hex) {
  std::string out;
  for (size_t at = 0; at + 1 < hex.size(); at += 2) {
    int value = 0;
    for (const char c : hex.substr(at, 2)) {
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
      value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    out += static_cast<char>(value);
  }
  return out;
}

std::string raw_hash_of(std::string_view leaf) {
  std::string bytes(1, '\0');
  return *bytes_of(sha256_hex(bytes.append(leaf)));
}

std::string node_of(std::string_view left, std::string_view right) {
  std::string bytes(1, '\x01');
  return *bytes_of(sha256_hex(bytes.append(left).append(right)));
}

}  // namespace

std::optional<MerkleTree> MerkleTree::from(uint64_t size, std::string_view peaks) {
  if (peaks.size() != kDigits * static_cast<size_t>(std::popcount(size))) return std::nullopt;
  MerkleTree out;
  out.size_ = size;
  for (; !peaks.empty(); peaks.remove_prefix(kDigits)) {
    auto bytes = bytes_of(peaks.substr(0, kDigits));
    if (!bytes) return std::nullopt;
    out.peaks_.push_back(std::move(*bytes));
  }
  return out;
}

std::string MerkleTree::hash_of(std::string_view leaf) {
  return hex_of(raw_hash_of(leaf));
}

void MerkleTree::push(std::string_view leaf) {
  std::string hash = raw_hash_of(leaf);
  // A one at the end of the size is a tree as large as what comes.
  for (uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    hash = node_of(peaks_.back(), hash);
    peaks_.pop_back();
  }
  peaks_.push_back(std::move(hash));
  ++size_;
}

std::string MerkleTree::root() const {
  if (peaks_.empty()) return sha256_hex("");
  std::string hash = peaks_.back();
  for (size_t i = peaks_.size() - 1; i-- > 0;) hash = node_of(peaks_[i], hash);
  return hex_of(hash);
}

std::string MerkleTree::peaks() const {
  std::string out;
  for (const std::string& peak : peaks_) out += hex_of(peak);
  return out;
}

}  // namespace tessera

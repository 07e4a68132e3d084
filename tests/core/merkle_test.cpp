// The tree of hashes, held against the vectors of Certificate Transparency's own tests (RFC 6962, section 2.1).
#include "core/merkle.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/hash.hpp"

namespace tessera {
namespace {

using std::string_literals::operator""s;

const std::vector<std::string> kLeaves = {"",
                                          "\x00"s,
                                          "\x10",
                                          "\x20\x21",
                                          "\x30\x31",
                                          "\x40\x41\x42\x43",
                                          "\x50\x51\x52\x53\x54\x55\x56\x57",
                                          "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
constexpr std::string_view kRoots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                       "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                       "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                       "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Merkle, HasTheRootsOfThePublishedVectors) {
  MerkleTree tree;
  EXPECT_EQ(tree.root(), kRoots[0]);
  for (size_t i = 0; i < kLeaves.size(); ++i) {
    tree.push(kLeaves[i]);
    EXPECT_EQ(tree.size(), i + 1);
    EXPECT_EQ(tree.root(), kRoots[i + 1]) << i;
  }
}

// As RFC 6962 writes it: the left tree is the largest power of two that leaves something.
std::string root_by_the_book(const std::vector<std::string>& leaves, size_t from, size_t until) {
  const auto sha256 = [](const std::string& text) {
    std::string out;
    const std::string hex = sha256_hex(text);
    for (size_t i = 0; i < hex.size(); i += 2) out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return out;
  };
  if (until == from) return sha256("");
  if (until - from == 1) return sha256("\x00"s + leaves[from]);
  size_t left = 1;
  while (left * 2 < until - from) left *= 2;
  return sha256("\x01" + root_by_the_book(leaves, from, from + left) + root_by_the_book(leaves, from + left, until));
}

RC_GTEST_PROP(Merkle, IsTheTreeOfTheBookAndGoesOnFromItsPeaks, (const std::vector<std::string>& leaves)) {
  MerkleTree tree;
  for (const std::string& leaf : leaves) {
    const auto again = MerkleTree::from(tree.size(), tree.peaks());
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == tree);
    tree.push(leaf);
  }
  RC_ASSERT(tree.root() == hex_of(root_by_the_book(leaves, 0, leaves.size())));
}

TEST(Merkle, PeaksOfAnotherSizeAreNone) {
  MerkleTree tree;
  for (const char* const leaf : {"a", "b", "c"}) tree.push(leaf);
  EXPECT_TRUE(MerkleTree::from(3, tree.peaks()));
  for (const uint64_t size : {0, 1, 2, 4, 7}) EXPECT_FALSE(MerkleTree::from(size, tree.peaks())) << size;
  EXPECT_FALSE(MerkleTree::from(3, std::string(128, 'x')));
}

}  // namespace
}  // namespace tessera

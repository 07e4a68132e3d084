// Positions in time against a plain count of rows: customers without rows, with few, with more than are counted at
// once, times that tie with cuts and with anchors, more cuts than are compared at once, unknown anchors.
#include "segment/cuts.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace tessera::segment {
namespace {

struct Shop {
  std::vector<uint32_t> first{0}, seq;
  std::vector<int64_t> time;
};

// Rows of `earlier` customers come first, so that the block does not begin at row 0.
Shop random_shop(Rng& rng, size_t customers, size_t earlier) {
  Shop shop;
  for (size_t c = 0; c < earlier + customers; ++c) {
    constexpr int64_t kMost[] = {1, 3, 12, 40, 300, 3000};
    const auto count = rng.between(0, rng.chance(0.02) ? kMost[rng.below(6)] : kMost[rng.below(4)]);
    std::vector<int64_t> times;
    for (int64_t i = 0; i < count; ++i) times.push_back(rng.between(-20, 20) * (rng.chance(0.5) ? 1 : 1 << 30));
    std::sort(times.begin(), times.end());
    for (const int64_t ms : times) {
      shop.time.push_back(ms);
      shop.seq.push_back(static_cast<uint32_t>(shop.time.size()));
    }
    shop.first.push_back(static_cast<uint32_t>(shop.time.size()));
  }
  shop.first.erase(shop.first.begin(), shop.first.begin() + static_cast<ptrdiff_t>(earlier));
  return shop;
}

TEST(Cuts, CountTheRowsUpToThem) {
  Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    const size_t customers = rng.below(100);
    const Shop shop = random_shop(rng, customers, rng.below(3));
    std::vector<int64_t> cuts(rng.below(20));
    for (int64_t& cut : cuts) cut = rng.between(-21, 21) * (rng.chance(0.5) ? 1 : 1 << 30);
    if (rng.chance(0.2) && !cuts.empty()) cuts[0] = std::numeric_limits<int64_t>::max();
    std::vector<uint32_t> found(cuts.size() * customers + 1, 77);
    find_cuts(shop.time.data(), shop.first, cuts, found.data());
    EXPECT_EQ(found.back(), 77u);  // nothing beyond the room it has
    for (size_t k = 0; k < cuts.size(); ++k)
      for (size_t i = 0; i < customers; ++i) {
        uint32_t row = shop.first[i];
        while (row < shop.first[i + 1] && shop.time[row] <= cuts[k]) ++row;
        ASSERT_EQ(found[k * customers + i], row - shop.first[0]) << "cut " << k << ", customer " << i;
      }
  }
}

TEST(Cuts, FindTheFirstRowSinceAnAnchor) {
  Rng rng(2);
  for (int round = 0; round < 300; ++round) {
    const size_t customers = rng.below(60);
    const Shop shop = random_shop(rng, customers, rng.below(3));
    const bool with_seq = rng.chance(0.5);
    std::vector<int64_t> since;
    std::vector<uint32_t> since_seq, high, found(customers);
    for (size_t i = 0; i < customers; ++i) {
      since.push_back(rng.between(-21, 21) * (rng.chance(0.5) ? 1 : 1 << 30));
      if (rng.chance(0.1)) since.back() = std::numeric_limits<int64_t>::min() + rng.between(0, 1);
      since_seq.push_back(static_cast<uint32_t>(rng.below(shop.time.size() + 2)));
      const uint32_t begin = shop.first[i] - shop.first[0], end = shop.first[i + 1] - shop.first[0];
      high.push_back(static_cast<uint32_t>(rng.between(begin, end)));
    }
    find_since({shop.time.data(), shop.seq.data()}, shop.first, high.data(), since.data(),
               with_seq ? since_seq.data() : nullptr, found.data());
    for (size_t i = 0; i < customers; ++i) {
      const uint32_t base = shop.first[0];
      uint32_t row = shop.first[i];
      if (since[i] <= std::numeric_limits<int64_t>::min() + 1) row = base + high[i];
      while (row < base + high[i] &&
             !(shop.time[row] > since[i] || (shop.time[row] == since[i] && with_seq && shop.seq[row] > since_seq[i])))
        ++row;
      ASSERT_EQ(found[i], row - base) << "customer " << i;
    }
  }
}

}  // namespace
}  // namespace tessera::segment

// Memory for work that others set off: who may take how much of it, and what becomes of work that wants more.
#include "core/memory.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tessera {
namespace {

using Share = MemoryBudget::Share;
using enum MemoryBudget::Rank;

constexpr uint64_t kMega = 1 << 20;

TEST(Memory, StrangersLeaveRoomForSendersAndTheseForManagers) {
  MemoryBudget budget(800);
  Share strangers(&budget, Stranger), senders(&budget, Sender), managers(&budget, Manager);
  EXPECT_TRUE(strangers.grow_to(100));
  EXPECT_FALSE(strangers.grow_to(101));
  EXPECT_EQ(strangers.bytes(), 100u) << "as it was";
  EXPECT_TRUE(senders.grow_to(300)) << "four eighths, with what strangers have";
  EXPECT_FALSE(senders.grow_to(301));
  EXPECT_TRUE(managers.grow_to(400));
  EXPECT_FALSE(managers.grow_to(401));
  EXPECT_EQ(budget.counts().taken, 800u);
  EXPECT_EQ(budget.counts().refused, 3u);
}

TEST(Memory, AShareIsGivenBackOnceWhateverBecomesOfIt) {
  MemoryBudget budget(800);
  {
    Share first(&budget, Manager);
    ASSERT_TRUE(first.grow_to(500));
    Share second = std::move(first);
    EXPECT_EQ(budget.counts().taken, 500u);
    Share third(&budget, Manager);
    ASSERT_TRUE(third.grow_to(100));
    third = std::move(second);
    EXPECT_EQ(third.bytes(), 500u);
  }
  EXPECT_EQ(budget.counts().taken, 0u);
  EXPECT_TRUE(Share(nullptr, Stranger).grow_to(UINT64_MAX)) << "without a budget there is no bound";
}

// Whoever takes and gives in whatever order: no rank and those below it have more than theirs, and in the end nothing is
// taken.
RC_GTEST_PROP(MemoryProperties, ARankNeverHasMoreThanIsIts, (std::vector<std::tuple<uint8_t, uint16_t, bool>> steps)) {
  MemoryBudget budget(100'000);
  {
    std::array<std::vector<Share>, MemoryBudget::kRanks> held;
    for (const auto& [which, bytes, gives] : steps) {
      const size_t rank = which % MemoryBudget::kRanks;
      if (gives && !held[rank].empty()) {
        held[rank].pop_back();
      } else {
        Share share(&budget, static_cast<MemoryBudget::Rank>(rank));
        if (share.grow_to(bytes)) held[rank].push_back(std::move(share));
      }
      uint64_t below = 0;
      for (size_t each = 0; each < MemoryBudget::kRanks; ++each) {
        for (const Share& share : held[each]) below += share.bytes();
        RC_ASSERT(below <= budget.most(static_cast<MemoryBudget::Rank>(each)));
      }
      RC_ASSERT(below == budget.counts().taken);
    }
  }
  RC_ASSERT(budget.counts().taken == 0u);
}

TEST(Memory, SizesAreReadOrRefused) {
  EXPECT_EQ(parse_bytes("512M"), 512 * kMega);
  EXPECT_EQ(parse_bytes("4G"), 4096 * kMega);
  EXPECT_EQ(parse_bytes("1048576"), kMega);
  for (const char* const bad : {"", "0", "0G", "4g", "4GB", "G", "-1G", "1.5G", "99999999999999999999", "16777217T"})
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
}

TEST(Memory, WhatIsAllowedIsNoMoreThanThereIs) {
  EXPECT_GT(memory_allowed(), 64 * kMega);
  EXPECT_LT(memory_allowed(), uint64_t{1} << 50);
}

// A service's limit stands at its own group, a slice's above it, a container's where its view of the tree begins.
TEST(Memory, TheLeastLimitOfTheGroupsAboveIsTaken) {
  const std::filesystem::path tree = std::filesystem::path(testing::TempDir()) / "memory_groups";
  std::filesystem::remove_all(tree);
  std::filesystem::create_directories(tree / "system.slice/tessera.service");
  std::filesystem::create_directories(tree / "memory");
  const auto say = [&](const char* file, std::string_view text) { std::ofstream(tree / file) << text << '\n'; };
  const auto limit = [&] { return memory_limit_of_groups((tree / "groups").string(), tree.string()); };
  EXPECT_EQ(limit(), UINT64_MAX) << "no groups";
  say("groups", "4:memory:/system.slice/other.service\n0::/system.slice/tessera.service");
  say("system.slice/tessera.service/memory.max", "max");
  EXPECT_EQ(limit(), UINT64_MAX) << "no limit";
  say("system.slice/memory.max", "3000000000");
  EXPECT_EQ(limit(), 3'000'000'000u) << "the slice's";
  say("system.slice/tessera.service/memory.max", "2000000000");
  EXPECT_EQ(limit(), 2'000'000'000u) << "the service's";
  say("memory.max", "1000000000");
  EXPECT_EQ(limit(), 1'000'000'000u) << "the container's";
  say("groups", "0::/");
  EXPECT_EQ(limit(), 1'000'000'000u);
  say("memory/memory.limit_in_bytes", "500000000");
  EXPECT_EQ(limit(), 500'000'000u) << "of the older kind";
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// Many small ones, one large one, and one that grows: all the same.
TEST(Memory, WorkThatWantsMoreThanItsShareEndsWithAnError) {
  MemoryBudget budget(100 * kMega);
  const auto small = [](size_t megabytes) -> Result<size_t> {
    std::vector<std::unique_ptr<std::string>> held;
    for (size_t i = 0; i < megabytes * 1'000; ++i) held.push_back(std::make_unique<std::string>(1'000, 'x'));
    return held.size();
  };
  const auto large = [](size_t megabytes) -> Result<size_t> { return std::string(megabytes << 20, 'x').size(); };
  const auto growing = [](size_t megabytes) -> Result<size_t> {
    std::string held;
    while (held.size() < megabytes << 20) held += "some more of it";
    return held.size();
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(within_memory(&budget, Manager, [&] { return small(50); }));
    EXPECT_TRUE(within_memory(&budget, Manager, [&] { return large(90); }));
    EXPECT_TRUE(within_memory(&budget, Manager, [&] { return growing(20); }));
    EXPECT_FALSE(within_memory(&budget, Manager, [&] { return small(150); }));
    EXPECT_FALSE(within_memory(&budget, Manager, [&] { return large(101); }));
    EXPECT_FALSE(within_memory(&budget, Manager, [&] { return growing(101); }));
    EXPECT_EQ(budget.counts().taken, 0u);
  }
  const auto refused = within_memory(&budget, Manager, [&] { return large(101); });
  EXPECT_NE(refused.error().text().find("--memory"), std::string::npos) << refused.error().text();
}

TEST(Memory, WhatIsGivenBackMayBeTakenAgain) {
  MemoryBudget budget(100 * kMega);
  const auto done = within_memory(&budget, Manager, [&]() -> Result<size_t> {
    size_t sum = 0;
    for (int i = 0; i < 50; ++i) sum += std::string(10 << 20, 'x').size();
    return sum;
  });
  EXPECT_EQ(done, 50u * 10 * kMega);
}

TEST(Memory, WhoSwallowsTheRefusalIsToldAllTheSame) {
  MemoryBudget budget(10 * kMega);
  const auto done = within_memory(&budget, Manager, [&]() -> Result<int> {
    try {
      return static_cast<int>(std::string(20 << 20, 'x').size());
    } catch (const std::bad_alloc&) {
      return 1;
    }
  });
  EXPECT_FALSE(done);
}

TEST(Memory, OneInAnotherCountsForBothAndOthersOutsideFindTheirOwn) {
  MemoryBudget outer(100 * kMega), inner(50 * kMega);
  const auto nested = [&](size_t before, size_t within) {
    return within_memory(&outer, Manager, [&]() -> Result<size_t> {
      const std::string held(before << 20, 'x');
      return within_memory(&inner, Manager,
                           [&]() -> Result<size_t> { return held.size() + std::string(within << 20, 'x').size(); });
    });
  };
  EXPECT_TRUE(nested(40, 40));
  EXPECT_FALSE(nested(10, 51));
  EXPECT_FALSE(nested(70, 40));
  const std::string free(200 << 20, 'x');
  EXPECT_EQ(free.size(), 200u * kMega);
}

#endif

}  // namespace
}  // namespace tessera

// How many connections there may be, and who finds a place when there are too many.
#include "http/connections.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tessera::http {
namespace {

using Place = Connections::Place;

Network from(uint8_t number) {
  Network out{};
  out[15] = number;
  return out;
}

class ConnectionPlaces : public testing::Test {
 protected:
  struct Open {
    Connections::Held held;
    bool is_closed = false;
  };
  Open& open(uint8_t number) {
    Open& one = *all.emplace_back(std::make_unique<Open>());
    connections.admit(from(number), one.held, [&one] { one.is_closed = true; });
    return one;
  }
  Connections connections{{.all = 4, .of_one = 2, .kept = 2}};
  std::vector<std::unique_ptr<Open>> all;
};

TEST_F(ConnectionPlaces, OfOneAddressThereAreSoMany) {
  EXPECT_EQ(open(1).held.place(), Place::Ordinary);
  EXPECT_EQ(open(1).held.place(), Place::Ordinary);
  const Open& third = open(1);
  EXPECT_EQ(third.held.place(), Place::Kept);
  EXPECT_TRUE(third.held.is_over_address());
  EXPECT_EQ(open(2).held.place(), Place::Ordinary) << "another has its own";
}

TEST_F(ConnectionPlaces, APlaceIsFreeAgainWhenItsConnectionEnds) {
  for (int i = 0; i < 2; ++i) open(1);
  all.erase(all.begin());
  EXPECT_EQ(open(1).held.place(), Place::Ordinary);
  all.clear();
  for (uint8_t i = 0; i < 4; ++i) EXPECT_EQ(open(i).held.place(), Place::Ordinary);
}

TEST_F(ConnectionPlaces, WhoSaysNothingInAKeptPlaceMakesRoomForTheNext) {
  for (uint8_t i = 0; i < 4; ++i) open(i);
  Open &first = open(5), &second = open(6);
  EXPECT_EQ(second.held.place(), Place::Kept);
  EXPECT_FALSE(second.held.is_over_address());
  Open& third = open(7);
  EXPECT_TRUE(first.is_closed);
  EXPECT_FALSE(second.is_closed);
  EXPECT_EQ(third.held.place(), Place::Kept);
  second.held.has_spoken();
  Open& fourth = open(8);
  EXPECT_TRUE(third.is_closed);
  EXPECT_FALSE(second.is_closed) << "it has said what it wants";
  fourth.held.has_spoken();
  EXPECT_EQ(open(9).held.place(), Place::None);
}

// Whoever comes and goes in whatever order: never more than there may be, and all places are free in the end.
RC_GTEST_PROP(ConnectionProperties, NeverMoreThanThereMayBe, (std::vector<std::pair<uint8_t, uint8_t>> steps)) {
  constexpr ConnectionLimits kLimits{.all = 10, .of_one = 3, .kept = 2};
  Connections connections(kLimits);
  struct Open {
    Connections::Held held;
    uint8_t address = 0;
    bool is_closed = false;
  };
  std::vector<std::unique_ptr<Open>> all;
  for (const auto& [what, which] : steps) {
    if (what % 4 == 0 && !all.empty()) {
      all.erase(all.begin() + which % static_cast<ptrdiff_t>(all.size()));
    } else if (what % 4 == 1 && !all.empty()) {
      all[which % all.size()]->held.has_spoken();
    } else {
      Open& one = *all.emplace_back(std::make_unique<Open>());
      one.address = which % 5;
      connections.admit(from(one.address), one.held, [&one] { one.is_closed = true; });
    }
    size_t ordinary = 0, kept = 0;
    std::array<size_t, 5> of_one{};
    for (const auto& each : all) {
      ordinary += each->held.place() == Place::Ordinary;
      of_one[each->address] += each->held.place() == Place::Ordinary;
      kept += each->held.place() == Place::Kept;
    }
    RC_ASSERT(ordinary <= kLimits.all && kept <= kLimits.kept);
    for (const size_t count : of_one) RC_ASSERT(count <= kLimits.of_one);
  }
  all.clear();
  std::vector<std::unique_ptr<Connections::Held>> again;
  for (uint8_t i = 0; i < 10; ++i)
    RC_ASSERT(connections.admit(from(i), *again.emplace_back(std::make_unique<Connections::Held>()), [] {}) ==
              Place::Ordinary);
}

}  // namespace
}  // namespace tessera::http

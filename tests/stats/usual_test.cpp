#include "stats/usual.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace tessera::stats {
namespace {

// R: x <- c(10, 12, 9, 11, 14, 10, 13); mean(x) + c(-1, 1) * qt(0.975, 6) * sd(x) * sqrt(1 + 1/7)
TEST(Usual, IsThePredictionInterval) {
  const double before[] = {10, 12, 9, 11, 14, 10, 13};
  const Usual usual = usual_of(before, 17, 0);
  EXPECT_TRUE(usual.tells);
  EXPECT_NEAR(usual.range.low, 6.57855, 1e-4);
  EXPECT_NEAR(usual.range.high, 15.99288, 1e-4);
  EXPECT_LT(usual.p, 0.05);
  EXPECT_GT(usual_of(before, 15.9, 0).p, 0.05);
}

TEST(Usual, AFigureLikeThoseBeforeIsCalledUnusualAsOftenAsSaid) {
  Rng rng(3);
  for (const size_t periods : {6, 12}) {
    int beyond = 0;
    for (int round = 0; round < 20'000; ++round) {
      std::vector<double> before(periods);
      for (double& x : before) x = rng.normal();
      const double now = rng.normal();
      const Usual usual = usual_of(before, now, 0);
      EXPECT_EQ(usual.range.contains(now), usual.p >= 0.05);
      beyond += usual.p < 0.05;
    }
    EXPECT_NEAR(beyond / 20'000.0, 0.05, 0.005) << periods;
  }
}

TEST(Usual, FewOrEqualFiguresDoNotMakeTheNextUnusual) {
  const double few[] = {1, 2, 3, 2, 1};
  EXPECT_FALSE(usual_of(few, 99, 1).tells);
  EXPECT_EQ(usual_of(few, 99, 1).p, 1);
  const double alike[] = {5, 5, 5, 5, 5, 5, 5};
  EXPECT_FALSE(usual_of(alike, 6, 0).tells);
  EXPECT_GT(usual_of(alike, 6, 4).p, 0.05);
  EXPECT_LT(usual_of(alike, 60, 4).p, 0.05);
}

}  // namespace
}  // namespace tessera::stats

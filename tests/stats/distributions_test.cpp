#include "stats/distributions.hpp"

#include <gtest/gtest.h>

namespace tessera::stats {
namespace {

// Constants of scipy 1.10.1: stats.t.sf, stats.beta.cdf and ppf, special.gammaln.
TEST(Distributions, AgreeWithScipy) {
  EXPECT_NEAR(student_two_sided(2.3, 7), 0.05499109520437154, 1e-12);
  EXPECT_NEAR(student_two_sided(-0.4, 2.5), 0.7208192689307229, 1e-12);
  EXPECT_NEAR(beta_cdf(0.02, 1.5, 60), 0.5127320647054951, 1e-12);
  EXPECT_NEAR(beta_cdf(0.7, 200, 100), 0.8911569343550894, 1e-12);
  EXPECT_NEAR(beta_quantile(0.025, 3, 47), 0.01280842, 1e-8);
  EXPECT_NEAR(beta_quantile(0.975, 3, 47), 0.13978719, 1e-8);
  EXPECT_NEAR(log_gamma(0.1), 2.25271265, 1e-8);
  EXPECT_NEAR(log_gamma(0.5), 0.572364943, 1e-9);
  EXPECT_NEAR(log_gamma(3.7), 1.42807233, 1e-8);
  EXPECT_NEAR(log_gamma(250.5), 1131.28400, 1e-5);
}

TEST(Distributions, StudentOfTheNormalHasItsTail) {
  for (const double degrees : {6.0, 19.0, 400.0})
    EXPECT_NEAR(student_two_sided(student_of(z_of(0.05), degrees), degrees), 0.05, 2e-4) << degrees;
}

}  // namespace
}  // namespace tessera::stats

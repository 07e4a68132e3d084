// No groups is an answer: data of which it is known that it has none, and companies of which it is known that they do.
#include <cmath>

#include <gmock/gmock.h>

#include "cluster/cluster.hpp"
#include "core/random.hpp"
#include "discover/discover.hpp"
#include "discover/simulated_history.hpp"
#include "soak.hpp"

namespace tessera::discover {
namespace {

// A sample; ./run soak structure takes twenty, of which nineteen must do.
const size_t kSeeds = tries("TESSERA_SEEDS", 3), kEnough = kSeeds - kSeeds / 20;

// As many rows as Online Retail has customers.
template <typename Draw>
cluster::Matrix rows_of(uint64_t seed, const Draw& draw) {
  Rng rng(seed);
  cluster::Matrix out(4'372, 8);
  std::vector<double> row(8);
  for (size_t i = 0; i < out.rows; ++i) {
    draw(rng, row);
    for (size_t j = 0; j < row.size(); ++j) out.at(i, j) = row[j];
  }
  return out;
}

size_t without_groups(const auto& draw) {
  size_t none = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto found = cluster::cluster(rows_of(seed, draw), {.seed = seed});
    if (!found) continue;
    const bool says_so = found->k == 1 && !found->natural && found->chosen_by.starts_with("no natural groups");
    none += says_so;
    if (!says_so) fmt::print("seed {}: {}\n", seed, found->chosen_by);
  }
  figure("no groups in {} of {}", none, kSeeds);
  return none;
}

TEST(Structure, ANormalWithCorrelationsHasNone) {
  EXPECT_GE(without_groups([](Rng& rng, std::vector<double>& row) {
              const double common = rng.normal(), other = rng.normal();
              for (size_t j = 0; j < row.size(); ++j)
                row[j] = 0.7 * common + (j % 2 == 0 ? 0.4 : -0.3) * other + 0.6 * rng.normal();
            }),
            kEnough);
}

TEST(Structure, IndependentHeavyTailsHaveNone) {
  EXPECT_GE(without_groups([](Rng& rng, std::vector<double>& row) {
              for (size_t j = 0; j < row.size(); ++j)
                row[j] = j % 2 == 0 ? std::exp(rng.normal()) : rng.normal() / std::sqrt(rng.gamma(1.5, 1 / 1.5));
            }),
            kEnough);
}

TEST(Structure, ACubeHasNone) {
  EXPECT_GE(without_groups([](Rng& rng, std::vector<double>& row) {
              for (double& x : row) x = rng.uniform();
            }),
            kEnough);
}

TEST(Structure, PlantedCompaniesHaveGroups) {
  size_t found = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto company = simulated_history({.customers = 2'000, .segments = 6, .seed = seed});
    ASSERT_TRUE(company.has_value());
    SilentProgress quiet;
    const auto discovery = discover::discover(company->history, language::schema_of(company->history),
                                              {.as_of = simulate::kAsOf, .zone = Zone::utc()}, quiet);
    ASSERT_TRUE(discovery.has_value());
    found += discovery->natural && discovery->k > 1;
    if (!discovery->natural) fmt::print("seed {}: {}\n", seed, discovery->chosen_by);
  }
  figure("groups in {} of {}", found, kSeeds);
  EXPECT_GE(found, kEnough);
}

}  // namespace
}  // namespace tessera::discover

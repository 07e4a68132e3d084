// The front of clustering: known counts, chosen counts, no groups at all, sizes, trees, errors.
#include "cluster/cluster.hpp"

#include <numeric>

#include "cluster/cut_selection.hpp"
#include "cluster/table.hpp"
#include "cluster/test_data.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"

namespace tessera::cluster {
namespace {

struct Known {
  const char* name;
  size_t k;
  double ari;
};

TEST(Cluster, KnownCountsOnBenchmarkSets) {
  NEEDS_DATA();
  for (const Known& set : {Known{"s1", 15, .98},
                           {"s2", 15, .93},
                           {"s3", 15, .70},
                           {"s4", 15, .62},
                           {"a1", 20, .95},
                           {"unbalance", 8, .99}}) {
    const auto result = cluster(points_of(set.name), {.k = set.k});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->k, set.k);
    const double ari = adjusted_rand_index(result->labels, truth_of(set.name));
    EXPECT_GE(ari, set.ari) << set.name;
    fmt::print("{}: k = {} asked, ARI {:.4f}\n", set.name, set.k, ari);
  }
}

TEST(Cluster, ChosenCountsOnBenchmarkSets) {
  NEEDS_DATA();
  for (const Known& set : {Known{"s1", 15, .98},
                           {"s2", 15, .93},
                           {"a1", 20, .95},
                           {"unbalance", 8, .99},
                           {"hepta", 7, 1},
                           {"iris", 2, .5}}) {
    const auto result = cluster(points_of(set.name), {});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->k, set.k) << set.name << ": " << result->chosen_by;
    EXPECT_TRUE(result->natural);
    EXPECT_GE(adjusted_rand_index(result->labels, truth_of(set.name)), set.ari) << set.name;
    fmt::print("{}: {}\n", set.name, result->chosen_by);
  }
}

TEST(Cluster, UnbalanceSaysWhatSilhouetteWouldDo) {
  NEEDS_DATA();
  const auto result = cluster(points_of("unbalance"), {});
  EXPECT_THAT(result->chosen_by, testing::HasSubstr("Silhouette alone would say 2"));
}

// Fewer natural groups than asked for: the data is divided all the same.
TEST(Cluster, TooFewNaturalGroupsAreDividedFurther) {
  const auto result = cluster(ruspini(), {.min_k = 6});
  EXPECT_GE(result->k, 6u);
  EXPECT_FALSE(result->natural);
  EXPECT_THAT(result->chosen_by, testing::StartsWith("only 4 natural groups"));
}

TEST(Cluster, RuspiniHasFour) {
  const auto result = cluster(ruspini(), {});
  EXPECT_EQ(result->k, 4u) << result->chosen_by;
  EXPECT_NEAR(result->quality.sse, 12881.051, 5e-4);
}

// Crowds without gaps: one normal, round or long, in few and many dimensions; a box; a skewed and a heavy-tailed one.
TEST(Cluster, NoNaturalGroupsWhereThereAreNone) {
  Rng rng(3);
  const auto crowd = [&](size_t n, size_t d, auto draw) {
    Matrix data(n, d);
    for (size_t i = 0; i < n; ++i)
      for (size_t j = 0; j < d; ++j) data.at(i, j) = draw(j);
    return data;
  };
  const auto student = [&](size_t) {
    double squares = 0;
    for (int i = 0; i < 3; ++i) squares += std::pow(rng.normal(), 2);
    return rng.normal() / std::sqrt(squares / 3);
  };
  const std::pair<const char*, Matrix> crowds[] = {
      {"normal 2", crowd(2000, 2, [&](size_t) { return rng.normal(); })},
      {"normal 1", crowd(1500, 1, [&](size_t) { return rng.normal(); })},
      {"normal 20", crowd(2000, 20, [&](size_t) { return rng.normal(); })},
      {"long normal", crowd(2000, 5, [&](size_t j) { return rng.normal() / static_cast<double>(1 + 2 * j); })},
      {"box 2", crowd(2000, 2, [&](size_t) { return rng.uniform(); })},
      {"box 6", crowd(2000, 6, [&](size_t) { return rng.uniform(); })},
      {"exponential", crowd(2000, 3, [&](size_t) { return rng.exponential(1); })},
      {"Student 3", crowd(2000, 4, student)},
      {"small normal", crowd(60, 2, [&](size_t) { return rng.normal(); })},
  };
  for (const auto& [name, data] : crowds) {
    const auto result = cluster(data, {});
    EXPECT_EQ(result->k, 1u) << name << ": " << result->chosen_by;
    EXPECT_FALSE(result->natural);
    EXPECT_THAT(result->chosen_by, testing::StartsWith("no natural groups"));
    // Asked to divide it all the same, it does and says so.
    const auto divided = cluster(data, {.continuum_k = 5});
    EXPECT_GE(divided->k, 5u) << name;
    EXPECT_FALSE(divided->natural);
    EXPECT_THAT(divided->chosen_by, testing::HasSubstr("the continuum is divided into"));
  }
}

struct Planted {
  Matrix data;
  std::vector<uint32_t> truth;
};

// Groups of uneven size that differ in half of twenty columns, with uneven spreads.
Planted plant(size_t groups, size_t rows, double apart, uint64_t seed) {
  Rng rng(seed);
  const size_t d = 20;
  Matrix centres(groups, d), spreads(groups, d);
  for (double& x : centres.values) x = rng.chance(0.5) ? apart * rng.normal() : 0;
  for (double& x : spreads.values) x = 0.5 + rng.uniform();
  std::vector<double> shares(groups);
  for (double& share : shares) share = rng.gamma(3, 1);
  Planted planted{Matrix(rows, d), std::vector<uint32_t>(rows)};
  for (size_t i = 0; i < rows; ++i) {
    const size_t g = rng.pick(shares);
    planted.truth[i] = static_cast<uint32_t>(g);
    for (size_t j = 0; j < d; ++j) planted.data.at(i, j) = centres.at(g, j) + spreads.at(g, j) * rng.normal();
  }
  return planted;
}

TEST(Cluster, PlantedGroupsAreCounted) {
  for (const size_t groups : {6, 12, 24, 48}) {
    const Planted planted = plant(groups, 6000, 2.2, 100 + groups);
    const auto result = cluster(planted.data, {});
    EXPECT_NEAR(static_cast<double>(result->k), static_cast<double>(groups), 0.15 * static_cast<double>(groups))
        << result->chosen_by;
    EXPECT_GE(adjusted_rand_index(result->labels, planted.truth), 0.9);
    fmt::print("{} planted: {} found, ARI {:.3f}\n", groups, result->k,
               adjusted_rand_index(result->labels, planted.truth));
  }
}

// Five groups of four: silhouette prefers the five, the answer is the finest level that is real.
TEST(Cluster, TheFinestTrueLevelOfAHierarchyWins) {
  Rng rng(8);
  Matrix data(4000, 6);
  Matrix macro(5, 6), micro(20, 6);
  for (double& x : macro.values) x = 10 * rng.normal();
  for (size_t m = 0; m < 20; ++m)
    for (size_t j = 0; j < 6; ++j) micro.at(m, j) = macro.at(m / 4, j) + 2.2 * rng.normal();
  for (size_t i = 0; i < data.rows; ++i)
    for (size_t j = 0; j < 6; ++j) data.at(i, j) = micro.at(i % 20, j) + 0.7 * rng.normal();
  const auto result = cluster(data, {});
  EXPECT_NEAR(static_cast<double>(result->k), 20, 1) << result->chosen_by;
}

TEST(Cluster, SmallClustersJoinTheNearestAndAreReported) {
  const Planted planted = plant(6, 3000, 4, 9);
  Matrix data = planted.data;
  for (size_t i = 0; i < 12; ++i)
    for (size_t j = 0; j < data.columns; ++j) data.at(i, j) += 40;
  const auto free = cluster(data, {.k = 7});
  EXPECT_EQ(free->weights.back(), 12);
  const auto bound = cluster(data, {.k = 7, .min_size = 50});
  EXPECT_EQ(bound->k, 6u);
  ASSERT_EQ(bound->absorbed.size(), 1u);
  EXPECT_EQ(bound->absorbed[0].weight, 12);
  EXPECT_THAT(bound->chosen_by, testing::HasSubstr("1 cluster under 50"));
  for (const double weight : bound->weights) EXPECT_GE(weight, 50);
}

TEST(Cluster, TheTreeIsNestedAndItsCutAtKIsTheLabels) {
  const Planted planted = plant(9, 2500, 2, 10);
  const auto result = cluster(planted.data, {.k = 9});
  EXPECT_EQ(result->labels_at(9), result->labels);
  EXPECT_EQ(result->tree.merges.size() + 1, result->tree.leaves);
  EXPECT_NEAR(result->tree.merges.back().weight, 2500, 1e-9);
  std::vector<uint32_t> coarser = result->labels_at(1);
  EXPECT_EQ(*std::ranges::max_element(coarser), 0u);
  for (const size_t k : {2, 3, 5, 9, 14, 40, 300}) {
    const auto finer = result->labels_at(k);
    std::map<uint32_t, uint32_t> parent;
    std::vector<size_t> sizes(k);
    for (size_t i = 0; i < finer.size(); ++i) {
      ASSERT_EQ(parent.try_emplace(finer[i], coarser[i]).first->second, coarser[i]);
      ++sizes[finer[i]];
    }
    EXPECT_EQ(parent.size(), k);
    EXPECT_TRUE(std::ranges::is_sorted(sizes, std::greater{}));
    coarser = finer;
  }
}

TEST(Cluster, SameSeedSameAnswerOnAnyNumberOfThreads) {
  const Planted planted = plant(4, 1500, 1.5, 11);
  std::vector<Clustering> results;
  for (const size_t threads : {1, 2, 5}) {
    set_threads(threads);
    results.push_back(*cluster(planted.data, {.seed = 4}));
  }
  set_threads(0);
  for (size_t i = 1; i < results.size(); ++i) {
    EXPECT_EQ(results[i].labels, results[0].labels);
    EXPECT_EQ(results[i].centroids, results[0].centroids);
    EXPECT_EQ(results[i].quality.silhouette, results[0].quality.silhouette);
    EXPECT_EQ(results[i].cluster_stability, results[0].cluster_stability);
    EXPECT_EQ(results[i].tree.merges, results[0].tree.merges);
  }
}

// A weight of w is the same as w equal rows.
TEST(Cluster, WeightsAreRepeatedRows) {
  Planted planted = plant(4, 300, 3, 12);
  std::vector<double> weights;
  std::vector<size_t> repeated;
  for (size_t i = 0; i < planted.data.rows; ++i) {
    weights.push_back(static_cast<double>(1 + i % 3));
    repeated.insert(repeated.end(), 1 + i % 3, i);
  }
  const auto weighted = cluster(planted.data, {.k = 4}, weights),
             plain = cluster(rows_of(planted.data, repeated), {.k = 4});
  EXPECT_EQ(weighted->weights, plain->weights);
  EXPECT_NEAR(weighted->quality.sse / plain->quality.sse, 1, 1e-12);
  EXPECT_NEAR(weighted->quality.davies_bouldin, plain->quality.davies_bouldin, 1e-12);
}

TEST(Cluster, LargestClusterIsNumberZero) {
  const Planted planted = plant(7, 2000, 2, 13);
  const auto result = cluster(planted.data, {.k = 7});
  EXPECT_TRUE(std::ranges::is_sorted(result->weights, std::greater{}));
  EXPECT_EQ(std::accumulate(result->weights.begin(), result->weights.end(), 0.0), 2000);
}

Matrix one_column(std::vector<double> values) {
  Matrix data(values.size(), 1);
  data.values = std::move(values);
  return data;
}

TEST(Cluster, EdgesAreAnswers) {
  const auto one = cluster(one_column({5}), {});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->k, 1u);
  EXPECT_EQ(cluster(one_column({5}), {.k = 1})->labels, std::vector<uint32_t>{0});
  const auto same = cluster(one_column(std::vector<double>(500, 3.25)), {});
  EXPECT_EQ(same->k, 1u);
  EXPECT_EQ(same->quality.sse, 0);
  const auto few = cluster(one_column({1, 1, 1, 2, 2, 2}), {.k = 4});
  EXPECT_EQ(few->k, 2u);
  EXPECT_THAT(few->chosen_by, testing::HasSubstr("only 2 rows differ"));
  EXPECT_EQ(cluster(one_column({1, 2, 3}), {.k = 3})->k, 3u);
  EXPECT_EQ(cluster(one_column({1, 2, 3}), {.continuum_k = 8})->labels.size(), 3u);
  EXPECT_TRUE(cluster(one_column({1e99, -1e99, 1e98, 0}), {.k = 2}));
}

TEST(Cluster, ErrorsNameThePlace) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
  Matrix data(3, 2);
  data.at(2, 1) = nan;
  EXPECT_THAT(cluster(data, {}).error().message, testing::HasSubstr("row 3, column 2: nan"));
  data.at(2, 1) = infinite;
  EXPECT_THAT(cluster(data, {}).error().message, testing::HasSubstr("inf is not finite"));
  data.at(2, 1) = 1e101;
  EXPECT_FALSE(cluster(data, {}));
  data.at(2, 1) = 1;
  EXPECT_THAT(cluster(data, {.k = 4}).error().message, testing::HasSubstr("4 clusters asked for, 3 rows given"));
  EXPECT_EQ(cluster(data, {.k = 4}).error().blame, Blame::Usage);
  EXPECT_FALSE(cluster(data, {}, std::vector<double>{1, 0, 1}));
  EXPECT_FALSE(cluster(Matrix(), {}));
}

}  // namespace
}  // namespace tessera::cluster

// Accelerated k-means against plain Lloyd, written here as plainly as it can be said.
#include "cluster/kmeans.hpp"

#include <numeric>

#include <rapidcheck/gtest.h>

#include "core/parallel.hpp"
#include "core/random.hpp"

namespace tessera::cluster {
namespace {

std::vector<uint32_t> nearest_of(const Matrix& data, const Matrix& centroids) {
  std::vector<uint32_t> labels(data.rows);
  for (size_t i = 0; i < data.rows; ++i) {
    double best = std::numeric_limits<double>::infinity();
    for (size_t c = 0; c < centroids.rows; ++c) {
      double sum = 0;
      for (size_t j = 0; j < data.columns; ++j)
        sum += (data.at(i, j) - centroids.at(c, j)) * (data.at(i, j) - centroids.at(c, j));
      if (sum < best) {
        best = sum;
        labels[i] = static_cast<uint32_t>(c);
      }
    }
  }
  return labels;
}

// The oracle: all distances, means recomputed from nothing, an empty cluster stays.
KMeans plain_lloyd(const Matrix& data, const Matrix& start, std::span<const double> weights, size_t max_rounds) {
  KMeans fit{.centroids = start};
  std::vector<uint32_t> before;
  while (fit.rounds < max_rounds) {
    fit.labels = nearest_of(data, fit.centroids);
    ++fit.rounds;
    if (fit.labels == before) {
      fit.converged = true;
      return fit;
    }
    before = fit.labels;
    for (size_t c = 0; c < start.rows; ++c)
      for (size_t j = 0; j < data.columns; ++j) {
        long double sum = 0, total = 0;
        for (size_t i = 0; i < data.rows; ++i) {
          if (fit.labels[i] != c) continue;
          const double w = weights.empty() ? 1 : weights[i];
          sum += static_cast<long double>(w) * data.at(i, j);
          total += w;
        }
        if (total > 0)
          fit.centroids.at(c, j) = static_cast<double>(static_cast<double>(sum) / static_cast<double>(total));
      }
  }
  fit.labels = nearest_of(data, fit.centroids);
  return fit;
}

Matrix blobs(Rng& rng, size_t n, size_t d, size_t groups, double spread) {
  Matrix centres(groups, d), data(n, d);
  for (double& x : centres.values) x = rng.uniform() * 10;
  for (size_t i = 0; i < n; ++i) {
    const auto g = static_cast<size_t>(rng.below(groups));
    for (size_t j = 0; j < d; ++j) data.at(i, j) = centres.at(g, j) + spread * rng.normal();
  }
  return data;
}

Matrix random_rows(const Matrix& data, size_t k, Rng& rng) {
  std::vector<size_t> rows;
  for (size_t c = 0; c < k; ++c) rows.push_back(rng.below(data.rows));
  return rows_of(data, rows);
}

void expect_same(const Matrix& data, const Matrix& start, std::span<const double> weights, size_t rounds) {
  const KMeans plain = plain_lloyd(data, start, weights, rounds);
  const KMeans fast = run_kmeans(data, start, weights, rounds);
  RC_ASSERT(fast.labels == plain.labels);
  RC_ASSERT(fast.rounds == plain.rounds);
  RC_ASSERT(fast.converged == plain.converged);
  for (size_t i = 0; i < plain.centroids.values.size(); ++i)
    RC_ASSERT(std::abs(fast.centroids.values[i] - plain.centroids.values[i]) <=
              1e-9 * (1 + std::abs(plain.centroids.values[i])));
}

RC_GTEST_PROP(KMeans, EqualsPlainLloydOnBlobs, ()) {
  Rng rng(*rc::gen::arbitrary<uint64_t>());
  const size_t d = 1 + rng.below(20), k = 1 + rng.below(40), n = k + rng.below(2500);
  const Matrix data = blobs(rng, n, d, 1 + rng.below(10), rng.uniform() * 3);
  expect_same(data, random_rows(data, k, rng), {}, 1 + rng.below(60));
}

// A small integer grid: most distances tie, most rows are duplicates, starts coincide, clusters stay empty.
RC_GTEST_PROP(KMeans, EqualsPlainLloydWithTiesDuplicatesAndEmptyClusters, ()) {
  Rng rng(*rc::gen::arbitrary<uint64_t>());
  const size_t d = 1 + rng.below(4), k = 1 + rng.below(20), n = k + rng.below(1500), side = 1 + rng.below(5);
  Matrix data(n, d);
  const double offset = static_cast<double>(rng.below(3)) * 1e6;
  for (double& x : data.values) x = offset + static_cast<double>(rng.below(side));
  expect_same(data, random_rows(data, k, rng), {}, 50);
}

// Heavy tails: one row far out makes float useless for the rest; then doubles decide.
RC_GTEST_PROP(KMeans, EqualsPlainLloydWithFarOutliersAndWeights, ()) {
  Rng rng(*rc::gen::arbitrary<uint64_t>());
  const size_t d = 1 + rng.below(9), k = 1 + rng.below(12), n = k + rng.below(1500);
  Matrix data = blobs(rng, n, d, 4, 1);
  for (int far = 0; far < 3; ++far) data.values[rng.below(data.values.size())] = 1e9 * rng.normal();
  std::vector<double> weights(n);
  for (double& w : weights) w = static_cast<double>(1 + rng.below(9));
  expect_same(data, random_rows(data, k, rng), weights, 40);
}

TEST(KMeans, MoreCentroidsThanTheNeighbourListsHold) {
  Rng rng(5);
  const Matrix data = blobs(rng, 40'000, 3, 1, 5);
  const Matrix start = random_rows(data, 300, rng);
  const KMeans plain = plain_lloyd(data, start, {}, 6), fast = run_kmeans(data, start, {}, 6);
  EXPECT_EQ(fast.labels, plain.labels);
  EXPECT_LT(fast.distances, 40'000u * 300 * 6 / 3);
}

TEST(KMeans, StartsOutsideTheDataAndHugeOrTinyScales) {
  for (const double scale : {1e-200, 1e-30, 1.0, 1e90}) {
    Rng rng(7);
    Matrix data = blobs(rng, 200, 2, 3, 0.5);
    Matrix start = random_rows(data, 5, rng);
    start.at(4, 0) = 1000;  // never wins a row: stays where it is
    for (double& x : data.values) x *= scale;
    for (double& x : start.values) x *= scale;
    const KMeans fit = run_kmeans(data, start);
    EXPECT_EQ(fit.labels, plain_lloyd(data, start, {}, 300).labels) << scale;
    EXPECT_EQ(fit.centroids.at(4, 0), start.at(4, 0));
  }
}

TEST(KMeans, ThreadsDoNotMatter) {
  Rng rng(11);
  const Matrix data = blobs(rng, 30'000, 6, 12, 1.5);
  const Matrix start = random_rows(data, 24, rng);
  set_threads(1);
  const KMeans one = run_kmeans(data, start);
  set_threads(7);
  const KMeans seven = run_kmeans(data, start);
  set_threads(0);
  EXPECT_EQ(one.labels, seven.labels);
  EXPECT_EQ(one.centroids, seven.centroids);
  EXPECT_EQ(one.sse, seven.sse);
}

TEST(KMeans, TheOrderOfRowsDoesNotMoveACentroid) {
  Rng rng(13);
  const Matrix data = blobs(rng, 5000, 4, 5, 1);
  std::vector<size_t> order(data.rows);
  std::iota(order.begin(), order.end(), size_t{0});
  const Matrix start = random_rows(data, 8, rng);
  rng.shuffle(order);
  EXPECT_EQ(run_kmeans(data, start).centroids, run_kmeans(rows_of(data, order), start).centroids);
}

}  // namespace
}  // namespace tessera::cluster

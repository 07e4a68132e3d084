// What the tests know without the rest of the product: features straight from the events, a plain k-means, and the
// adjusted Rand index. Slow and obvious on purpose.
#pragma once

#include <cstdint>
#include <vector>

#include "simulate/simulate.hpp"

namespace tessera::simulate {

struct Table {
  size_t columns = 0;
  std::vector<double> cells;  // row by row
  size_t rows() const { return columns ? cells.size() / columns : 0; }
  double* row(size_t i) { return cells.data() + i * columns; }
  const double* row(size_t i) const { return cells.data() + i * columns; }
};

// Customers of planted segments, what they did, and their truth.
struct Measured {
  Table behaviour;  // shares and logarithms of counts
  Table rfm;        // recency in days, main events, money net of what was given back
  std::vector<uint32_t> truth;
};
enum class See : uint8_t { Everything, NoCategories };
Measured measure(const Options& options, See see = See::Everything);

void standardise(Table& table);
// Each column's values replaced by their quintile, 1 to 5 (equal values by order).
void to_quintiles(Table& table);

struct Clusters {
  std::vector<uint32_t> labels;
  std::vector<double> centres;
  double sse = 0;
};
// Lloyd from a greedy k-means++ start, then random swaps of the least missed centre, kept where the sum falls
// (Fränti 2018): plain restarts stay in local optima with many clusters.
Clusters k_means(const Table& table, size_t k, size_t swaps, uint64_t seed);

// Lloyd from the means of the groups given (1 .. k): does the truth stay where it is?
Clusters k_means_from(const Table& table, size_t k, const std::vector<uint32_t>& groups);

// Hubert and Arabie 1985.
double adjusted_rand(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b);

}  // namespace tessera::simulate

// Distances from one point to all rows of a table, four at a time: rows lie in blocks of four, column by column. Each
// distance is summed in the order squared_distance() uses, so it is the same number.
#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "cluster/matrix.hpp"

namespace tessera::cluster {

class DistanceTable {
 public:
  explicit DistanceTable(const Matrix& points)
      : rows_(points.rows), columns_(points.columns), values_((rows_ + 3) / 4 * 4 * columns_) {
    for (size_t i = 0; i < rows_; ++i)
      for (size_t j = 0; j < columns_; ++j) values_[(i / 4 * columns_ + j) * 4 + i % 4] = points.at(i, j);
  }

  size_t padded() const { return (rows_ + 3) / 4 * 4; }

  // out[i] = squared distance from the point to row i. REQUIRES: out.size() >= padded(); what lies past the rows is
  // noise.
  void squared(std::span<const double> point, std::span<double> out) const {
    for (size_t block = 0; block * 4 < rows_; ++block) {
      Four sum{};
      const double* values = values_.data() + block * columns_ * 4;
      for (size_t j = 0; j < columns_; ++j) {
        Four value;
        __builtin_memcpy(&value, values + j * 4, sizeof value);
        const Four difference = Four{point[j], point[j], point[j], point[j]} - value;
        sum += difference * difference;
      }
      __builtin_memcpy(out.data() + block * 4, &sum, sizeof sum);
    }
  }
  void distances(std::span<const double> point, std::span<double> out) const {
    squared(point, out);
    for (double& x : out.first(rows_)) x = std::sqrt(x);
  }

 private:
  typedef double Four __attribute__((vector_size(32)));
  size_t rows_, columns_;
  std::vector<double> values_;
};

}  // namespace tessera::cluster

// A dense table of doubles, row-major: what clustering works on. Already scaled by the caller; every value finite.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tessera::cluster {

struct Matrix {
  size_t rows = 0, columns = 0;
  std::vector<double> values;  // rows * columns, row after row

  Matrix() = default;
  Matrix(size_t row_count, size_t column_count)
      : rows(row_count), columns(column_count), values(row_count * column_count, 0.0) {}

  std::span<double> row(size_t i) { return {values.data() + i * columns, columns}; }
  std::span<const double> row(size_t i) const { return {values.data() + i * columns, columns}; }
  double& at(size_t i, size_t j) { return values[i * columns + j]; }
  double at(size_t i, size_t j) const { return values[i * columns + j]; }
  bool operator==(const Matrix&) const = default;
};

// The one distance of this room: squared Euclidean, summed in column order, so that every user of it agrees to the bit.
inline double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

// The rows named, in that order.
Matrix rows_of(const Matrix& data, std::span<const size_t> rows);

}  // namespace tessera::cluster

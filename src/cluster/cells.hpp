// The first stage of clustering: rows gathered into many small cells by a fine exact k-means, and the Ward tree over
// them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/hierarchy.hpp"
#include "cluster/matrix.hpp"
#include "core/random.hpp"

namespace tessera::cluster {

struct Cells {
  Matrix centres;
  std::vector<double> weights;
  std::vector<uint32_t> cell_of_row;
  Tree tree;  // its leaves are the cells
};

// At most `count` cells; with no more rows than that, every row is a cell. The cells of a large table are found on an
// even sample of it, then settled on all rows.
Cells build_cells(const Matrix& data, std::span<const double> weights, size_t count, Rng rng);

// The weighted means of the groups of cells at a cut into k: where k-means starts for that cut.
Matrix centroids_at(const Cells& cells, size_t k);

// Rows evenly spread over the table, `count` of them or all: a sample that depends on nothing but the two numbers.
std::vector<size_t> even_rows(size_t rows, size_t count);

}  // namespace tessera::cluster

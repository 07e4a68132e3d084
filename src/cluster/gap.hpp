// Is there a gap between two clusters, or does one cut run through the middle of a crowd? The question k-means cannot
// ask itself: it halves a single crowd as gladly as it parts two.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cluster/matrix.hpp"

namespace tessera::cluster {

// How deep the valley between two clusters is: along the line through their centroids, the least density between the
// two peaks over the lower peak: near 0 = nothing between them, 1 = no valley. The rows of a crowd that any plane
// halves have one peak along any line, at the plane or beside it, whenever the crowd's density is log-concave (Prékopa
// 1973).
double valley_between(const Matrix& data, std::span<const uint32_t> a, std::span<const uint32_t> b);

// The groups left when clusters with no gap between them are united: for each cluster its group, 0..groups-1.
std::vector<uint32_t> unite_without_gap(const Matrix& data, std::span<const uint32_t> labels, size_t k);

}  // namespace tessera::cluster

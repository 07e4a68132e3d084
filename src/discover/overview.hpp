// The two pictures of a discovery (the tree from everyone down to the micro-segments, and a map of customers), and each
// segment in a few sentences.
#pragma once

#include <string>
#include <vector>

#include "discover/discovery.hpp"

namespace tessera::discover {

// Fills tree, and the parents of segments. `place`: of each cluster in Discovery::segments.
void draw_tree(const cluster::Clustering& clustering, const std::vector<int>& place, Discovery& out);

// Fills map and map_axes: the two directions in which the segments' centres differ most (principal components of the
// centres, weighted by size), customers thinned evenly.
void draw_map(const features::Transformed& transformed, const cluster::Clustering& clustering,
              const std::vector<uint32_t>& customers, const std::vector<int>& place, Discovery& out);

std::string summary_of(const Discovery& discovery, const Segment& segment);

}  // namespace tessera::discover

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

// The features that divide most, in words. REQUIRES: there is one.
std::string weightiest(const features::FeatureTable& features, std::vector<features::ColumnTreatment> columns);

// Why there is one group.
std::string too_few(size_t customers, const features::IndustryTerms& words);
std::string all_alike(const features::IndustryTerms& words);
inline constexpr std::string_view kWithoutEvents =
    "The record has no events: the groups are made of what is known of each customer, and nothing is said about what "
    "they did or when.";

std::string summary_of(const Discovery& discovery, const Segment& segment);

}  // namespace tessera::discover

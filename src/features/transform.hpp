// From values of features to a table that distances make sense in. Each step is decided from the data and said in a
// sentence, for the choice of scales decides what clusters are found (on raw recency, frequency and money the
// silhouette prefers a cut with one customer in a cluster).
//
// - Shares and rates of few observations are noisy: they are pulled towards everyone's figure by as much as chance
//   explains (beta-binomial and gamma-Poisson priors by moments), then put on the arcsine or square-root scale, where
//   chance has the same size everywhere (Anscombe 1948).
// - Heavy tails: Yeo-Johnson (2000), its power by maximum likelihood; then winsorised at 3 standard deviations.
// - Unknown values take the median, so they say nothing.
// - Scale: a column with one hump is measured in its standard deviation. A column with several humps, with valleys
//   between, is measured in the width of a hump, for there the distance between humps is news and the width is chance.
// - Weight: columns of one family share one vote, so that ten interests do not outvote one recency, and what is mostly
//   chance counts less; clear humps keep their own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cluster/matrix.hpp"
#include "features/features.hpp"

namespace tessera::features {

struct ColumnTreatment {
  std::string feature;
  double lambda = 1;  // of Yeo-Johnson; 1 = as it is
  double prior = 0;   // observations worth of everyone's share that were added; 0 = none
  size_t humps = 1;
  double reliability = 1;  // of shares and rates: the part of the variance that is not chance
  double weight = 1;       // standard deviation of the column handed on
  size_t unknown = 0;      // values that took the median
};

// The feature that a column is of: of a category each level is a column, "given_plan = pro".
inline std::string_view feature_of(const ColumnTreatment& column) {
  return std::string_view(column.feature).substr(0, column.feature.find(" = "));
}

struct Transformed {
  cluster::Matrix table;  // one row for each of `rows`
  std::vector<ColumnTreatment> columns;
  std::vector<std::string> said;  // sentences
};

// Columns that do not cluster (Feature::clusters) are left out. REQUIRES: rows not empty.
Transformed transform(const FeatureTable& features, std::span<const uint32_t> rows);

// Pieces, for tests.
double yeo_johnson(double x, double lambda);
// The lambda of greatest likelihood in [-3, 3], to about 0.001.
double fit_yeo_johnson(std::span<const double> values);
struct Humps {
  size_t count = 1;
  double width = 1;  // pooled standard deviation inside humps, in standard deviations of all
};
// Humps of standardised values: at least 3 % of the mass each, with a valley under 0.6 of the lower peak between.
// `noise`: the deviation of chance in the values, known from how they were counted; narrower gaps than it are no
// valleys.
Humps find_humps(std::span<const double> values, double noise = 0);

}  // namespace tessera::features

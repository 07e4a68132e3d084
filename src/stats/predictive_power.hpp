// How well do predictions foretell an outcome? Figures out of sample: predictions() has seen no outcome of those it
// speaks about (groups are given the mean of their other members), and intervals come from a bootstrap over customers,
// in pairs where two ways of predicting are compared.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tessera::stats {

struct Figure {
  double value = 0, low = 0, high = 0;  // with its 95 % interval (percentile bootstrap, Efron 1979)
};

struct Foretold {
  Figure r2;    // share of the outcome's variance foretold; at or under 0: nothing
  Figure auc;   // yes or no: the chance that one of those who did is ranked before one who did not; else NaN
  Figure lift;  // the outcome of the tenth ranked highest, over everyone's
};

struct Comparison {
  std::vector<Foretold> each;         // by way of predicting
  std::vector<Figure> r2_less_first;  // each one's r2 less the first's, in pairs
};

// Of each row the mean outcome of its group in the other folds, drawn towards everyone's mean as far as the group is
// small (empirical Bayes with the variances between and within groups by the method of moments; Searle, Casella and
// McCulloch 1992, section 3.6). Groups are 0..groups-1, folds 0..folds-1. Linear.
std::vector<double> predictions(std::span<const uint32_t> group, size_t groups, std::span<const double> outcome,
                                std::span<const uint8_t> fold, size_t folds);

// Judges ways of predicting one outcome; `of_mean` are predictions that know nothing but the mean (one group).
// Same answer on any number of threads.
Comparison compare(std::span<const double> outcome, std::span<const std::vector<double>> ways,
                   std::span<const double> of_mean, bool yes_or_no, uint64_t seed);

// 0-based ranks cut into five equal parts, 0..4; ties in the order of the rows.
std::vector<uint8_t> quintiles(std::span<const double> values);

}  // namespace tessera::stats

// Gradient-boosted trees (XGBoost) for one question: how much of an outcome can be foretold at all from these columns?
// Every row is predicted by trees that were grown on other folds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace tessera::predict {

struct BoostingOptions {
  bool yes_or_no = false;  // logistic loss and probabilities; else squared error
  int rounds = 60, depth = 4;
  double rate = 0.1;
  size_t most_rows = 20'000;  // trees are grown on at most so many rows, evenly taken
  uint64_t seed = 1;
};

// values: row by row, `columns` each, NaN where unknown; folds 0..folds-1. Same answer on any number of threads.
// Errors: it was stopped (core/stop.hpp); the library's own.
Result<std::vector<double>> boosted_predictions(std::span<const float> values, size_t columns,
                                                std::span<const double> outcome, std::span<const uint8_t> fold,
                                                size_t folds, const BoostingOptions& options);

}  // namespace tessera::predict

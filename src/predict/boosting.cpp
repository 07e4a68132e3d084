#include "predict/boosting.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include <xgboost/c_api.h>

#include "core/parallel.hpp"
#include "core/stop.hpp"

namespace tessera::predict {

namespace {

struct CloseMatrix {
  void operator()(void* matrix) const { XGDMatrixFree(matrix); }
};
struct CloseBooster {
  void operator()(void* booster) const { XGBoosterFree(booster); }
};
using Matrix = std::unique_ptr<void, CloseMatrix>;
using Booster = std::unique_ptr<void, CloseBooster>;

Result<void> done(int code) {
  if (code == 0) return {};
  return fail(fmt::format("the gradient boosting library failed: {}", XGBGetLastError()));
}

Result<Matrix> matrix_of(const std::vector<float>& values, size_t columns) {
  DMatrixHandle made = nullptr;
  TRY(done(XGDMatrixCreateFromMat(values.data(), values.size() / columns, columns,
                                  std::numeric_limits<float>::quiet_NaN(), &made)));
  return Matrix(made);
}

struct Rows {
  std::vector<float> values, outcome;
  std::vector<size_t> index;
};

class Folds {
 public:
  Folds(std::span<const float> values, size_t columns, std::span<const double> outcome, std::span<const uint8_t> fold,
        const BoostingOptions& options)
      : values_(values), columns_(columns), outcome_(outcome), fold_(fold), options_(options) {}

  // Writes the predictions of one fold.
  Result<void> predict(uint8_t which, std::vector<double>& out) const {
    const Rows others = rows(which, false), own = rows(which, true);
    if (own.index.empty()) return {};
    if (others.index.empty()) return fail("a fold holds all rows");
    const Matrix grown_on = TRY(matrix_of(others.values, columns_)), asked = TRY(matrix_of(own.values, columns_));
    TRY(done(XGDMatrixSetFloatInfo(grown_on.get(), "label", others.outcome.data(), others.outcome.size())));
    const Booster booster = TRY(grow(grown_on));
    bst_ulong count = 0;
    const float* found = nullptr;
    TRY(done(XGBoosterPredict(booster.get(), asked.get(), 0, 0, 0, &count, &found)));
    VERIFY(count == own.index.size());
    for (size_t i = 0; i < own.index.size(); ++i) out[own.index[i]] = static_cast<double>(found[i]);
    return {};
  }

 private:
  Rows rows(uint8_t which, bool own) const {
    std::vector<size_t> all;
    for (size_t i = 0; i < fold_.size(); ++i)
      if ((fold_[i] == which) == own) all.push_back(i);
    const size_t wanted = own ? all.size() : std::min(all.size(), options_.most_rows);
    Rows out;
    for (size_t k = 0; k < wanted; ++k) {
      const size_t i = all[k * all.size() / wanted];
      out.index.push_back(i);
      out.outcome.push_back(static_cast<float>(outcome_[i]));
      const auto row = values_.subspan(i * columns_, columns_);
      out.values.insert(out.values.end(), row.begin(), row.end());
    }
    return out;
  }

  Result<Booster> grow(const Matrix& on) const {
    const DMatrixHandle handle = on.get();
    BoosterHandle made = nullptr;
    TRY(done(XGBoosterCreate(&handle, 1, &made)));
    Booster booster(made);
    const std::pair<const char*, std::string> settings[] = {
        {"objective", options_.yes_or_no ? "binary:logistic" : "reg:squarederror"},
        {"tree_method", "hist"},
        {"max_depth", std::to_string(options_.depth)},
        {"eta", fmt::format("{}", options_.rate)},
        {"min_child_weight", options_.yes_or_no ? "5" : "20"},
        {"subsample", "0.8"},
        {"colsample_bytree", "0.8"},
        {"seed", std::to_string(options_.seed % 1'000'000'007)},
        {"nthread", "1"},  // sums do not depend on the number of cores; folds are grown side by side
        {"verbosity", "0"},
    };
    for (const auto& [name, value] : settings) TRY(done(XGBoosterSetParam(booster.get(), name, value.c_str())));
    for (int round = 0; round < options_.rounds; ++round) {
      TRY(go_on());
      TRY(done(XGBoosterUpdateOneIter(booster.get(), round, on.get())));
    }
    return booster;
  }

  std::span<const float> values_;
  size_t columns_;
  std::span<const double> outcome_;
  std::span<const uint8_t> fold_;
  const BoostingOptions& options_;
};

}  // namespace

Result<std::vector<double>> boosted_predictions(std::span<const float> values, size_t columns,
                                                std::span<const double> outcome, std::span<const uint8_t> fold,
                                                size_t folds, const BoostingOptions& options) {
  VERIFY(columns > 0 && values.size() == outcome.size() * columns && fold.size() == outcome.size());
  const Folds all(values, columns, outcome, fold, options);
  std::vector<double> out(outcome.size());
  std::vector<std::optional<Error>> failed(folds);
  parallel_for(folds, 1, [&](size_t from, size_t to) {
    for (size_t f = from; f < to; ++f)
      if (auto predicted = all.predict(static_cast<uint8_t>(f), out); !predicted)
        failed[f] = std::move(predicted).error();
  });
  for (auto& error : failed)
    if (error) return std::unexpected(std::move(*error));
  return out;
}

}  // namespace tessera::predict

#include "stats/matching.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "core/result.hpp"

namespace tessera::stats {

namespace {

constexpr size_t kDivisions[] = {10, 8, 6, 5, 4, 3, 2};  // tried in this order
constexpr double kEnough = 0.9;                          // share of the met that should find a match
constexpr size_t kKnots[] = {5, 3, 1, 0};                // of a covariate in the regression
constexpr double kLeastRest = 0.05;                      // one person is never more of the error than so
constexpr double kPeoplePerTerm = 10;                    // effective others for each term of the regression

// Where quantiles of a covariate are: its known values, ascending, with the weight of all up to them.
class Scale {
 public:
  Scale(std::span<const double> values, std::span<const uint8_t> met) {
    double count[2] = {};
    for (size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) values_.push_back({values[i], 0}), ++count[met[i] != 0];
    size_t at = 0;
    for (size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) values_[at++].second = 0.5 / count[met[i] != 0];
    std::sort(values_.begin(), values_.end());
    double sum = 0;
    for (auto& [value, weight] : values_) weight = sum += weight;
  }
  // Upper ends of all divisions but the last, ascending; fewer where values are alike.
  std::vector<double> cuts(size_t divisions) const {
    std::vector<double> out;
    if (values_.empty()) return out;
    const double whole = values_.back().second;
    for (size_t k = 1; k < divisions; ++k) {
      const double want = whole * static_cast<double>(k) / static_cast<double>(divisions);
      const auto found =
          std::lower_bound(values_.begin(), values_.end(), want, [](const auto& v, double w) { return v.second < w; });
      if (found == values_.end() || found->first == values_.back().first) break;
      if (out.empty() || found->first > out.back()) out.push_back(found->first);
    }
    return out;
  }

 private:
  std::vector<std::pair<double, double>> values_;
};

std::vector<Scale> scales_of(const Covariates& covariates, std::span<const uint8_t> met) {
  std::vector<Scale> out;
  for (const auto& values : covariates) out.emplace_back(values, met);
  return out;
}

// The stratum of every person, numbered from 0.
std::vector<uint32_t> strata_of(const Covariates& covariates, const std::vector<Scale>& scales, size_t divisions,
                                size_t people) {
  std::vector<uint64_t> key(people, 0);
  for (size_t j = 0; j < covariates.size(); ++j) {
    const auto cuts = scales[j].cuts(divisions);
    for (size_t i = 0; i < people; ++i) {
      const double x = covariates[j][i];
      const size_t place = std::isnan(x)
                               ? cuts.size() + 1
                               : static_cast<size_t>(std::lower_bound(cuts.begin(), cuts.end(), x) - cuts.begin());
      key[i] = key[i] * (cuts.size() + 2) + place;
    }
  }
  std::unordered_map<uint64_t, uint32_t> number;
  std::vector<uint32_t> out(people);
  for (size_t i = 0; i < people; ++i) out[i] = number.try_emplace(key[i], number.size()).first->second;
  return out;
}

struct Moments {
  double weight = 0, sum = 0, squares = 0;
  void add(double x, double w) { weight += w, sum += w * x, squares += w * x * x; }
  double mean() const { return weight > 0 ? sum / weight : 0; }
  double variance() const { return weight > 1 ? std::max(0.0, (squares - sum * sum / weight) / (weight - 1)) : 0; }
};

double standardised(double difference, double deviation) {
  if (difference == 0) return 0;
  return deviation > 0 ? difference / deviation : std::copysign(std::numeric_limits<double>::infinity(), difference);
}

Balance balance_of(std::span<const double> values, std::span<const uint8_t> met, const std::vector<double>& weight) {
  // Around some value, so that squares lose no digits.
  double origin = 0;
  for (const double x : values)
    if (!std::isnan(x)) {
      origin = x;
      break;
    }
  Moments before[2], after[2];
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    before[met[i] != 0].add(values[i] - origin, 1);
    after[met[i] != 0].add(values[i] - origin, weight[i]);
  }
  const double deviation = std::sqrt((before[0].variance() + before[1].variance()) / 2);
  const bool matched = after[0].weight > 0 && after[1].weight > 0;
  return {.before = standardised(before[1].mean() - before[0].mean(), deviation),
          .after = matched ? standardised(after[1].mean() - after[0].mean(), deviation) : 0};
}

Matching matched_in(const std::vector<uint32_t>& stratum, const Covariates& covariates, std::span<const uint8_t> met) {
  Matching out;
  const size_t strata = stratum.empty() ? 0 : *std::max_element(stratum.begin(), stratum.end()) + size_t{1};
  std::vector<double> count[2] = {std::vector<double>(strata, 0), std::vector<double>(strata, 0)};
  for (size_t i = 0; i < stratum.size(); ++i) ++count[met[i] != 0][stratum[i]];
  for (size_t s = 0; s < strata; ++s) out.strata += count[0][s] > 0 && count[1][s] > 0;
  out.weight.assign(stratum.size(), 0);
  double squares = 0;
  for (size_t i = 0; i < stratum.size(); ++i) {
    const double of_met = count[1][stratum[i]], of_others = count[0][stratum[i]];
    ++(met[i] ? out.met : out.others);
    if (of_met == 0 || of_others == 0) continue;
    ++(met[i] ? out.met_matched : out.others_matched);
    out.weight[i] = met[i] ? 1 : of_met / of_others;
    if (!met[i]) squares += out.weight[i] * out.weight[i];
  }
  const double sum = static_cast<double>(out.met_matched);
  out.effective_others = squares > 0 ? sum * sum / squares : 0;
  for (const auto& values : covariates) out.balance.push_back(balance_of(values, met, out.weight));
  return out;
}

// Better than another way to divide, none of which suffices.
bool is_better(const Matching& a, const Matching& b) {
  if (a.met_matched == 0 || b.met_matched == 0) return a.met_matched > b.met_matched;
  const bool balanced = a.worst_after() <= kInBalance;
  if (balanced != (b.worst_after() <= kInBalance)) return balanced;
  return balanced ? a.met_matched > b.met_matched : a.worst_after() < b.worst_after();
}

// --- the regression

// Terms of a person: 1, and of each covariate whether it is known, its value and what it has beyond each knot.
class Terms {
 public:
  Terms(const Covariates& covariates, const std::vector<Scale>& scales, double effective) : covariates_(covariates) {
    for (const size_t knots : kKnots) {
      knots_.clear();
      size_ = 1;
      for (const Scale& scale : scales) {
        knots_.push_back(knots == 0 ? std::vector<double>{} : scale.cuts(knots + 1));
        size_ += 2 + knots_.back().size();
      }
      if (kPeoplePerTerm * static_cast<double>(size_) <= effective) return;
    }
    size_ = 1;  // too few for any line: the strata alone
  }
  size_t size() const { return size_; }
  void of(size_t person, std::span<double> out) const {
    size_t at = 0;
    out[at++] = 1;
    if (size_ == 1) return;
    for (size_t j = 0; j < covariates_.size(); ++j) {
      const double x = covariates_[j][person];
      const bool known = !std::isnan(x);
      out[at++] = known ? 1 : 0;
      out[at++] = known ? x : 0;
      for (const double knot : knots_[j]) out[at++] = known ? std::max(0.0, x - knot) : 0;
    }
  }

 private:
  const Covariates& covariates_;
  std::vector<std::vector<double>> knots_;
  size_t size_ = 1;
};

// A symmetric system by Cholesky; terms that say nothing new are left out (their solution is 0).
class Solver {
 public:
  Solver(std::vector<double> matrix, size_t size) : l_(std::move(matrix)), n_(size), used_(size, true) {
    for (size_t j = 0; j < n_; ++j) {
      const double whole = l_[j * n_ + j];
      double pivot = whole;
      for (size_t k = 0; k < j; ++k) pivot -= l_[j * n_ + k] * l_[j * n_ + k];
      used_[j] = pivot > 1e-9 * whole;
      l_[j * n_ + j] = used_[j] ? std::sqrt(pivot) : 1;
      for (size_t i = j + 1; i < n_; ++i) {
        double x = l_[i * n_ + j];
        for (size_t k = 0; k < j; ++k) x -= l_[i * n_ + k] * l_[j * n_ + k];
        l_[i * n_ + j] = used_[j] ? x / l_[j * n_ + j] : 0;
      }
    }
  }
  std::vector<double> solve(std::vector<double> right) const {
    for (size_t i = 0; i < n_; ++i) {
      for (size_t k = 0; k < i; ++k) right[i] -= l_[i * n_ + k] * right[k];
      right[i] = used_[i] ? right[i] / l_[i * n_ + i] : 0;
    }
    for (size_t i = n_; i-- > 0;) {
      for (size_t k = i + 1; k < n_; ++k) right[i] -= l_[k * n_ + i] * right[k];
      right[i] = used_[i] ? right[i] / l_[i * n_ + i] : 0;
    }
    return right;
  }
  // row' matrix^-1 row.
  double pull_of(const std::vector<double>& row) const {
    double sum = 0;
    std::vector<double>& x = scratch_;
    x = row;
    for (size_t i = 0; i < n_; ++i) {
      for (size_t k = 0; k < i; ++k) x[i] -= l_[i * n_ + k] * x[k];
      x[i] = used_[i] ? x[i] / l_[i * n_ + i] : 0;
      sum += x[i] * x[i];
    }
    return sum;
  }

 private:
  std::vector<double> l_;
  size_t n_;
  std::vector<bool> used_;
  mutable std::vector<double> scratch_;
};

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

double Matching::worst_after() const {
  double worst = 0;
  for (const Balance& each : balance) worst = std::max(worst, std::abs(each.after));
  return worst;
}

Matching match(const Covariates& covariates, std::span<const uint8_t> met) {
  VERIFY(covariates.size() <= 16);
  for (const auto& values : covariates) VERIFY(values.size() == met.size());
  const auto scales = scales_of(covariates, met);
  Matching best;
  for (const size_t divisions : kDivisions) {
    Matching next = matched_in(strata_of(covariates, scales, divisions, met.size()), covariates, met);
    next.divisions = divisions;
    const bool suffices = next.worst_after() <= kInBalance &&
                          static_cast<double>(next.met_matched) >= kEnough * static_cast<double>(next.met);
    if (suffices && next.met_matched > 0) return next;
    if (best.divisions == 0 || is_better(next, best)) best = std::move(next);
  }
  return best;
}

Difference compare(const Matching& matching, const Covariates& covariates, std::span<const uint8_t> met,
                   std::span<const uint8_t> outcome) {
  VERIFY(matching.met_matched > 0 && matching.others_matched > 0 && outcome.size() == met.size());
  const auto scales = scales_of(covariates, met);
  const Terms terms(covariates, scales, matching.effective_others);
  const size_t n = terms.size();
  const double people = static_cast<double>(matching.met_matched);
  std::vector<double> row(n), gram(n * n, 0), right(n, 0), centre(n, 0);
  double with_met = 0, with_others = 0;
  for (size_t i = 0; i < met.size(); ++i) {
    const double w = matching.weight[i];
    if (w == 0) continue;
    terms.of(i, row);
    (met[i] ? with_met : with_others) += w * outcome[i];
    for (size_t a = 0; a < n; ++a) {
      if (met[i]) centre[a] += row[a] / people;
      if (met[i]) continue;
      right[a] += w * row[a] * outcome[i];
      for (size_t b = 0; b <= a; ++b) gram[a * n + b] += w * row[a] * row[b];
    }
  }
  const Solver solver(std::move(gram), n);
  const auto line = solver.solve(std::move(right)), pull = solver.solve(centre);
  Difference out{.met = with_met / people, .by_strata = (with_met - with_others) / people};
  out.difference = out.met - dot(centre, line);
  double of_met = 0, of_others = 0;
  for (size_t i = 0; i < met.size(); ++i) {
    const double w = matching.weight[i];
    if (w == 0) continue;
    terms.of(i, row);
    const double rest = outcome[i] - dot(row, line);
    if (met[i]) {
      of_met += (rest - out.difference) * (rest - out.difference);
      continue;
    }
    // What a person pulls the line towards themselves by is missing in their rest (HC2 of MacKinnon and White 1985).
    const double share = w * dot(row, pull) * rest;
    of_others += share * share / std::max(kLeastRest, 1 - w * solver.pull_of(row));
  }
  of_met /= people * std::max(1.0, people - 1);
  out.error = std::sqrt(of_met + of_others);
  return out;
}

}  // namespace tessera::stats

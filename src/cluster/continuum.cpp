#include "cluster/continuum.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "cluster/quality.hpp"
#include "cluster/seeding.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"

namespace tessera::cluster {

namespace {

constexpr size_t kRows = 8'000;
constexpr size_t kRounds = 8;     // of turning columns down
constexpr double kTurn = 0.3;     // how far a round turns: the power of the share of variance between groups
constexpr double kEnough = 0.86;  // told well: no further turning down, and a finer division may follow
constexpr size_t kStarts = 3;     // of k-means
constexpr size_t kHalves = 8;     // resamples of stability

// Counts that are tried: fine steps where a group more matters.
std::vector<size_t> tried(size_t least, size_t most) {
  std::vector<size_t> out;
  for (size_t k = least; k <= most; k += k < 12 ? 1 : k < 20 ? 2 : 5) out.push_back(k);
  return out;
}

// The share of each column's variance that lies between the groups.
std::vector<double> between_shares(const Matrix& table, const KMeans& fit) {
  const size_t d = table.columns;
  std::vector<double> mean(d, 0), total(d, 0), inside(d, 0);
  for (size_t i = 0; i < table.rows; ++i)
    for (size_t j = 0; j < d; ++j) mean[j] += table.at(i, j) / static_cast<double>(table.rows);
  for (size_t i = 0; i < table.rows; ++i)
    for (size_t j = 0; j < d; ++j) {
      const double all = table.at(i, j) - mean[j], own = table.at(i, j) - fit.centroids.at(fit.labels[i], j);
      total[j] += all * all;
      inside[j] += own * own;
    }
  std::vector<double> out(d, 0);
  for (size_t j = 0; j < d; ++j) out[j] = total[j] > 0 ? 1 - inside[j] / total[j] : 0;
  return out;
}

Matrix weighted(const Matrix& table, const std::vector<double>& weights) {
  Matrix out = table;
  for (size_t i = 0; i < out.rows; ++i)
    for (size_t j = 0; j < out.columns; ++j) out.at(i, j) *= weights[j];
  return out;
}

// The best of a few starts. Without the refinements that find the last per mille: many divisions are compared here.
KMeans divided(const Matrix& table, size_t k, Rng& rng) {
  KMeans best;
  for (size_t start = 0; start < kStarts; ++start) {
    KMeans fit = run_kmeans(table, seed_centroids(table, k, rng));
    if (start == 0 || fit.sse < best.sse) best = std::move(fit);
  }
  return best;
}

class Judge {
 public:
  Judge(const Matrix& table, std::span<const RuleColumn> columns, const ContinuumOptions& options)
      : table_(table), columns_(columns), options_(options) {
    // Every third row judges, the others find; rows are in the order of ids, which says nothing of behaviour.
    for (uint32_t i = 0; i < table.rows; ++i) (i % 3 == 2 ? judged_ : found_).push_back(i);
  }

  struct Outcome {
    std::vector<double> weights;
    KMeans fit;
    double told = 0, smallest = 0;
  };

  // The best told of the rounds.
  Outcome outcome_of(size_t k) const {
    Outcome best;
    std::vector<double> weights(table_.columns, 1.0);
    for (size_t round = 0; round < kRounds; ++round) {
      const Matrix scaled = weighted(table_, weights);
      Rng rng = Rng(options_.seed).fork(k * 16 + round);
      Outcome now{.weights = weights, .fit = divided(scaled, k, rng)};
      std::vector<double> size(k, 0);
      for (const uint32_t label : now.fit.labels) size[label] += 1;
      now.smallest = *std::min_element(size.begin(), size.end());
      now.told = told(now.fit.labels, k, now.smallest);
      // A division with a group too small is none, however well it is told.
      const bool large = now.smallest >= least_size();
      const bool best_large = !best.weights.empty() && best.smallest >= least_size();
      const auto shares = between_shares(scaled, now.fit);
      if (best.weights.empty() || (large && !best_large) || (large == best_large && now.told > best.told))
        best = std::move(now);
      if (is_stopped() || (best.told >= kEnough && (best_large || large))) break;
      const double most = *std::max_element(shares.begin(), shares.end());
      for (size_t j = 0; j < weights.size(); ++j)
        weights[j] *= std::pow(std::max(0.01, shares[j] / std::max(1e-9, most)), kTurn);
    }
    return best;
  }

  // On the sample, with a tenth to spare: the final rules are found on other customers.
  double least_size() const { return 1.1 * options_.min_size * static_cast<double>(table_.rows) / all_rows_; }
  void set_all_rows(size_t rows) { all_rows_ = static_cast<double>(rows); }

  struct Stability {
    double mean = 0, weakest = 0;
  };
  // Jaccard of each group with its like when half of the rows are divided anew, mean over halves.
  Stability stability_of(const Outcome& outcome, size_t k) const {
    const Matrix scaled = weighted(table_, outcome.weights);
    std::vector<std::vector<double>> found(kHalves);
    parallel_for(kHalves, 1, [&](size_t from, size_t to) {
      for (size_t h = from; h < to; ++h) {
        Rng rng = Rng(options_.seed ^ 0x57AB1E).fork(h);
        std::vector<size_t> half(scaled.rows);
        std::iota(half.begin(), half.end(), 0);
        rng.shuffle(half);
        half.resize(half.size() / 2);
        const KMeans anew = divided(rows_of(scaled, half), k, rng);
        found[h] = best_jaccard(outcome.fit.labels, assign_rows(scaled, anew.centroids));
      }
    });
    Stability out{.weakest = 1};
    for (size_t c = 0; c < k; ++c) {
      double sum = 0;
      for (const auto& jaccard : found) sum += jaccard[c] / static_cast<double>(kHalves);
      out.mean += sum / static_cast<double>(k);
      out.weakest = std::min(out.weakest, sum);
    }
    return out;
  }

 private:
  // Also lowers `smallest` to the fewest members of a rule: what is reported is the rule's members.
  double told(const std::vector<uint32_t>& labels, size_t k, double& smallest) const {
    const Rules rules = find_rules(columns_, labels, k, found_, {.beam = 3});
    std::vector<double> size(k, 0), hit(k, 0), predicted(k, 0);
    for (const uint32_t row : judged_) {
      size[labels[row]] += 1;
      for (size_t c = 0; c < k; ++c)
        if (holds(rules.of_cluster[c], columns_, row)) predicted[c] += 1, hit[c] += labels[row] == c;
    }
    for (size_t c = 0; c < k; ++c) {
      double members = predicted[c];
      for (const uint32_t row : found_) members += holds(rules.of_cluster[c], columns_, row);
      smallest = std::min(smallest, members);
    }
    double sum = 0;
    for (size_t c = 0; c < k; ++c) sum += 2 * hit[c] / std::max(1.0, size[c] + predicted[c]);
    return sum / static_cast<double>(k);
  }

  const Matrix& table_;
  std::span<const RuleColumn> columns_;
  ContinuumOptions options_;
  std::vector<uint32_t> found_, judged_;
  double all_rows_ = 1;
};

// All rows divided from the sample's centres.
Clustering whole(const Matrix& table, const Matrix& start) {
  std::vector<size_t> order;
  KMeans fit = run_kmeans(table, start);
  Clustering out = clustering_of(table, std::move(fit.labels), start.rows, order);
  out.centroids = rows_of(fit.centroids, order);
  return out;
}

}  // namespace

Division divide_continuum(const Matrix& table, std::span<const RuleColumn> columns, const ContinuumOptions& options) {
  std::vector<size_t> rows;
  const size_t step = (table.rows + kRows - 1) / kRows;
  for (size_t i = 0; i < table.rows; i += step) rows.push_back(i);
  const Matrix sample = rows_of(table, rows);
  std::vector<std::vector<double>> values;
  std::vector<RuleColumn> sampled;
  for (const RuleColumn& column : columns) {
    auto& copy = values.emplace_back();
    for (const size_t row : rows) copy.push_back(column.values[row]);
  }
  for (size_t j = 0; j < columns.size(); ++j) {
    sampled.push_back(columns[j]);
    sampled[j].values = values[j];
  }
  Judge judge(sample, sampled, options);
  judge.set_all_rows(table.rows);
  const auto sizes = tried(options.least, options.most);
  std::vector<Judge::Outcome> outcomes(sizes.size());
  parallel_for(sizes.size(), 1, [&](size_t from, size_t to) {
    for (size_t i = from; i < to && !is_stopped(); ++i) outcomes[i] = judge.outcome_of(sizes[i]);
  });
  if (is_stopped()) return {};
  const double least = judge.least_size();
  Division out;
  size_t chosen = sizes.size();
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (outcomes[i].smallest < least) continue;
    // The finest that is told well enough; where none is, the best told.
    const bool enough = outcomes[i].told >= kEnough;
    if (chosen == sizes.size() || (enough && sizes[i] > sizes[chosen]) ||
        (outcomes[chosen].told < kEnough && outcomes[i].told > outcomes[chosen].told))
      chosen = i;
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (is_stopped()) return {};
    Candidate candidate{.k = sizes[i], .smallest = outcomes[i].smallest};
    const Matrix scaled = weighted(sample, outcomes[i].weights);
    candidate.quality = quality_of(scaled, outcomes[i].fit.labels);
    const auto stability = judge.stability_of(outcomes[i], sizes[i]);
    candidate.quality.stability = stability.mean;
    candidate.weakest = stability.weakest;
    out.candidates.push_back(candidate);
  }
  if (chosen == sizes.size()) return out;
  out.weights = outcomes[chosen].weights;
  out.told = outcomes[chosen].told;
  out.clustering = whole(weighted(table, out.weights), outcomes[chosen].fit.centroids);
  Clustering& all = out.clustering;
  all.quality.stability = out.candidates[chosen].quality.stability;
  all.candidates = std::move(out.candidates);
  all.chosen_by = fmt::format(
      "{} groups: no gaps say how many there are, so the {} division was taken whose groups can be told by rules of at "
      "most "
      "4 conditions (macro F1 {:.2f}) and are large enough; {:.0f} % of a group is found again when half of the "
      "customers "
      "are divided anew.",
      all.k, out.told >= kEnough ? "finest" : "best", out.told, 100 * all.quality.stability);
  return out;
}

}  // namespace tessera::cluster

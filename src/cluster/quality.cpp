#include "cluster/quality.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "cluster/distances.hpp"
#include "core/parallel.hpp"
#include "core/result.hpp"

namespace tessera::cluster {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kGrain = 64;  // rows a task of the O(n^2) passes

size_t count_of(std::span<const uint32_t> labels) {
  return labels.empty() ? 0 : *std::ranges::max_element(labels) + size_t{1};
}

struct Moments {
  size_t k = 0;
  Matrix centroids;
  std::vector<double> mass, spread;  // of each cluster: weight; mean distance to the centroid
  double total = 0, sse = 0, between = 0;
};

Moments moments_of(const Matrix& data, std::span<const uint32_t> labels, std::span<const double> weights) {
  Moments m;
  m.k = count_of(labels);
  m.centroids = Matrix(m.k, data.columns);
  m.mass.assign(m.k, 0);
  m.spread.assign(m.k, 0);
  std::vector<double> middle(data.columns);
  const auto weight = [&](size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  for (size_t i = 0; i < data.rows; ++i) {
    const double w = weight(i);
    m.mass[labels[i]] += w;
    for (size_t j = 0; j < data.columns; ++j) m.centroids.at(labels[i], j) += w * data.at(i, j);
  }
  for (size_t c = 0; c < m.k; ++c) {
    m.total += m.mass[c];
    for (size_t j = 0; j < data.columns; ++j) {
      middle[j] += m.centroids.at(c, j);
      if (m.mass[c] > 0) m.centroids.at(c, j) /= m.mass[c];
    }
  }
  for (double& x : middle) x /= m.total;
  for (size_t i = 0; i < data.rows; ++i) {
    const double squared = squared_distance(data.row(i), m.centroids.row(labels[i]));
    m.sse += weight(i) * squared;
    m.spread[labels[i]] += weight(i) * std::sqrt(squared);
  }
  for (size_t c = 0; c < m.k; ++c) {
    if (m.mass[c] > 0) m.spread[c] /= m.mass[c];
    m.between += m.mass[c] * squared_distance(m.centroids.row(c), middle);
  }
  return m;
}

double davies_bouldin_of(const Moments& m) {
  if (m.k < 2) return kNaN;
  double sum = 0;
  for (size_t a = 0; a < m.k; ++a) {
    double worst = 0;
    for (size_t b = 0; b < m.k; ++b) {
      const double apart = std::sqrt(squared_distance(m.centroids.row(a), m.centroids.row(b)));
      if (a != b && apart > 0) worst = std::max(worst, (m.spread[a] + m.spread[b]) / apart);
    }
    sum += worst;
  }
  return sum / static_cast<double>(m.k);
}

double calinski_harabasz_of(const Moments& m) {
  const double k = static_cast<double>(m.k);
  if (m.k < 2 || m.total <= k) return kNaN;
  if (m.sse == 0) return 1;  // as scikit-learn
  return m.between / (k - 1) / (m.sse / (m.total - k));
}

// Rows grouped by label, so that the passes over pairs run along each cluster.
struct Grouped {
  std::vector<size_t> order;   // rows by label
  std::vector<size_t> starts;  // k + 1
  Matrix data;

  Grouped(const Matrix& source, std::span<const uint32_t> labels) : order(labels.size()), starts(count_of(labels) + 1) {
    for (const uint32_t label : labels) ++starts[label + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    std::vector<size_t> next(starts.begin(), starts.end() - 1);
    for (size_t i = 0; i < labels.size(); ++i) order[next[labels[i]]++] = i;
    data = rows_of(source, order);
  }
  size_t k() const { return starts.size() - 1; }
};

double silhouette_of(std::span<const double> sums, const std::vector<size_t>& sizes, size_t own) {
  if (sizes[own] <= 1) return 0;
  const double inside = sums[own] / static_cast<double>(sizes[own] - 1);
  double outside = kInfinity;
  for (size_t c = 0; c < sizes.size(); ++c)
    if (c != own && sizes[c] > 0) outside = std::min(outside, sums[c] / static_cast<double>(sizes[c]));
  const double larger = std::max(inside, outside);
  return larger > 0 ? (outside - inside) / larger : 0;
}

struct Pairs {
  std::vector<double> silhouettes;  // by row of the input
  double separation = kInfinity, diameter = 0;
};

// One pass over all pairs gives both silhouettes and Dunn.
Pairs pairs_of(const Matrix& data, std::span<const uint32_t> labels) {
  const Grouped grouped(data, labels);
  const size_t n = data.rows, k = grouped.k();
  std::vector<size_t> sizes(k);
  for (size_t c = 0; c < k; ++c) sizes[c] = grouped.starts[c + 1] - grouped.starts[c];
  const DistanceTable table(grouped.data);
  Pairs pairs;
  pairs.silhouettes.resize(n);
  const size_t blocks = (n + kGrain - 1) / kGrain;
  std::vector<double> separations(blocks, kInfinity), diameters(blocks, 0);
  parallel_for(n, kGrain, [&](size_t from, size_t to) {
    std::vector<double> distances(table.padded()), sums(k);
    double separation = kInfinity, diameter = 0;
    for (size_t i = from; i < to; ++i) {
      const size_t row = grouped.order[i], own = labels[row];
      table.distances(grouped.data.row(i), distances);
      for (size_t c = 0; c < k; ++c) {
        double sum = 0, least = kInfinity, most = 0;
        for (size_t p = grouped.starts[c]; p < grouped.starts[c + 1]; ++p) {
          sum += distances[p];
          least = distances[p] < least ? distances[p] : least;
          most = distances[p] > most ? distances[p] : most;
        }
        sums[c] = sum;
        if (c == own)
          diameter = std::max(diameter, most);
        else
          separation = std::min(separation, least);
      }
      pairs.silhouettes[row] = silhouette_of(sums, sizes, own);
    }
    separations[from / kGrain] = separation;
    diameters[from / kGrain] = diameter;
  });
  pairs.separation = *std::ranges::min_element(separations);
  pairs.diameter = *std::ranges::max_element(diameters);
  return pairs;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double dunn_of(const Pairs& pairs) {
  return pairs.separation < kInfinity && pairs.diameter > 0 ? pairs.separation / pairs.diameter : kNaN;
}

// Labels as 0..k-1 in order of appearance.
std::vector<uint32_t> dense(std::span<const uint32_t> labels, size_t& k) {
  std::unordered_map<uint32_t, uint32_t> seen;
  std::vector<uint32_t> result;
  result.reserve(labels.size());
  for (const uint32_t label : labels)
    result.push_back(seen.try_emplace(label, static_cast<uint32_t>(seen.size())).first->second);
  k = seen.size();
  return result;
}

struct Contingency {
  std::unordered_map<uint64_t, double> both;
  std::vector<double> a, b;
};

Contingency contingency_of(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  VERIFY(a.size() == b.size());
  Contingency table;
  table.a.resize(count_of(a));
  table.b.resize(count_of(b));
  for (size_t i = 0; i < a.size(); ++i) {
    ++table.both[static_cast<uint64_t>(a[i]) << 32 | b[i]];
    ++table.a[a[i]];
    ++table.b[b[i]];
  }
  return table;
}

}  // namespace

Quality quality_of(const Matrix& data, std::span<const uint32_t> labels, std::span<const double> weights) {
  VERIFY(labels.size() == data.rows);
  const Moments moments = moments_of(data, labels, weights);
  Quality quality{.sse = moments.sse,
                  .silhouette = kNaN,
                  .davies_bouldin = davies_bouldin_of(moments),
                  .calinski_harabasz = calinski_harabasz_of(moments),
                  .dunn = kNaN,
                  .stability = kNaN,
                  .silhouette_rows = std::min(data.rows, kExactRows)};
  if (moments.k < 2 || moments.k >= data.rows) return quality;
  if (data.rows <= kExactRows) {
    const Pairs pairs = pairs_of(data, labels);
    quality.silhouette = mean_of(pairs.silhouettes);
    quality.dunn = dunn_of(pairs);
    return quality;
  }
  std::vector<size_t> rows(kExactRows);
  std::vector<uint32_t> part(kExactRows);
  for (size_t i = 0; i < kExactRows; ++i) {
    rows[i] = i * data.rows / kExactRows;
    part[i] = labels[rows[i]];
  }
  const Pairs pairs = pairs_of(rows_of(data, rows), part);
  quality.silhouette = mean_of(pairs.silhouettes);
  quality.dunn = dunn_of(pairs);
  return quality;
}

std::vector<double> silhouettes(const Matrix& data, std::span<const uint32_t> labels) {
  return pairs_of(data, labels).silhouettes;
}

std::vector<double> mean_silhouettes(const Matrix& data, std::span<const std::vector<uint32_t>> partitions) {
  const size_t n = data.rows, count = partitions.size();
  std::vector<std::vector<size_t>> sizes(count);
  for (size_t p = 0; p < count; ++p) {
    sizes[p].assign(count_of(partitions[p]), 0);
    for (const uint32_t label : partitions[p]) ++sizes[p][label];
  }
  const DistanceTable table(data);
  std::vector<std::vector<double>> totals((n + kGrain - 1) / kGrain, std::vector<double>(count, 0.0));
  parallel_for(n, kGrain, [&](size_t from, size_t to) {
    std::vector<double> distances(table.padded()), sums;
    for (size_t i = from; i < to; ++i) {
      table.distances(data.row(i), distances);
      for (size_t p = 0; p < count; ++p) {
        sums.assign(sizes[p].size(), 0);
        const uint32_t* labels = partitions[p].data();
        for (size_t r = 0; r < n; ++r) sums[labels[r]] += distances[r];
        totals[from / kGrain][p] += silhouette_of(sums, sizes[p], labels[i]);
      }
    }
  });
  std::vector<double> means(count, 0.0);
  for (const auto& total : totals)
    for (size_t p = 0; p < count; ++p) means[p] += total[p];
  for (size_t p = 0; p < count; ++p) means[p] = sizes[p].size() < 2 ? kNaN : means[p] / static_cast<double>(n);
  return means;
}

double davies_bouldin(const Matrix& data, std::span<const uint32_t> labels, std::span<const double> weights) {
  return davies_bouldin_of(moments_of(data, labels, weights));
}

double calinski_harabasz(const Matrix& data, std::span<const uint32_t> labels, std::span<const double> weights) {
  return calinski_harabasz_of(moments_of(data, labels, weights));
}

double dunn(const Matrix& data, std::span<const uint32_t> labels) {
  return dunn_of(pairs_of(data, labels));
}

double adjusted_rand_index(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  VERIFY(a.size() == b.size());
  size_t unused;
  const Contingency table = contingency_of(dense(a, unused), dense(b, unused));
  const auto pairs = [](double count) { return count * (count - 1) / 2; };
  double both = 0, in_a = 0, in_b = 0;
  for (const auto& [key, count] : table.both) both += pairs(count);
  for (const double count : table.a) in_a += pairs(count);
  for (const double count : table.b) in_b += pairs(count);
  const double all = pairs(static_cast<double>(a.size()));
  if (all == 0) return 1;
  const double chance = in_a * in_b / all, most = (in_a + in_b) / 2;
  return most == chance ? 1 : (both - chance) / (most - chance);
}

std::vector<double> best_jaccard(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  const Contingency table = contingency_of(a, b);
  std::vector<double> best(table.a.size(), 0.0);
  for (const auto& [key, count] : table.both) {
    double& here = best[key >> 32];
    here = std::max(here, count / (table.a[key >> 32] + table.b[static_cast<uint32_t>(key)] - count));
  }
  return best;
}

std::vector<F1> f1_by_class(std::span<const uint32_t> truth, std::span<const uint32_t> predicted) {
  const Contingency table = contingency_of(truth, predicted);
  std::vector<F1> result(table.a.size());
  for (size_t c = 0; c < result.size(); ++c) {
    const auto hit = table.both.find(static_cast<uint64_t>(c) << 32 | c);
    const double right = hit == table.both.end() ? 0 : hit->second;
    const double found = c < table.b.size() ? table.b[c] : 0;
    F1& f = result[c];
    f.precision = found > 0 ? right / found : 0;
    f.recall = table.a[c] > 0 ? right / table.a[c] : 0;
    f.f1 = right > 0 ? 2 * f.precision * f.recall / (f.precision + f.recall) : 0;
  }
  return result;
}

double macro_f1(std::span<const uint32_t> truth, std::span<const uint32_t> predicted) {
  const auto classes = f1_by_class(truth, predicted);
  double sum = 0;
  for (const F1& f : classes) sum += f.f1;
  return classes.empty() ? kNaN : sum / static_cast<double>(classes.size());
}

}  // namespace tessera::cluster

// How the same labels are reached with a hundredth of the work.
//
// Bounds. For a row with centroid a, let u be its distance to a and l a lower bound on its distance to every other.
// While u < l nothing can change. Centroids move: P[a] sums how far a moved, M[a] how far the farthest-moving other
// centroid did; after t rounds u grew by at most P[a](t) - P[a](t0), l shrank by at most M[a](t) - M[a](t0). So one
// number a row,
//   key = (l - u) + P[a](t0) + M[a](t0),
// is compared with P[a] + M[a] of its centroid, and nothing is written while it is larger (Hamerly 2010, with the lazy
// bounds of Newling and Fleuret 2016).
//
// Scan. A row that fails is compared with centroids in the order of their distance from a: c can be skipped, with all
// after it, once |a c| - u >= the second-best distance found (Exponion, Newling and Fleuret 2016; the sorted lists are
// Borgelt's Shallot, 2020). Centroids lie in blocks of eight, so a step of the scan is eight distances at once; the
// first block holds a itself.
//
// Exactness. Keys and scans use float on data shifted and scaled to the unit ball, with error bounds (`Slack`). Where
// float cannot separate the best from the second, distances are computed in double for all centroids, in the order
// squared_distance() uses, and the lower index wins: so every label is that of plain Lloyd. Sums of rows are kept in
// fixed point of two 64-bit words, which loses nothing of a value less than about 2^(120 - 2 log2 rows) smaller than
// the column's largest: so moving a row out and in again, another order, other threads give the same centroids to the
// bit, and the mean of one row is that row.
//
// Measured (bench/kmeans_bench): see docs/benchmarks.md.
#include "cluster/kmeans.hpp"

#include <atomic>
#include <limits>

#include "cluster/lanes.hpp"
#include "cluster/row_sums.hpp"
#include "core/guarded.hpp"
#include "core/parallel.hpp"
#include "core/result.hpp"
#include "core/stop.hpp"

namespace tessera::cluster {

Matrix rows_of(const Matrix& data, std::span<const size_t> rows) {
  Matrix part(rows.size(), data.columns);
  for (size_t i = 0; i < rows.size(); ++i) std::ranges::copy(data.row(rows[i]), part.row(i).begin());
  return part;
}

namespace {

constexpr size_t kMaxNeighbours = 256;  // length of a centroid's sorted list; beyond it a full scan
constexpr size_t kGrain = 4096;         // rows a task

class Engine {
  // Long because the bounds, the neighbours and the sums of one search are right only together, round by round.
 public:
  Engine(const Matrix& data, const Matrix& start, std::span<const double> weights)
      : data_(data),
        weights_(weights),
        n_(data.rows),
        d_(data.columns),
        k_(start.rows),
        centroids_(start),
        slack_(d_),
        labels_(n_),
        key_(n_),
        low_(n_),
        sums_(k_, d_),
        pool_(k_, d_) {
    scale_data(start);
    choose_fixed_point();
    listed_ = std::min(blocks_of(k_), blocks_of(kMaxNeighbours));
    neighbours_.resize(k_ * listed_ * kLanes * d_);
    neighbour_ids_.resize(k_ * listed_ * kLanes);
    reach_.resize(k_ * (listed_ + 1));
    moved_.assign(k_, 0);
    others_moved_.assign(k_, 0);
    threshold_.assign(k_, 0);
    place_centroids();
  }

  KMeans run(size_t max_rounds) {
    KMeans fit;
    while (fit.rounds < max_rounds && !is_stopped()) {
      if (fit.rounds > 0) prepare_scan();
      const size_t changed = round(fit.rounds == 0);
      ++fit.rounds;
      if (changed == 0 && fit.rounds > 1) {
        fit.converged = true;
        break;
      }
      pool_.collect(sums_);
      move_centroids();
    }
    if (!fit.converged) {  // so that labels belong to the centroids handed back
      if (fit.rounds > 0) prepare_scan();
      round(fit.rounds == 0);
    }
    fit.distances = distances_;
    fit.labels = std::move(labels_);
    fit.centroids = std::move(centroids_);
    fit.sse = sum_of_squares(fit);
    return fit;
  }

  std::vector<uint32_t> assign_once() {
    round(true);
    return std::move(labels_);
  }

 private:
  static size_t blocks_of(size_t count) { return (count + kLanes - 1) / kLanes; }
  double weight(size_t i) const { return weights_.empty() ? 1.0 : weights_[i]; }

  // Shift by the middle of each column and scale by a power of two, so that all rows and centroids lie in the unit
  // ball.
  void scale_data(const Matrix& start) {
    struct Extent {
      std::vector<double> low, high;
    };
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    Guarded<Extent> extent(Extent{std::vector<double>(d_, kInfinity), std::vector<double>(d_, -kInfinity)});
    const auto widen = [&](const Matrix& m, size_t from, size_t to) {
      std::vector<double> least = {m.row(from).begin(), m.row(from).end()}, most = least;
      for (size_t i = from; i < to; ++i)
        for (size_t j = 0; j < d_; ++j) {
          least[j] = std::min(least[j], m.at(i, j));
          most[j] = std::max(most[j], m.at(i, j));
        }
      const auto all = extent.lock();
      for (size_t j = 0; j < d_; ++j) {
        all->low[j] = std::min(all->low[j], least[j]);
        all->high[j] = std::max(all->high[j], most[j]);
      }
    };
    widen(start, 0, k_);
    parallel_for(n_, 16 * kGrain, [&](size_t from, size_t to) { widen(data_, from, to); });
    const auto [low, high] = *extent.lock();
    middle_.resize(d_);
    largest_.resize(d_);
    double radius = 0;
    for (size_t j = 0; j < d_; ++j) {
      middle_[j] = low[j] / 2 + high[j] / 2;
      largest_[j] = std::max(std::abs(low[j]), std::abs(high[j]));
      radius = std::hypot(radius, high[j] - middle_[j]);
    }
    // Held at 2^400: where the spread is so small that its squares fall out of double, float must not tell rows apart.
    shrink_ = radius > 0 ? std::ldexp(1.0, std::min(-std::ilogb(radius) - 1, 400)) : 1.0;
    rows_.resize(n_ * d_);
    parallel_for(n_, 16 * kGrain, [&](size_t from, size_t to) {
      for (size_t i = from; i < to; ++i)
        for (size_t j = 0; j < d_; ++j) rows_[i * d_ + j] = static_cast<float>((data_.at(i, j) - middle_[j]) * shrink_);
    });
  }

  void choose_fixed_point() {
    double total = static_cast<double>(n_);
    if (!weights_.empty()) total = std::accumulate(weights_.begin(), weights_.end(), 0.0);
    const auto unit_for = [&](double largest) {
      return largest > 0 ? std::ldexp(1.0, std::min(61 - std::ilogb(total * largest), 1000)) : 1.0;
    };
    unit_.resize(d_);
    for (size_t j = 0; j < d_; ++j) unit_[j] = unit_for(largest_[j]);
    weight_unit_ = weights_.empty() ? 1.0 : unit_for(1.0);
    fine_unit_ = std::ldexp(1.0, 61 - std::ilogb(static_cast<double>(n_)));  // a row's fine part is at most a half
  }

  void add_row(Sums& sums, size_t i, uint32_t cluster, int64_t sign) const {
    const double w = weight(i);
    const double* row = data_.values.data() + i * d_;
    int64_t* whole = sums.whole.data() + cluster * d_;
    int64_t* fine = sums.fine.data() + cluster * d_;
    for (size_t j = 0; j < d_; ++j) {
      const double units = w * row[j] * unit_[j];
      const int64_t rounded = std::llrint(units);
      whole[j] += sign * rounded;
      fine[j] += sign * std::llrint((units - static_cast<double>(rounded)) * fine_unit_);
    }
    sums.weights[cluster] += sign * std::llrint(w * weight_unit_);
  }

  double mean_of(size_t c, size_t j, double total) const {
    const __int128 sum =
        static_cast<__int128>(sums_.whole[c * d_ + j]) * static_cast<int64_t>(fine_unit_) + sums_.fine[c * d_ + j];
    return static_cast<double>(sum) / fine_unit_ / unit_[j] / total;
  }

  double scaled(size_t c, size_t j) const { return (centroids_.at(c, j) - middle_[j]) * shrink_; }

  // The table of the full scan, and the scaled centroids in double.
  void place_centroids() {
    table_.assign(blocks_of(k_) * kLanes * d_, 1e18f);
    exact_.assign((k_ + 3) / 4 * 4 * d_, std::numeric_limits<double>::infinity());
    scaled_.resize(k_ * d_);
    for (size_t c = 0; c < k_; ++c)
      for (size_t j = 0; j < d_; ++j) {
        scaled_[c * d_ + j] = scaled(c, j);
        table_[(c / kLanes * d_ + j) * kLanes + c % kLanes] = static_cast<float>(scaled_[c * d_ + j]);
        exact_[(c / 4 * d_ + j) * 4 + c % 4] = centroids_.at(c, j);
      }
  }

  // Sorted lists cost about k^2 (d + 20) steps and save at most doubtful rows * k d / 8: where few rows were in doubt
  // last time, all centroids are scanned for them instead.
  void prepare_scan() {
    listed_now_ = k_ * (d_ + 20) * 8 < doubtful_ * d_;
    if (listed_now_) sort_neighbours();
  }

  // For every centroid: all others by distance, nearest first, in blocks of eight; itself comes first.
  void sort_neighbours() {
    const size_t width = listed_ * kLanes;
    parallel_for(k_, std::max<size_t>(8, 32768 / k_), [&](size_t from, size_t to) {
      std::vector<std::pair<float, uint32_t>> order(k_);
      for (size_t a = from; a < to; ++a) {
        for (size_t c = 0; c < k_; ++c) {
          double sum = 0;
          for (size_t j = 0; j < d_; ++j) {
            const double difference = scaled_[a * d_ + j] - scaled_[c * d_ + j];
            sum += difference * difference;
          }
          order[c] = {c == a ? -1.0f : rounded_down(std::sqrt(sum) * (1 - 1e-12) - 1e-14), static_cast<uint32_t>(c)};
        }
        if (k_ > width) std::ranges::nth_element(order, order.begin() + static_cast<ptrdiff_t>(width));
        const size_t kept = std::min(k_, width);
        std::sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(kept));
        for (size_t p = 0; p < width; ++p) place_neighbour(a, p, p < kept ? &order[p] : nullptr);
        for (size_t b = 0; b < listed_; ++b) reach_[a * (listed_ + 1) + b] = order[b * kLanes].first;
        reach_[a * (listed_ + 1) + listed_] = k_ > width ? order[width].first : std::numeric_limits<float>::infinity();
      }
    });
  }

  void place_neighbour(size_t a, size_t position, const std::pair<float, uint32_t>* neighbour) {
    float* block = neighbours_.data() + (a * listed_ + position / kLanes) * kLanes * d_ + position % kLanes;
    for (size_t j = 0; j < d_; ++j)
      block[j * kLanes] = neighbour ? static_cast<float>(scaled_[neighbour->second * d_ + j]) : 1e18f;
    neighbour_ids_[a * listed_ * kLanes + position] = neighbour ? neighbour->second : 0;
  }

  // One assignment pass; returns how many labels changed (all, in the first).
  size_t round(bool first) {
    switch (d_) {
      case 2:
        return round_of<2>(first);
      case 4:
        return round_of<4>(first);
      case 8:
        return round_of<8>(first);
      default:
        return round_of<0>(first);
    }
  }

  template <size_t D>
  size_t round_of(bool first) {
    std::atomic<size_t> changed{0};
    std::atomic<size_t> doubtful{0};
    std::atomic<uint64_t> distances{0};
    parallel_for(n_, kGrain, [&](size_t from, size_t to) {
      Sums* sums = pool_.take();
      size_t changes = 0, doubts = 0;
      uint64_t looked = 0;
      const auto visit = [&](size_t i) {
        const uint32_t old = labels_[i];
        const uint32_t now = listed_now_ ? scan_near<D>(i, old, looked) : scan_all<D>(i, looked);
        ++doubts;
        if (!first && now == old) return;
        if (!first) add_row(*sums, i, old, -1);
        add_row(*sums, i, now, +1);
        labels_[i] = now;
        ++changes;
      };
      if (first)
        for (size_t i = from; i < to; ++i) visit(i);
      else
        for_each_doubtful(from, to, visit);
      pool_.give_back(sums);
      changed += changes;
      doubtful += doubts;
      distances += looked;
    });
    distances_ += distances;
    doubtful_ = doubtful;
    return changed;
  }

  // Calls visit(i) for the rows whose bounds no longer prove their label.
  template <typename Visit>
  void for_each_doubtful(size_t from, size_t to, const Visit& visit) const {
    size_t i = from;
#if defined(__AVX2__)
    for (; i + kLanes <= to; i += kLanes) {
      const __m256i labels = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(labels_.data() + i));
      const __m256 thresholds = _mm256_i32gather_ps(threshold_.data(), labels, 4);
      const __m256 keys = _mm256_loadu_ps(key_.data() + i);
      auto doubtful = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(keys, thresholds, _CMP_LE_OQ)));
      for (; doubtful; doubtful &= doubtful - 1) visit(i + static_cast<size_t>(__builtin_ctz(doubtful)));
    }
#endif
    for (; i < to; ++i)
      if (key_[i] <= threshold_[labels_[i]]) visit(i);
  }

  void remember(size_t i, uint32_t label, float upper, float lower) {
    key_[i] = rounded_down(static_cast<double>(lower) - upper + moved_[label] + others_moved_[label]);
    low_[i] = rounded_down(lower + others_moved_[label]);
  }

  template <size_t D>
  uint32_t scan_all(size_t i, uint64_t& looked) {
    const float* row = rows_.data() + i * d_;
    Best best;
    const size_t blocks = blocks_of(k_);
    for (size_t b = 0; b < blocks; ++b)
      best.see(block_distances<D>(row, table_.data() + b * kLanes * d_, d_), static_cast<int>(b));
    looked += k_;
    const Nearest nearest = across(best);
    const float upper = slack_.above(nearest.first), lower = slack_.below(nearest.second);
    if (upper >= lower) return scan_exactly(i, looked);
    remember(i, nearest.position, upper, lower);
    return nearest.position;
  }

  template <size_t D>
  uint32_t scan_near(size_t i, uint32_t a, uint64_t& looked) {
    const float* row = rows_.data() + i * d_;
    const float* block = neighbours_.data() + a * listed_ * kLanes * d_;
    const float* reach = reach_.data() + a * (listed_ + 1);
    Best best;
    best.see(block_distances<D>(row, block, d_), 0);
    const float own = slack_.above(best.first[0]);  // the first lane of the first block is a itself
    Nearest nearest = across(best);
    const float known = static_cast<float>(low_[i] - others_moved_[a]) - 0x1p-23f;
    size_t b = 1;
    if (nearest.position != 0 || own >= known) {
      // Everything from here on is at least reach - own away from the row.
      while (reach[b] - own < slack_.above(nearest.second)) {
        if (b == listed_) return scan_all<D>(i, looked);  // the list is shorter than k
        best.see(block_distances<D>(row, block + b * kLanes * d_, d_), static_cast<int>(b));
        nearest = across(best);
        ++b;
      }
    }
    looked += b * kLanes;
    const float upper = slack_.above(nearest.first);
    float lower = std::min(slack_.below(nearest.second), reach[b] - own - 0x1p-22f);
    if (nearest.position == 0) lower = std::max(lower, known);
    if (upper >= lower) return scan_exactly(i, looked);
    const uint32_t label = neighbour_ids_[a * listed_ * kLanes + nearest.position];
    remember(i, label, upper, lower);
    return label;
  }

  // In double, exactly as squared_distance() adds: the lower index wins a tie.
  uint32_t scan_exactly(size_t i, uint64_t& looked) {
    const double* row = data_.values.data() + i * d_;
    double first = std::numeric_limits<double>::infinity(), second = first;
    uint32_t label = 0;
    for (size_t c = 0; c < k_; c += 4) {
      Doubles sum{};
      for (size_t j = 0; j < d_; ++j) {
        Doubles centroid;
        __builtin_memcpy(&centroid, exact_.data() + (c / 4 * d_ + j) * 4, sizeof centroid);
        const Doubles difference = Doubles{row[j], row[j], row[j], row[j]} - centroid;
        sum += difference * difference;
      }
      for (size_t lane = 0; lane < 4 && c + lane < k_; ++lane) {
        if (sum[lane] < first) {
          second = first;
          first = sum[lane];
          label = static_cast<uint32_t>(c + lane);
        } else {
          second = std::min(second, sum[lane]);
        }
      }
    }
    looked += k_;
    const auto bound = [&](double squared) { return std::min(std::sqrt(squared) * shrink_, 4.0); };
    remember(i, label, rounded_up(bound(first) * (1 + 1e-9) + 1e-12), rounded_down(bound(second) * (1 - 1e-9) - 1e-12));
    return label;
  }

  void move_centroids() {
    double most = 0, next = 0;
    size_t farthest = 0;
    for (size_t c = 0; c < k_; ++c) {
      double squared = 0;
      if (sums_.weights[c] > 0) {
        const double total = static_cast<double>(sums_.weights[c]) / weight_unit_;
        for (size_t j = 0; j < d_; ++j) {
          const double mean = mean_of(c, j, total);
          const double step = (mean - centroids_.at(c, j)) * shrink_;
          squared += step * step;
          centroids_.at(c, j) = mean;
        }
      }
      const double step = std::sqrt(squared) * (1 + 1e-12) + 1e-14;
      moved_[c] += step;
      if (step > most) {
        next = most;
        most = step;
        farthest = c;
      } else {
        next = std::max(next, step);
      }
    }
    for (size_t c = 0; c < k_; ++c) {
      others_moved_[c] += c == farthest ? next : most;
      threshold_[c] = rounded_up(moved_[c] + others_moved_[c]);
    }
    place_centroids();
  }

  double sum_of_squares(const KMeans& fit) const {
    std::vector<double> parts((n_ + kGrain - 1) / kGrain);
    parallel_for(n_, kGrain, [&](size_t from, size_t to) {
      double sum = 0;
      for (size_t i = from; i < to; ++i)
        sum += weight(i) * squared_distance(data_.row(i), fit.centroids.row(fit.labels[i]));
      parts[from / kGrain] = sum;
    });
    return std::accumulate(parts.begin(), parts.end(), 0.0);
  }

  const Matrix& data_;
  std::span<const double> weights_;
  size_t n_, d_, k_;
  Matrix centroids_;
  Slack slack_;

  std::vector<double> middle_, largest_;  // by column
  double shrink_ = 1;
  std::vector<float> rows_;   // the data, scaled
  std::vector<double> unit_;  // fixed-point units in one, by column
  double weight_unit_ = 1, fine_unit_ = 1;

  std::vector<uint32_t> labels_;
  std::vector<float> key_, low_;  // by row: see the top; low_ = l + M[a](t0)

  std::vector<float> table_;       // centroids, scaled, in blocks of eight, column by column
  std::vector<double> exact_;      // centroids in blocks of four, column by column
  std::vector<double> scaled_;     // centroids, scaled, row by row
  std::vector<float> neighbours_;  // by centroid: blocks of its list
  std::vector<uint32_t> neighbour_ids_;
  std::vector<float> reach_;  // by centroid and block: distance to the block's nearest; then to the rest
  size_t listed_ = 0;         // blocks in a list
  bool listed_now_ = false;   // are the lists those of this round's centroids
  size_t doubtful_ = 0;       // rows looked at in the last round

  std::vector<double> moved_, others_moved_;  // P and M
  std::vector<float> threshold_;              // P + M, rounded up
  Sums sums_;
  SumsPool pool_;
  uint64_t distances_ = 0;
};

void verify_shape(const Matrix& data, const Matrix& start, std::span<const double> weights) {
  VERIFY(start.rows >= 1 && start.columns == data.columns && data.rows >= 1);
  VERIFY(weights.empty() || weights.size() == data.rows);
}

}  // namespace

KMeans run_kmeans(const Matrix& data, const Matrix& start, std::span<const double> weights, size_t max_rounds) {
  verify_shape(data, start, weights);
  return Engine(data, start, weights).run(max_rounds);
}

std::vector<uint32_t> assign_rows(const Matrix& data, const Matrix& centroids) {
  verify_shape(data, centroids, {});
  return Engine(data, centroids, {}).assign_once();
}

}  // namespace tessera::cluster

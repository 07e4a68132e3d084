// Sums of rows by cluster in fixed point: additions are exact, so their order, and which thread does them, cannot
// matter.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/guarded.hpp"

namespace tessera::cluster {

// Weighted sums of rows a cluster, in fixed point: a whole part and a fine part (kmeans.cpp says in which units).
struct Sums {
  std::vector<int64_t> whole, fine;  // k * d
  std::vector<int64_t> weights;      // k
  Sums(size_t k, size_t d) : whole(k * d), fine(k * d), weights(k) {}
  void add(const Sums& other) {
    for (size_t i = 0; i < whole.size(); ++i) whole[i] += other.whole[i];
    for (size_t i = 0; i < fine.size(); ++i) fine[i] += other.fine[i];
    for (size_t i = 0; i < weights.size(); ++i) weights[i] += other.weights[i];
  }
  void clear() {
    std::ranges::fill(whole, 0);
    std::ranges::fill(fine, 0);
    std::ranges::fill(weights, 0);
  }
};

// Scratch sums handed to tasks; which task uses which does not matter, integers add up the same.
class SumsPool {
 public:
  SumsPool(size_t k, size_t d) : k_(k), d_(d) {}
  Sums* take() {
    const auto pool = pool_.lock();
    if (pool->free.empty()) {
      pool->all.push_back(std::make_unique<Sums>(k_, d_));
      return pool->all.back().get();
    }
    Sums* sums = pool->free.back();
    pool->free.pop_back();
    return sums;
  }
  void give_back(Sums* sums) { pool_.lock()->free.push_back(sums); }
  void collect(Sums& into) {
    const auto pool = pool_.lock();
    for (const auto& sums : pool->all) {
      into.add(*sums);
      sums->clear();
    }
  }

 private:
  size_t k_, d_;
  struct Pool {
    std::vector<std::unique_ptr<Sums>> all{};
    std::vector<Sums*> free{};
  };
  Guarded<Pool> pool_;
};

}  // namespace tessera::cluster

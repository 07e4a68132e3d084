#include "segment/cuts.hpp"

#include <algorithm>
#include <limits>

namespace tessera::segment {

namespace {

// Compilers' vector types, so it builds anywhere; one or two instructions each where there is AVX2.
typedef int64_t Longs __attribute__((vector_size(32)));
typedef int32_t Ints __attribute__((vector_size(32)));
typedef float Floats __attribute__((vector_size(32)));
typedef int32_t HalfInts __attribute__((vector_size(16)));

constexpr int64_t kUnknown = std::numeric_limits<int64_t>::min();  // or the value after it
constexpr size_t kCuts = 8;                                        // compared at once: what one vector counts
constexpr size_t kCustomers = 32;                                  // together, ...
constexpr size_t kRows = 1024;    // ... if they have no more rows than this: the totals stay in the first-level cache
constexpr size_t kFewRows = 256;  // of one customer: more are searched

// Eight cuts, in the order in which later() leaves their halves.
struct Cuts {
  Longs a, b;
};

Cuts load_cuts(std::span<const int64_t> cuts) {
  int64_t at[kCuts];
  for (size_t k = 0; k < kCuts; ++k) at[k] = k < cuts.size() ? cuts[k] : std::numeric_limits<int64_t>::max();
  return {.a = Longs{at[0], at[1], at[4], at[5]}, .b = Longs{at[2], at[3], at[6], at[7]}};
}

Longs spread(int64_t x) {
  return Longs{x, x, x, x};
}

// -1 for each cut that the time lies after. As floats, this shuffle is a single instruction.
Ints later(int64_t time, const Cuts& cuts) {
  const auto a = (Floats)(spread(time) > cuts.a), b = (Floats)(spread(time) > cuts.b);
  return (Ints)__builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14);
}

// Four customers' counts of eight cuts become, cut by cut, those of four customers: of cut k in the low half of
// counts[k], of cut k + 4 in its high half. Interleaving twice is transposing.
void transpose(Ints counts[4]) {
  for (int round = 0; round < 2; ++round) {
    const Ints a = counts[0], b = counts[1], c = counts[2], d = counts[3];
    counts[0] = __builtin_shufflevector(a, c, 0, 8, 1, 9, 4, 12, 5, 13);
    counts[1] = __builtin_shufflevector(a, c, 2, 10, 3, 11, 6, 14, 7, 15);
    counts[2] = __builtin_shufflevector(b, d, 0, 8, 1, 9, 4, 12, 5, 13);
    counts[3] = __builtin_shufflevector(b, d, 2, 10, 3, 11, 6, 14, 7, 15);
  }
}

class Finder {
 public:
  Finder(const int64_t* time, std::span<const uint32_t> first, uint32_t* out)
      : time_(time), first_(first), out_(out), customers_(first.size() - 1) {}

  // Customers [from, to), cuts [k, k + cuts.size()).
  void find(size_t from, size_t to, size_t k, std::span<const int64_t> cuts) {
    const size_t rows = first_[to] - first_[from];
    if (to - from == 1 && rows > kFewRows) {
      for (const int64_t cut : cuts)
        out_[k++ * customers_ + from] =
            static_cast<uint32_t>(std::upper_bound(time_ + first_[from], time_ + first_[to], cut) - time_ - first_[0]);
    } else if (rows > kRows) {
      for (size_t i = from; i < to; ++i) find(i, i + 1, k, cuts);
    } else {
      count(from, to, k, cuts);
    }
  }

 private:
  void count(size_t from, size_t to, size_t k, std::span<const int64_t> cuts) {
    const Cuts loaded = load_cuts(cuts);
    const int64_t* time = time_ + first_[from];
    const size_t rows = first_[to] - first_[from];
    Ints total = total_[0] = Ints{};
    for (size_t r = 0; r < rows; r += 8) __builtin_prefetch(time + rows + r);
#pragma GCC unroll 4
    for (size_t r = 0; r < rows; ++r) total_[r + 1] = total += later(time[r], loaded);
    const auto later_of = [&](size_t i) {
      return total_[first_[i + 1] - first_[from]] - total_[first_[i] - first_[from]];
    };
    size_t i = from;
    for (; i + 4 <= to; i += 4) {
      Ints counts[4] = {later_of(i), later_of(i + 1), later_of(i + 2), later_of(i + 3)};
      transpose(counts);
      HalfInts ends;
      __builtin_memcpy(&ends, &first_[i + 1], sizeof ends);
      ends -= static_cast<int32_t>(first_[0]);
      uint32_t* out = out_ + k * customers_ + i;
#pragma GCC unroll 8
      for (size_t c = 0; c < kCuts; ++c, out += customers_) {
        if (c == cuts.size()) break;
        const Ints& of_cut = counts[c % 4];
        const auto found = ends + (c < 4 ? __builtin_shufflevector(of_cut, of_cut, 0, 1, 2, 3)
                                         : __builtin_shufflevector(of_cut, of_cut, 4, 5, 6, 7));
        __builtin_memcpy(out, &found, sizeof found);
      }
    }
    for (; i < to; ++i) {
      const Ints counts = later_of(i);
      for (size_t c = 0; c < cuts.size(); ++c)
        out_[(k + c) * customers_ + i] = first_[i + 1] - first_[0] + static_cast<uint32_t>(counts[c]);
    }
  }

  const int64_t* time_;
  std::span<const uint32_t> first_;
  uint32_t* out_;
  size_t customers_;
  Ints total_[kRows + 1];  // of the rows before
};

Longs load(const int64_t* from) {
  Longs value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

int64_t sum(Longs x) {
  return x[0] + x[1] + x[2] + x[3];
}

}  // namespace

void find_since(const Rows& rows, std::span<const uint32_t> first, const uint32_t* high, const int64_t* since,
                const uint32_t* since_seq, uint32_t* out) {
  constexpr uint32_t kNewest = 8;
  const Longs a = {0, 1, 2, 3}, b = {4, 5, 6, 7};
  for (size_t i = 0; i + 1 < first.size(); ++i) {
    const uint32_t from = first[i], to = first[0] + high[i];
    const auto is_later = [&](uint32_t row) {
      const int64_t at = rows.time[row];
      return at > since[i] || (at == since[i] && since_seq && rows.seq[row] > since_seq[i]);
    };
    uint32_t low = to;
    bool search = true;
    if (to >= kNewest) {
      // Mostly few rows or none came since: the newest are compared at once. Nothing is later than the unknown.
      const auto before = spread(int64_t{kNewest} - 1 - (to - from));
      const auto at = spread(since[i] > kUnknown + 1 ? since[i] : std::numeric_limits<int64_t>::max());
      const Longs x = load(rows.time + to - kNewest), y = load(rows.time + to - kNewest + 4);
      const Longs is_x = a > before, is_y = b > before;
      const int64_t same = sum(((x == at) & is_x) + ((y == at) & is_y));
      const int64_t later = sum(((x > at) & is_x) + ((y > at) & is_y));
      low += static_cast<int32_t>(later);
      // One that ties is mostly the anchor itself.
      low -= same == -1 && since_seq && is_later(low - 1);
      search = same < -1 || later == -int64_t{kNewest};
    }
    if (search && since[i] > kUnknown + 1) {
      uint32_t lower = from;
      for (low = to; lower < low;) {
        const uint32_t middle = lower + (low - lower) / 2;
        is_later(middle) ? low = middle : lower = middle + 1;
      }
    }
    out[i] = low - first[0];
  }
}

void find_cuts(const int64_t* time, std::span<const uint32_t> first, std::span<const int64_t> cuts, uint32_t* out) {
  Finder finder(time, first, out);
  const size_t customers = first.size() - 1;
  for (size_t from = 0; from < customers; from += kCustomers)
    for (size_t k = 0; k < cuts.size(); k += kCuts)
      finder.find(from, std::min(customers, from + kCustomers), k, cuts.subspan(k, std::min(kCuts, cuts.size() - k)));
}

}  // namespace tessera::segment

// The part of memory.hpp that counts: `new` and `delete` of the program.
#include <algorithm>
#include <cstdlib>
#include <new>

#include <malloc.h>

#include "core/memory.hpp"

namespace tessera {

namespace {

constexpr uint64_t kStep = 1 << 20;  // the share grows by so much at least: the budget has a lock
// Beyond what is allowed once `new` has refused: destructors take memory too (a ROLLBACK is a text), and what the work
// says of its end.
constexpr uint64_t kToEnd = 16 << 20;

constinit thread_local ThreadMemory* counting = nullptr;

}  // namespace

ThreadMemory::ThreadMemory(MemoryBudget* budget, MemoryBudget::Rank rank, uint64_t most)
    : outer_(counting), share_(budget, rank), most_(most) {
  counting = this;
}

ThreadMemory::~ThreadMemory() {
  counting = outer_;
}

bool ThreadMemory::take(uint64_t bytes) {
  const int64_t wanted = now_ + static_cast<int64_t>(bytes);
  if (wanted > 0) {
    const auto total = static_cast<uint64_t>(wanted);
    const bool is_fine =
        is_exhausted_ ? total <= share_.bytes() + kToEnd
                      : total <= most_ && (total <= share_.bytes() || share_.grow_to(std::min(most_, total + kStep)));
    if (!is_fine) {
      is_exhausted_ = true;
      return false;
    }
  }
  if (outer_ && !outer_->take(bytes)) {
    is_exhausted_ = true;
    return false;
  }
  now_ = wanted;
  peak_ = std::max(peak_, now_);
  return true;
}

void ThreadMemory::give(uint64_t bytes) {
  now_ -= static_cast<int64_t>(bytes);
  if (outer_) outer_->give(bytes);
}

}  // namespace tessera

#if !defined(TESSERA_SANITIZED)

// The other forms of `new` and `delete` are made of these two by the standard library. (Those of over-aligned types are
// not, and not counted.)
void* operator new(size_t bytes) {
  for (;;) {
    tessera::ThreadMemory* const counter = tessera::counting;
    if (counter) [[unlikely]]
      if (!counter->take(bytes)) throw std::bad_alloc();
    if (void* const found = std::malloc(bytes == 0 ? 1 : bytes)) [[likely]] {
      // Counted is what it really takes, so that it is what `delete` gives back.
      if (counter) [[unlikely]] {
        counter->give(bytes);
        if (!counter->take(malloc_usable_size(found))) {
          std::free(found);
          throw std::bad_alloc();
        }
      }
      return found;
    }
    if (counter) counter->give(bytes);
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

void operator delete(void* bytes) noexcept {
  if (tessera::counting) [[unlikely]]
    if (bytes) tessera::counting->give(malloc_usable_size(bytes));
  std::free(bytes);
}

void operator delete(void* bytes, size_t) noexcept {
  operator delete(bytes);
}

#endif

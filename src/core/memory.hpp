// Memory for work that others set off: one budget for bodies on their way, what is unpacked of them, commands, questions
// and imports. Work takes its share before it holds anything, and gives it back with its scope; who finds none left is
// told to come again, and the process stays what it was.
//
// Ranks: a rank may take only what leaves room for those above it, so that bodies of strangers never hold up a sender
// whose key is known, nor those who manage the server.
//
// Beside it a reserve: where `new` finds nothing although the budget was kept (a limit of the process, other programs),
// a thread whose work cannot be refused any more is given the reserve and waits for more; all others get std::bad_alloc,
// which ends their one request (out_of_memory below).
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera {

// What this process may take: the least of the machine's memory, its control groups' (a container's, or the MemoryMax of a
// service and of the slices it is in) and its own limits (ulimit -v and -d). Bytes.
uint64_t memory_allowed();
// The least limit of the group that GROUPS (/proc/self/cgroup) names in TREE (/sys/fs/cgroup), and of those above it;
// UINT64_MAX: none.
uint64_t memory_limit_of_groups(const std::string& groups, const std::string& tree);

// "512M", "4G", "1048576"; nullopt: no size, or 0.
std::optional<uint64_t> parse_bytes(std::string_view text);

class MemoryBudget {
 public:
  enum class Rank : uint8_t {
    Stranger,  // nobody knows yet who it is
    Sender,    // has a write key
    Manager,   // has a token, or is the server's own work
  };
  static constexpr size_t kRanks = 3;

  // What was taken of a budget; given back with it. The budget must outlive it.
  class Share {
   public:
    Share() = default;
    // Null: all there is.
    Share(MemoryBudget* budget, Rank rank) : budget_(budget), rank_(rank) {}
    Share(Share&& other) noexcept;
    Share& operator=(Share&& other) noexcept;
    ~Share();
    // It is at least `bytes` then; false: that much is not left, and it is as it was.
    bool grow_to(uint64_t bytes);
    uint64_t bytes() const { return bytes_; }

   private:
    MemoryBudget* budget_ = nullptr;
    Rank rank_ = Rank::Stranger;
    uint64_t bytes_ = 0;
  };

  explicit MemoryBudget(uint64_t bytes) : bytes_(bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  uint64_t bytes() const { return bytes_; }
  // What this rank and those below it may take together.
  uint64_t most(Rank rank) const;
  struct Counts {
    uint64_t taken = 0, refused = 0;  // bytes now; times that there was too little
  };
  Counts counts() const;

 private:
  bool take(Rank rank, uint64_t bytes);
  void give(Rank rank, uint64_t bytes);

  const uint64_t bytes_;
  mutable std::mutex mutex_;
  std::array<uint64_t, kRanks> taken_{};
  uint64_t refused_ = 0;
};

// What work says that found no memory: its own share was too small, or there was none.
Error out_of_memory();

// How much memory one piece of work may take: while a ThreadMemory lives, what its thread takes by `new`, and has not
// given back, is a share of the budget that grows with it. Where the budget has none left, or the work would have more
// than is allowed to one, `new` throws std::bad_alloc, which ends this work and nothing else.
//
// Exact, because it counts what is taken and not what somebody thought would be; so whatever the work is (a plan of
// SQL, a preview, a file that unpacks to a thousand times its size), it is bounded. `new` of this program and of the
// libraries in it is ours (thread_memory.cpp); malloc of C libraries and memory of other threads is not counted: DuckDB's
// own is bounded by store/database_memory.hpp. Costs nothing measurable where none lives.
//
// Not under sanitizers, whose `new` it would replace: there it counts nothing.
class ThreadMemory {
 public:
  // Null: what one may take is bounded, and nothing else. The budget must outlive it. One in another counts for both.
  ThreadMemory(MemoryBudget* budget, MemoryBudget::Rank rank, uint64_t most = UINT64_MAX);
  ~ThreadMemory();
  ThreadMemory(const ThreadMemory&) = delete;
  ThreadMemory& operator=(const ThreadMemory&) = delete;

  // Whether `new` has refused: what the work says then means nothing.
  bool is_exhausted() const { return is_exhausted_; }
  uint64_t peak() const { return peak_ > 0 ? static_cast<uint64_t>(peak_) : 0; }

  // Of `new` and `delete`. False: no.
  bool take(uint64_t bytes);
  void give(uint64_t bytes);

 private:
  ThreadMemory* const outer_;
  MemoryBudget::Share share_;
  const uint64_t most_;
  int64_t now_ = 0, peak_ = 0;  // may be below zero: what others had taken is given back here
  bool is_exhausted_ = false;
};

// What `work`, a function of a Result, says; or that there was no memory for it.
template <typename Work>
auto within_memory(MemoryBudget* budget, MemoryBudget::Rank rank, Work work) -> decltype(work()) {
  try {
    const ThreadMemory memory(budget, rank);
    auto done = work();
    if (memory.is_exhausted()) return std::unexpected(out_of_memory());
    return done;
  } catch (const std::bad_alloc&) {
    return std::unexpected(out_of_memory());
  }
}

// --- the reserve

// Lays the reserve by. Once, at the start of a server.
void lay_memory_by();
// From now on, this thread is given the reserve where `new` finds nothing, and then waits, for a minute at most: what
// it does was acknowledged, and cannot be refused any more.
void wait_for_memory_here();

}  // namespace tessera

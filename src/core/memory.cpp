#include "core/memory.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tessera {

namespace {

// Of a limit of the control group; "max", or no such file: none.
uint64_t limit_in(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  file >> text;
  uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc() && bytes > 0 ? bytes : UINT64_MAX;
}

uint64_t limit_of(int resource) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return UINT64_MAX;
  return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

// Of all it may take, in eighths: what a rank and those below it may take together.
constexpr std::array<uint64_t, MemoryBudget::kRanks> kEighths = {1, 4, 8};

}  // namespace

uint64_t memory_limit_of_groups(const std::string& groups, const std::string& tree) {
  uint64_t least = std::min(limit_in(tree + "/memory.max"), limit_in(tree + "/memory/memory.limit_in_bytes"));
  std::ifstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kUnified = "0::/";
    if (!line.starts_with(kUnified)) continue;
    std::string group = line.substr(kUnified.size() - 1);
    for (; group.size() > 1; group.resize(group.rfind('/')))
      least = std::min(least, limit_in(tree + group + "/memory.max"));
  }
  return least;
}

uint64_t memory_allowed() {
  const uint64_t machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
  return std::min({machine, memory_limit_of_groups("/proc/self/cgroup", "/sys/fs/cgroup"), limit_of(RLIMIT_AS),
                   limit_of(RLIMIT_DATA)});
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";  // of 1024 each
  uint64_t bytes = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, bytes);
  if (error != std::errc() || bytes == 0) return std::nullopt;
  if (stop == end) return bytes;
  const size_t unit = kUnits.find(*stop);
  if (unit == std::string_view::npos || stop + 1 != end) return std::nullopt;
  const size_t shift = 10 * (unit + 1);
  if (bytes > (UINT64_MAX >> shift)) return std::nullopt;
  return bytes << shift;
}

// --- the budget

uint64_t MemoryBudget::most(Rank rank) const {
  return bytes_ / kEighths.back() * kEighths[static_cast<size_t>(rank)];
}

bool MemoryBudget::take(Rank rank, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  uint64_t below = 0;
  // For every rank from this one up: it and those below keep within what is theirs.
  for (size_t each = 0; each < kRanks; ++each) {
    below += taken_[each];
    if (each < static_cast<size_t>(rank)) continue;
    const uint64_t allowed = most(static_cast<Rank>(each));
    if (below > allowed || bytes > allowed - below) {
      ++refused_;
      return false;
    }
  }
  taken_[static_cast<size_t>(rank)] += bytes;
  return true;
}

void MemoryBudget::give(Rank rank, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  taken_[static_cast<size_t>(rank)] -= bytes;
}

MemoryBudget::Counts MemoryBudget::counts() const {
  const std::lock_guard lock(mutex_);
  Counts out{.refused = refused_};
  for (const uint64_t bytes : taken_) out.taken += bytes;
  return out;
}

MemoryBudget::Share::Share(Share&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), rank_(other.rank_), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryBudget::Share& MemoryBudget::Share::operator=(Share&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(rank_, other.rank_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MemoryBudget::Share::~Share() {
  if (budget_) budget_->give(rank_, bytes_);
}

bool MemoryBudget::Share::grow_to(uint64_t bytes) {
  if (bytes <= bytes_) return true;
  if (budget_ && !budget_->take(rank_, bytes - bytes_)) return false;
  bytes_ = bytes;
  return true;
}

Error out_of_memory() {
  return {"this needs more memory than there is for it",
          {},
          try_command("serve").option("--memory", "8G").note("allows more; or ask for less at once")};
}

// --- the reserve

namespace {

constexpr size_t kReserve = 32 << 20;        // bytes: a group of the log, its entry and a page for the record
constexpr int kLookAgain = 50;               // ms
constexpr int kLooks = 60'000 / kLookAgain;  // a minute: commands and questions that hold memory have ended by then

std::atomic<void*> reserve{nullptr};
constinit thread_local bool waits_for_memory = false;
constinit thread_local int looks_left = kLooks;

// Called by `new` when it finds nothing; `new` tries again when it returns.
void find_memory() {
  if (!waits_for_memory) throw std::bad_alloc();
  if (void* const kept = reserve.exchange(nullptr)) return std::free(kept);
  if (looks_left-- <= 0) throw std::bad_alloc();
  poll(nullptr, 0, kLookAgain);
}

}  // namespace

void lay_memory_by() {
  if (!reserve.load()) reserve = std::malloc(kReserve);
  std::set_new_handler(find_memory);
}

void wait_for_memory_here() {
  waits_for_memory = true;
}

}  // namespace tessera

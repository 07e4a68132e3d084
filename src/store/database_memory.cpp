#include "store/database_memory.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string_view>

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tessera::store {

namespace {

// Where DuckDB's library lies. Both 0 until a bound is said.
std::atomic<uintptr_t> library_begin{0}, library_end{0};
std::atomic<uint64_t> bound{0}, mapped{0};

int find_library(dl_phdr_info* info, size_t, void*) {
  if (std::string_view(info->dlpi_name).find("libduckdb") == std::string_view::npos) return 0;
  uintptr_t end = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i)
    if (const auto& part = info->dlpi_phdr[i]; part.p_type == PT_LOAD) end = std::max(end, part.p_vaddr + part.p_memsz);
  library_begin = info->dlpi_addr;
  library_end = info->dlpi_addr + end;
  return 1;
}

[[maybe_unused]] bool is_of_library(const void* caller) {
  const auto at = reinterpret_cast<uintptr_t>(caller);
  return at >= library_begin && at < library_end;
}

[[maybe_unused]] bool take(uint64_t bytes) {
  const uint64_t most = bound, before = mapped.fetch_add(bytes);
  if (most == 0 || before + bytes <= most) return true;
  mapped -= bytes;
  return false;
}

}  // namespace

void bound_database_memory(uint64_t bytes) {
  uint64_t before = bound;
  while (before < bytes && !bound.compare_exchange_weak(before, bytes)) {
  }
  if (library_end == 0) dl_iterate_phdr(find_library, nullptr);
}

uint64_t database_memory_mapped() {
  return mapped;
}

}  // namespace tessera::store

#if !defined(TESSERA_SANITIZED)

// In the place of the C library's for the libraries that this program loads. The C library's own (threads, malloc) does
// not come through here.
extern "C" void* mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  namespace store = tessera::store;
  // What replaces a mapping is counted already.
  const bool is_counted = (flags & MAP_FIXED) == 0 && store::is_of_library(__builtin_return_address(0));
  if (is_counted && !store::take(bytes)) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  const long got = syscall(SYS_mmap, at, bytes, protection, flags, file, offset);
  if (got == -1 && is_counted) store::mapped -= bytes;
  return reinterpret_cast<void*>(got);
}

// Where mmap refuses, jemalloc would go on with the heap of the process.
extern "C" void* sbrk(intptr_t bytes) noexcept {
  using Sbrk = void* (*)(intptr_t);
  static const auto libraries = reinterpret_cast<Sbrk>(dlsym(RTLD_NEXT, "sbrk"));
  if (bytes > 0 && tessera::store::is_of_library(__builtin_return_address(0))) {
    errno = ENOMEM;
    return reinterpret_cast<void*>(-1);
  }
  return libraries(bytes);
}

extern "C" int munmap(void* at, size_t bytes) noexcept {
  namespace store = tessera::store;
  const bool is_counted = store::is_of_library(__builtin_return_address(0));
  const int said = static_cast<int>(syscall(SYS_munmap, at, bytes));
  if (said == 0 && is_counted) store::mapped -= std::min<uint64_t>(bytes, store::mapped);
  return said;
}

#endif

// A folder of the test's own, removed with it; MUST: the value of a Result, or the test fails with its error.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/result.hpp"

namespace tessera::testing_support {

// Where files are in memory, so that a sync costs nothing; the usual place where there is none.
inline std::filesystem::path in_memory() {
  std::error_code ignored;
  return std::filesystem::is_directory("/dev/shm", ignored) ? "/dev/shm" : std::filesystem::temp_directory_path();
}

class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& place = std::filesystem::temp_directory_path()) {
    std::string name = (place / "tessera-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }
  size_t files() const { return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {})); }

 private:
  std::filesystem::path path_;
};

template <typename T>
T must(tessera::Result<T> result, const char* expression) {
  if (!result) {
    std::fprintf(stderr, "%s\n  failed: %s\n", expression, result.error().text().c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace tessera::testing_support

#define MUST(...) ::tessera::testing_support::must((__VA_ARGS__), #__VA_ARGS__)

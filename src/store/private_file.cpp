#include "store/private_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tessera::store {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kOwnerAlone = 0600;

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t step = write(file, bytes.data(), bytes.size());
    if (step < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(step));
  }
  return true;
}

}  // namespace

Result<void> write_private(const std::string& path, std::string_view bytes) {
  const std::string part = fmt::format("{}.part-{}", path, getpid());
  const auto cannot = [&](const char* what) {
    auto error = fail(fmt::format("{}: {}", what, std::strerror(errno)), path,
                      try_shell("ls -ld").argument(fs::absolute(path).parent_path().string()).note("who may write?"));
    unlink(part.c_str());
    return error;
  };
  unlink(part.c_str());  // of a process that was killed
  const int file = open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerAlone);
  if (file < 0) return cannot("cannot be made");
  const bool is_written = write_all(file, bytes) && fsync(file) == 0;
  if (close(file) != 0 || !is_written) return cannot("cannot be written");
  if (rename(part.c_str(), path.c_str()) != 0) return cannot("cannot be made");
  const int folder = open(fs::absolute(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return {};
}

void make_private(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return;
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if ((status.st_mode & kOthers) != 0) chmod(path.c_str(), status.st_mode & 07777 & ~kOthers);
}

}  // namespace tessera::store

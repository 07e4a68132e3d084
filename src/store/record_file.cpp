#include "store/record_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace tessera::store {

namespace fs = std::filesystem;

namespace {

std::string why() {
  return std::strerror(errno);
}

// The process that holds a lock on the file, as /proc/locks tells it; 0 where it does not.
int64_t holder_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return 0;
  const std::string file = fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    char number[64], kind[64], strength[64], mode[64], process[64], place[64];
    const int fields =
        std::sscanf(line.c_str(), "%63s %63s %63s %63s %63s %63s", number, kind, strength, mode, process, place);
    if (fields == 6 && std::string_view(kind) != "->" && file == place)
      return std::max<int64_t>(std::atoll(process), 0);
  }
  return 0;
}

std::string program_of(int64_t process) {
  std::ifstream file(fmt::format("/proc/{}/comm", process));
  std::string name;
  std::getline(file, name);
  return name.empty() ? "a program" : name;
}

// The sockets of a process by their inodes: "socket:[1234]".
std::set<std::string> sockets_of(int64_t process) {
  std::set<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", process), error))
    if (std::string link = fs::read_symlink(entry.path(), error).string(); link.starts_with("socket:"))
      out.insert(std::move(link));
  return out;
}

// Where a process listens, of /proc/net/tcp or tcp6; every address of this machine is its own.
std::string listens_at(const std::set<std::string>& sockets, const char* table) {
  std::ifstream file(table);
  for (std::string line; std::getline(file, line);) {
    char local[64], remote[64], state[8], inode[32];
    const int fields =
        std::sscanf(line.c_str(), "%*s %63s %63s %7s %*s %*s %*s %*s %*s %31s", local, remote, state, inode);
    if (fields != 4 || std::string_view(state) != "0A" || !sockets.contains(fmt::format("socket:[{}]", inode)))
      continue;
    const std::string_view where(local);
    const size_t colon = where.find(':');
    const unsigned long port = std::strtoul(local + colon + 1, nullptr, 16);
    if (colon != 8)
      return fmt::format("{}:{}", where.starts_with("00000000000000000000000001000000") ? "[::1]" : "127.0.0.1", port);
    const unsigned long ip = std::strtoul(std::string(where.substr(0, 8)).c_str(), nullptr, 16);
    if (ip == 0) return fmt::format("127.0.0.1:{}", port);
    return fmt::format("{}.{}.{}.{}:{}", ip & 255, ip >> 8 & 255, ip >> 16 & 255, ip >> 24 & 255, port);
  }
  return {};
}

// Where the process serves its record; empty: it is no server.
std::string served_at(int64_t process) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", process), std::ios::binary);
  bool is_server = false, is_encrypted = false;
  for (std::string word; std::getline(file, word, '\0');) {
    is_server |= word == "serve";
    is_encrypted |= word.starts_with("--tls-cert");
  }
  if (!is_server) return {};
  const auto sockets = sockets_of(process);
  std::string address = listens_at(sockets, "/proc/net/tcp");
  if (address.empty()) address = listens_at(sockets, "/proc/net/tcp6");
  if (address.empty()) address = "HOST:PORT";  // another user's
  return (is_encrypted ? "https://" : "http://") + address;
}

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::unexpected<Error> cannot_write(const std::string& what, const std::string& place) {
  const bool full = errno == ENOSPC || errno == EFBIG || errno == EDQUOT;
  return fail(fmt::format("{}: {}", what, why()), place,
              full ? try_shell("df -h").note("where to free some room; then run the command again") : Remedy());
}

}  // namespace

std::unexpected<Error> held_by(const std::string& path, int64_t holder, std::string_view what) {
  if (holder == getpid())
    return fail(fmt::format("this process has the {} open already", what), path,
                fmt::format("use the {} that is open, or close it first", what));
  if (holder == 0)
    return fail(fmt::format("another process has the {} open", what), path,
                try_shell("fuser -v").argument(path).note("which it is; wait until it ends"));
  const std::string found = fmt::format("{} (process {}) has the {} open", program_of(holder), holder, what);
  if (const std::string address = served_at(holder); !address.empty())
    return fail(found + ": it serves it", path, try_again().option("--store", address).note("asks the server"));
  return fail(found, path,
              try_shell("ps -p").argument(std::to_string(holder)).note("what it is; wait until it has ended"));
}

Result<void> refuse_if_open_here(const std::string& path) {
  if (holder_of(path) == getpid()) return held_by(path, getpid());
  return {};
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<FileLock> FileLock::take(const std::string& path, Sharing sharing, std::string_view what) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail("cannot be opened: " + why(), path);
  FileLock lock(descriptor);
  if (flock(descriptor, (sharing == Sharing::Shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0)
    return held_by(path, holder_of(path), what);
  return lock;
}

Result<void> check_is_database(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    return fail("there is no such record", path,
                try_command("import").on(path).blank("FILE").note("fills a new one; or name one that is there"));
  if (fs::is_directory(status))
    return fail("is a folder, not a record", path,
                try_again().option("--store", path + "/tessera.db").note("a file in it"));
  if (!fs::is_regular_file(status)) return fail("is no ordinary file, so it cannot hold a record", path);
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("cannot be read: " + why(), path, try_shell("ls -l").argument(path).note("who may read it?"));
  // A DuckDB file: 8 bytes of checksum, then "DUCK".
  char head[12] = {};
  file.read(head, sizeof head);
  if (file.gcount() == 0)
    return fail("is an empty file, not a record", path,
                try_shell("rm").argument(path).note("a new record can be made there then"));
  if (file.gcount() < 12 || std::string_view(head + 8, 4) != "DUCK")
    return fail("is not a record (a record is a DuckDB file, and this is none)", path,
                try_command("import").on("NEW.db").argument(path).note(
                    "reads customers' events from this file; else name another"));
  return {};
}

Result<void> check_can_create(const std::string& path) {
  const std::string folder = folder_of(path);
  if (path.empty()) return usage("the name of the record is empty", try_again().option("--store", "tessera.db"));
  std::error_code error;
  if (!fs::exists(folder, error))
    return fail("the folder does not exist", folder, try_shell("mkdir -p").argument(folder));
  if (!fs::is_directory(folder, error)) return fail("is not a folder, so no record can be made in it", folder);
  if (access(folder.c_str(), W_OK) != 0)
    return fail("the folder cannot be written: " + why(), folder,
                try_shell("ls -ld").argument(folder).note("who may write there?"));
  const std::string log = path + ".wal";
  if (fs::exists(log, error))
    return fail(
        "this write-ahead log is here without its record", log,
        try_shell("rm").argument(log).note("if the record is gone for good; else bring it back beside the log"));
  return {};
}

Result<void> publish(const std::string& finished, const std::string& name) {
  // link() refuses to replace, rename() would not.
  if (link(finished.c_str(), name.c_str()) != 0) {
    const bool taken = errno == EEXIST;
    const auto error =
        taken ? fail("exists already", name, try_moving(name, name + ".old")) : cannot_write("cannot be made", name);
    unlink(finished.c_str());
    return error;
  }
  unlink(finished.c_str());
  const Descriptor folder{open(folder_of(name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.number >= 0) fsync(folder.number);
  return {};
}

Remedy try_moving(const std::string& name, const std::string& aside) {
  return try_shell("mv").argument(name).argument(aside).note("moves it away; or choose another name");
}

Remedy try_restoring() {
  return try_command("restore").on("NEW.db").blank("BACKUP.db").note("a backup, under a new name");
}

Result<void> copy_whole(int from, const std::string& to, Progress& progress) {
  std::error_code error;
  if (fs::exists(to, error)) return fail("exists already", to, try_moving(to, to + ".old"));
  TRY(check_can_create(to));
  const std::string part = fmt::format("{}.part-{}", to, getpid());
  const struct Remove {
    const std::string& part;
    ~Remove() { unlink(part.c_str()); }
  } remove{part};
  {
    const Descriptor out{open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (out.number < 0) return cannot_write("cannot be made", part);
    struct stat status{};
    if (fstat(from, &status) != 0) return cannot_write("the record cannot be read", to);
    std::vector<char> block(1 << 20);
    for (off_t done = 0;;) {
      const ssize_t read = pread(from, block.data(), block.size(), done);
      if (read < 0) return cannot_write("the record cannot be read", to);
      if (read == 0) break;
      for (ssize_t written = 0; written < read;) {
        const ssize_t step = write(out.number, block.data() + written, static_cast<size_t>(read - written));
        if (step < 0) return cannot_write("cannot be written", part);
        written += step;
      }
      done += read;
      progress.step("copying", static_cast<uint64_t>(done), static_cast<uint64_t>(status.st_size));
    }
    if (fsync(out.number) != 0) return cannot_write("cannot be written", part);
  }
  return publish(part, to);
}

}  // namespace tessera::store

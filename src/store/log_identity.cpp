#include "store/log_identity.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "core/hash.hpp"
#include "store/log_format.hpp"

namespace tessera::store {

namespace {

constexpr std::string_view kName = "identity", kBegins = "tessera-log ";
constexpr size_t kBytes = 16;
constexpr std::string_view kWithout =
    "begins another log, where this one cannot be brought back; what was acknowledged and is not in the record is given "
    "up";

std::string path_of(const std::string& folder, std::string_view name) {
  return fmt::format("{}/{}", folder, name);
}

// nullopt: it is not there.
std::optional<std::string> text_at(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

Result<void> write_whole(const std::string& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool is_written =
      file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  if (!is_written) return fail(fmt::format("cannot be written: {}", std::strerror(error)), path);
  return {};
}

// As a whole or not at all. What a crash leaves under the other name goes when the log is opened.
Result<void> replace(const std::string& folder, std::string_view name, std::string_view text) {
  const std::string path = path_of(folder, name), unfinished = path + ".new";
  TRY(write_whole(unfinished, text));
  if (rename(unfinished.c_str(), path.c_str()) != 0)
    return fail(fmt::format("cannot be made: {}", std::strerror(errno)), path);
  const int own = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own >= 0) {
    fsync(own);
    close(own);
  }
  return {};
}

std::unexpected<Error> is_not_the_log(const std::string& folder, std::string what) {
  return fail(std::move(what), folder,
              try_shell("mv")
                  .argument(folder)
                  .argument(folder + ".aside")
                  .note(fmt::format("bring the right one back; or then serve --new-log {}", kWithout)));
}

}  // namespace

std::string new_log_id() {
  return hex_of(secret_bytes(kBytes));
}

Result<std::optional<LogIdentity>> read_identity(const std::string& folder) {
  const std::string path = path_of(folder, kName);
  const auto text = text_at(path);
  if (!text) return std::nullopt;
  if (!text->starts_with(kBegins) || text->size() != kBegins.size() + 2 * kBytes + 1 || !text->ends_with('\n'))
    return fail("does not say which log this is", path,
                "bring the file back from a backup; it holds one line, and the record knows its end: SELECT value FROM "
                "tessera.meta WHERE key = 'log'");
  LogIdentity out{.id = text->substr(kBegins.size(), 2 * kBytes), .newest = {}};
  std::string newest = text_at(path_of(folder, kNewestName)).value_or("");
  if (newest.ends_with('\n')) newest.pop_back();
  out.newest = log_format::first_of(newest);
  return out;
}

Result<void> write_identity(const std::string& folder, const std::string& id) {
  return replace(folder, kName, fmt::format("{}{}\n", kBegins, id));
}

Result<void> write_newest(const std::string& folder, LogOffset segment) {
  return replace(folder, kNewestName, log_format::segment_name(segment) + "\n");
}

Result<void> check_identity(const std::string& folder, const std::optional<LogIdentity>& found,
                            std::span<const LogOffset> segments, const std::string& wanted) {
  if (!found && segments.empty()) {
    if (wanted.empty()) return {};
    return fail("the log that the record has followed is missing: it may have events that the record does not have",
                folder, try_command("serve").flag("--new-log").note(std::string(kWithout)));
  }
  if (!wanted.empty() && (!found || found->id != wanted))
    return is_not_the_log(folder, "is another log than the one that the record has followed");
  if (found && segments.empty()) return is_not_the_log(folder, "the files of the log are missing");
  if (found && found->newest && segments.back() < *found->newest)
    return is_not_the_log(
        folder, fmt::format("the last file of the log, {}, is missing", log_format::segment_name(*found->newest)));
  return {};
}

}  // namespace tessera::store

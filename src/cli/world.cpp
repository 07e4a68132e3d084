#include "cli/world.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <unistd.h>

#include "cli/terminal.hpp"
#include "core/text.hpp"

namespace tessera::cli {

namespace fs = std::filesystem;

namespace {

constexpr size_t kLargestFile = 64 << 20;

void write_to(FILE* stream, std::string_view bytes) {
  const std::string text = isatty(fileno(stream)) ? terminal_text(bytes) : std::string();
  const std::string_view what = text.empty() ? bytes : std::string_view(text);
  std::fwrite(what.data(), 1, what.size(), stream);
}

}  // namespace

void OwnWorld::print(std::string_view bytes) {
  write_to(stdout, bytes);
}

void OwnWorld::note(std::string_view bytes) {
  std::fflush(stdout);  // in the order in which they were said
  write_to(stderr, bytes);
}

bool OwnWorld::is_read_by_people() const {
  return isatty(STDOUT_FILENO) == 1;
}

Result<std::string> OwnWorld::read(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return fail("is a folder, not a file", path);
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(fmt::format("cannot be opened: {}", std::strerror(errno)), path, try_shell("ls -l").argument(path));
  std::string text(kLargestFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kLargestFile) return fail(fmt::format("is larger than {} bytes", kLargestFile), path);
  if (const auto bad = first_invalid_utf8(text)) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n');
    return fail("invalid UTF-8", fmt::format("{}:{}", path, line),
                try_shell("iconv -f WINDOWS-1252 -t UTF-8").argument(path));
  }
  return text;
}

Result<void> OwnWorld::write(const std::string& path, std::string_view bytes) {
  std::error_code error;
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty()) {
    fs::create_directories(folder, error);
    if (error) return fail(fmt::format("the folder cannot be made: {}", error.message()), folder.string());
  }
  const std::string partial = path + ".partial";
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) fs::rename(partial, path, error);
  if (file && !error) return {};
  const std::string why = error ? error.message() : std::strerror(errno);
  fs::remove(partial, error);
  return fail(fmt::format("cannot be written: {}", why), path);
}

Result<void> OwnWorld::hand_over(const std::string& file, const std::string& path) {
  return store::publish(file, path);
}

}  // namespace tessera::cli

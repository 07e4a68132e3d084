#include "cli/program.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <sys/wait.h>

namespace tessera::cli {

Workplace::Workplace() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tessera-cli-XXXXXX").string();
  if (!mkdtemp(pattern.data())) std::abort();
  folder_ = pattern;
}

Workplace::~Workplace() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Ran Workplace::sh(const std::string& line) const {
  write("command.sh",
        "set -eu\ntessera() { " TESSERA_BINARY " \"$@\"; }\ncd '" + folder_.string() + "'\n" + line + "\n");
  const std::string shell =
      fmt::format("bash '{0}/command.sh' >'{0}/stdout' 2>'{0}/stderr' </dev/null", folder_.string());
  const int status = std::system(shell.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read("stdout"), read("stderr")};
}

void Workplace::write(const std::string& name, std::string_view text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

std::string Workplace::read(const std::string& name) const {
  std::ifstream file(folder_ / name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string shared_data(const std::string& name) {
  const auto path = std::filesystem::path(TESSERA_SOURCE_DIR) / ".." / "shared" / "data" / name;
  return std::filesystem::exists(path) ? std::filesystem::canonical(path).string() : "";
}

}  // namespace tessera::cli

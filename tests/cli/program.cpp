#include "cli/program.hpp"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include <sys/wait.h>

#include "cli/command_line.hpp"

namespace tessera::cli {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostSteps = 5;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The script, written to the folder.
Ran run_script(const fs::path& folder, std::string_view shell, const std::string& script) {
  std::ofstream(folder / "command.sh", std::ios::binary) << script;
  const std::string line =
      fmt::format("{0} '{1}/command.sh' >'{1}/stdout' 2>'{1}/stderr' </dev/null", shell, folder.string());
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(folder / "stdout"), contents(folder / "stderr")};
}

// --- what the program advises

// A command of ours in a line that is printed: the line itself, behind "words: ", or as code.
std::optional<std::string> advised_in(const std::string& line) {
  if (line.find('[') != std::string::npos) return std::nullopt;  // usage
  if (line.starts_with("  tessera ")) return line.substr(2);
  // But for "FILE: tessera (process 17) has the record open".
  if (const size_t at = line.find(": tessera "); at != std::string::npos && line.compare(at, 11, ": tessera (") != 0)
    return line.substr(at + 2);
  const size_t at = line.find("`tessera "), end = line.find('`', at + 1);
  if (at != std::string::npos && end != std::string::npos) return line.substr(at + 1, end - at - 1);
  return std::nullopt;
}

std::vector<std::string> advised_in(const Ran& ran) {
  std::vector<std::string> out;
  for (const std::string* text : {&ran.out, &ran.err}) {
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);)
      if (auto advised = advised_in(line)) out.push_back(std::move(*advised));
  }
  return out;
}

// The last line of an error that has a remedy, whatever that is.
std::string last_remedy(const Ran& ran) {
  const size_t end = ran.err.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const size_t begin = ran.err.rfind('\n', end) + 1;
  const std::string line = ran.err.substr(begin, end + 1 - begin);
  return line.starts_with("  ") ? line.substr(2) : std::string();
}

// For the user to fill in.
bool has_blank(const std::string& line) {
  const std::string command = line.substr(0, line.find("   # "));
  for (const char* const blank : {"FILE", "BACKUP.db", "NEW.db", "COLUMN", "SEGMENT", "DIR", "TOKEN", "RECORD",
                                  "PSEUDONYM", "CERT.pem", "KEY.pem"})
    if (command.find(blank) != std::string::npos) return true;
  return false;
}

// The words, as a shell takes them, are a command line of ours.
void expect_parses(const fs::path& folder, const std::string& line) {
  const Ran words = run_script(folder, "sh", "tessera() { printf '%s\\0' \"$@\"; }\n" + line + "\n");
  EXPECT_EQ(words.code, 0) << "as pasted: " << line << "\n" << words.err;
  std::vector<std::string> given;
  std::istringstream all(words.out);
  for (std::string word; std::getline(all, word, '\0');) given.push_back(word);
  const auto called = parse_command_line(given);
  EXPECT_TRUE(called.has_value()) << "as pasted: " << line << "\n" << called.error().text();
}

// A copy of a folder, in which a remedy may do what it does. Paths into the folder lead into the copy.
class Copy {
 public:
  explicit Copy(const fs::path& of) : of_(of.string()) {
    std::string pattern = (fs::temp_directory_path() / "tessera-advice-XXXXXX").string();
    if (!mkdtemp(pattern.data())) std::abort();
    folder_ = pattern;
    std::error_code ignored;  // a server's files come and go
    fs::copy(of, folder_, fs::copy_options::recursive | fs::copy_options::overwrite_existing, ignored);
  }
  ~Copy() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  const fs::path& folder() const { return folder_; }
  Ran paste(std::string line) const {
    for (size_t at; (at = line.find(of_)) != std::string::npos;) line.replace(at, of_.size(), folder_.string());
    return run_script(
        folder_, "sh",
        "tessera() { timeout 120 " TESSERA_BINARY " \"$@\"; }\ncd '" + folder_.string() + "'\n" + line + "\n");
  }

 private:
  std::string of_;
  fs::path folder_;
};

// It does its work, or says what else to do; never that it is no command, never the same again.
void paste(const fs::path& folder, std::string line) {
  const Copy copy(folder);
  expect_parses(copy.folder(), line);
  if (line.find("--store http") != std::string::npos) return;  // of a server there is no copy
  if (line.find(" serve") != std::string::npos) return;        // runs until it is told to end
  std::set<std::string> pasted;
  for (size_t step = 0; step < kMostSteps; ++step) {
    pasted.insert(line);
    const Ran ran = copy.paste(line);
    EXPECT_TRUE(ran.code == 0 || ran.code == 1) << "as pasted: " << line << "\n" << ran.code << " " << ran.err;
    if (ran.code != 1 || has_blank(line)) return;
    if (ran.out.find("remedy: ") != std::string::npos) return;  // doctor's findings
    const std::string next = last_remedy(ran);
    EXPECT_FALSE(next.empty() || pasted.contains(next)) << "as pasted: " << line << "\n" << ran.out << ran.err;
    if (!next.starts_with("tessera ")) return;
    line = next;
  }
  ADD_FAILURE() << "no remedy of a remedy helps: " << line;
}

// Once in a test.
void paste_all(const fs::path& folder, const Ran& ran) {
  static std::set<std::string> seen;
  const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
  const std::string name = test ? fmt::format("{}.{} ", test->test_suite_name(), test->name()) : "";
  for (const std::string& line : advised_in(ran))
    if (seen.insert(name + line).second) paste(folder, line);
}

}  // namespace

Workplace::Workplace() {
  std::string pattern = (fs::temp_directory_path() / "tessera-cli-XXXXXX").string();
  if (!mkdtemp(pattern.data())) std::abort();
  folder_ = pattern;
}

Workplace::~Workplace() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Ran Workplace::sh(const std::string& line) const {
  const Ran ran =
      run_script(folder_, "bash",
                 "set -eu\ntessera() { " TESSERA_BINARY " \"$@\"; }\ncd '" + folder_.string() + "'\n" + line + "\n");
  paste_all(folder_, ran);
  return ran;
}

void Workplace::write(const std::string& name, std::string_view text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

std::string Workplace::read(const std::string& name) const {
  return contents(folder_ / name);
}

std::string shared_data(const std::string& name) {
  const auto path = std::filesystem::path(TESSERA_SOURCE_DIR) / ".." / "shared" / "data" / name;
  return std::filesystem::exists(path) ? std::filesystem::canonical(path).string() : "";
}

}  // namespace tessera::cli

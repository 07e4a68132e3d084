#include "cli/serving.hpp"

#include <csignal>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "core/json.hpp"

namespace tessera::cli {

namespace {

constexpr int kPatienceMs = 60'000;

bool is_management(std::string_view target) {
  return target.starts_with("/api/") || target.starts_with("/metrics");
}

// What a soak row says that every server of the tests may have (tests/SOAK); 0: no limit.
uint64_t address_space_of_all() {
  const char* const said = std::getenv("TESSERA_SERVER_SPACE");
  return said ? std::strtoull(said, nullptr, 10) : 0;
}

}  // namespace

Serving::~Serving() {
  kill();
}

void Serving::start(const std::vector<std::string>& more, uint64_t address_space) {
  const std::string errors = store_.string() + ".stderr", store = store_.string();
  std::vector<const char*> words = {TESSERA_BINARY, "--store", store.c_str(), "--format",
                                    "json",         "serve",   "--listen",    "127.0.0.1:0"};
  for (const std::string& word : more) words.push_back(word.c_str());
  words.push_back(nullptr);
  const uint64_t space = address_space > 0 ? address_space : address_space_of_all();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  const int log = open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  port_ = 0;
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit most{space, space};
    if (space > 0) setrlimit(RLIMIT_AS, &most);
    dup2(ends[1], 1);
    dup2(log, 2);
    close_range(3, ~0U, 0);
    execv(TESSERA_BINARY, const_cast<char* const*>(words.data()));
    _exit(127);
  }
  close(ends[1]);
  close(log);
  output_ = ends[0];
}

bool Serving::is_up() {
  std::string said;
  while (said.find('\n') == std::string::npos) {
    pollfd ready{output_, POLLIN, 0};
    char bytes[4096];
    if (poll(&ready, 1, kPatienceMs) <= 0) return false;
    const ssize_t got = read(output_, bytes, sizeof bytes);
    if (got <= 0) return false;
    said.append(bytes, static_cast<size_t>(got));
  }
  const auto json = parse_json(said);
  if (!json || !json->find("address")) return false;
  const std::string address = json->find("address")->text_or("");
  port_ = static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1));
  if (const std::string key = json->find("write_key")->text_or(""); !key.empty()) key_ = key;
  if (const Json* token = json->find("token"); token && token->as_text()) token_ = *token->as_text();
  if (token_.empty())
    unsetenv("TESSERA_TOKEN");
  else
    setenv("TESSERA_TOKEN", token_.c_str(), 1);
  return port_ != 0;
}

int Serving::wait_for_end() {
  int status = 0;
  waitpid(pid_, &status, 0);
  close(output_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Serving::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_for_end();
}

#if defined(TESSERA_BINARY_SANITIZED)
constexpr int kEndsWithin = 180'000;  // ms
#else
constexpr int kEndsWithin = 30'000;
#endif

int Serving::stop() {
  ::kill(pid_, SIGTERM);
  // The end of its output is the end of it.
  pollfd ready{output_, POLLIN, 0};
  char bytes[4096];
  while (poll(&ready, 1, kEndsWithin) > 0)
    if (read(output_, bytes, sizeof bytes) <= 0) return wait_for_end();
  kill();
  return -1;
}

std::string Serving::errors() const {
  std::ifstream file(store_.string() + ".stderr");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

namespace {

uint64_t bytes_of(pid_t pid, std::string_view name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10) * 1024;
  return 0;
}

}  // namespace

uint64_t Serving::resident_bytes() const {
  return bytes_of(pid_, "VmRSS:");
}

uint64_t Serving::most_resident_bytes() const {
  return bytes_of(pid_, "VmHWM:");
}

http::Answer Serving::ask(std::string_view method, std::string_view target, std::string_view body) const {
  http::Raw raw(port_);
  const std::string bearer = token_.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", token_);
  if (!raw.send(request(method, target, body, is_management(target) ? bearer : ""))) return {};
  return raw.answer();
}

void Serving::catch_up() const {
  std::optional<double> end;  // of the log when this began
  for (double applied = -1; !end || applied < *end;) {
    const auto status = parse_json(ask("GET", "/api/v1/status").body);
    const Json* engine = status ? status->find("engine") : nullptr;
    if (!engine) return;  // it is down: whatever is asked next says so
    applied = engine->find("applied_until")->number_or(0);
    if (!end) end = engine->find("log_end")->number_or(0);
  }
}

std::string request(std::string_view method, std::string_view target, std::string_view body, std::string_view headers) {
  const char* const token = std::getenv("TESSERA_TOKEN");
  std::string all(headers);
  if (token && is_management(target) && headers.find("Authorization:") == std::string_view::npos)
    all += fmt::format("Authorization: Bearer {}\r\n", token);
  return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{}\r\n{}", method, target, body.size(),
                     all, body);
}

}  // namespace tessera::cli

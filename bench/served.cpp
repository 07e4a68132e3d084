#include "bench/served.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tessera::bench {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

std::string program() {
  if (const char* other = std::getenv("TESSERA_PROGRAM")) return other;
  return std::filesystem::canonical("/proc/self/exe").parent_path().parent_path() / "tessera";
}

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) {
    fmt::print(stderr, "failed: {}\n", command);
    std::exit(1);
  }
}

Server::Server(const std::string& store, std::optional<int> core) {
  const auto begun = Clock::now();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::exit(1);
  const std::string binary = program();
  pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], 1);
    if (core) pin(*core);
    execl(binary.c_str(), "tessera", "--store", store.c_str(), "--format", "json", "serve", "--listen", "127.0.0.1:0",
          static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  output = ends[0];
  std::string said;
  char bytes[4096];
  while (said.find('\n') == std::string::npos) {
    const ssize_t got = read(output, bytes, sizeof bytes);
    if (got <= 0) {
      fmt::print(stderr, "the server did not start\n");
      std::exit(1);
    }
    said.append(bytes, static_cast<size_t>(got));
  }
  started_after = seconds_since(begun);
  const auto json = parse_json(said);
  const std::string address = json->find("address")->text_or("");
  port = static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1));
  if (const auto* own = json->find("write_key")) key = own->text_or("");
  std::string token;
  if (std::ifstream file(store + ".token"); file >> token) bearer = "Authorization: Bearer " + token + "\r\n";
}

Server::~Server() {
  kill(pid, SIGTERM);
  waitpid(pid, nullptr, 0);
  close(output);
}

double Server::cpu() const {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string word;
  double ticks = 0;
  for (int i = 1; i <= 15 && file >> word; ++i)
    if (i >= 14) ticks += std::stod(word);
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double Server::resident() const {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) * 1024;
  return 0;
}

int connect_to(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    fmt::print(stderr, "cannot connect\n");
    std::exit(1);
  }
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

std::string post(std::string_view target, std::string_view key, std::string_view body) {
  std::string user(key);
  return fmt::format("POST {}?writeKey={} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", target, key,
                     body.size(), body);
}

std::string manage(const Server& server, std::string_view method, std::string_view target, std::string_view body) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}Content-Length: {}\r\n\r\n{}", method, target,
                     server.bearer, body.size(), body);
}

std::string ask(uint16_t port, const std::string& request) {
  const int fd = connect_to(port);
  fcntl(fd, F_SETFL, 0);
  if (write(fd, request.data(), request.size()) < 0) std::exit(1);
  std::string answer;
  char bytes[65536];
  for (size_t wanted = 0; wanted == 0 || answer.size() < wanted;) {
    const ssize_t got = read(fd, bytes, sizeof bytes);
    if (got <= 0) break;
    answer.append(bytes, static_cast<size_t>(got));
    const size_t head = answer.find("\r\n\r\n"), length = answer.find("Content-Length: ");
    if (head != std::string::npos)
      wanted = head + 4 + (length < head ? std::strtoul(answer.c_str() + length + 16, nullptr, 10) : 0);
  }
  close(fd);
  return answer;
}

std::string write_key(const Server& server) {
  if (!server.key.empty()) return server.key;
  const std::string answer = ask(server.port, manage(server, "GET", "/api/v1/sources"));
  const auto json = parse_json(answer.substr(answer.find("\r\n\r\n") + 4));
  const Json* const keys = json ? json->find("keys") : nullptr;
  for (const Json& key : keys && keys->as_array() ? *keys->as_array() : Json::Array{})
    if (key.find("kind")->text_or("") == "write key") return key.find("key")->text_or("");
  fmt::print(stderr, "there is no write key: {}\n", answer);
  std::exit(1);
}

Json engine_status(const Server& server) {
  const std::string status = ask(server.port, manage(server, "GET", "/api/v1/status"));
  const auto json = parse_json(status.substr(status.find("\r\n\r\n") + 4));
  const Json* engine = json ? json->find("engine") : nullptr;
  return engine ? *engine : Json::object();
}

double number_of(const Json& status, const char* name) {
  const Json* found = status.find(name);
  return found ? found->number_or(0) : 0.0;
}

bool is_applied(const Server& server) {
  const Json status = engine_status(server);
  return number_of(status, "applied_until") >= number_of(status, "log_end");
}

}  // namespace tessera::bench

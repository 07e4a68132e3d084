// `tessera serve` as a child of a bench, and what a client of its routes needs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "bench/bench.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace tessera::bench {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start);

// This process, and those it starts, on one core.
void pin(int core);
// The binary beside the benches; a command of the shell that must not fail.
std::string program();
void run(const std::string& command);

struct Server {
  pid_t pid = -1;
  int output = -1;
  uint16_t port = 0;
  std::string key, bearer;  // a header of requests to the management
  double started_after = 0;

  // Returns when it listens.
  Server(const std::string& store, std::optional<int> core);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // stopped

  double cpu() const;       // seconds
  double resident() const;  // bytes
};

int connect_to(uint16_t port);
// A request with the write key, and one to the management.
std::string post(std::string_view target, std::string_view key, std::string_view body);
std::string manage(const Server& server, std::string_view method, std::string_view target, std::string_view body = {});
// The whole answer, on a connection of its own.
std::string ask(uint16_t port, const std::string& request);

// Of the source that it began with, also where it was started again and does not say it any more.
std::string write_key(const Server& server);

Json engine_status(const Server& server);
double number_of(const Json& status, const char* name);
// All that was logged is in the segments.
bool is_applied(const Server& server);

}  // namespace tessera::bench

// `tessera serve` as a child that may be killed, and what a client of its HTTP routes needs. Child and test share
// nothing but a store on disk and sockets.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "http/raw.hpp"

namespace tessera::cli {

class Serving {
 public:
  // The server's words go to a file beside the store, for tests that fail.
  explicit Serving(std::filesystem::path store) : store_(std::move(store)) {}
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving();  // killed

  // `more`: options of serve. `address_space`: bytes, a limit of the process (ulimit -v); 0: none, or what
  // TESSERA_SERVER_SPACE says for all that are started (tests/SOAK).
  void start(const std::vector<std::string>& more = {}, uint64_t address_space = 0);
  // Until it listens; false where it ended before.
  bool is_up();
  // Ended when this returns.
  void kill();
  // SIGTERM, and its exit code; -1 where a signal ended it or it did not end within half a minute (three, where it is sanitized).
  int stop();

  pid_t pid() const { return pid_; }
  uint16_t port() const { return port_; }
  const std::string& key() const { return key_; }  // write key of the source it began with
  // Of the management API, made at its first start; empty with --open-on-loopback. While a server is up, TESSERA_TOKEN
  // of this process is that of the one that came up last, as its user would have it.
  const std::string& token() const { return token_; }
  std::string errors() const;  // what it wrote to standard error, since it first began
  uint64_t resident_bytes() const;
  uint64_t most_resident_bytes() const;  // since it began

  // One request on a connection of its own, with the token where one is needed; status 0: no answer.
  http::Answer ask(std::string_view method, std::string_view target, std::string_view body = {}) const;
  // Asks until everything that was acknowledged before is in what it answers: a call is acknowledged when it is in the
  // log, and applied after that.
  void catch_up() const;

 private:
  int wait_for_end();
  std::filesystem::path store_;
  pid_t pid_ = -1;
  int output_ = -1;
  uint16_t port_ = 0;
  std::string key_, token_;
};

// To the management with TESSERA_TOKEN, unless `headers` say who asks.
std::string request(std::string_view method, std::string_view target, std::string_view body = {},
                    std::string_view headers = {});

}  // namespace tessera::cli

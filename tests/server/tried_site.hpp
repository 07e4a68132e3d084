// A whole server but for its sockets, that is asked what any bytes draw (drawn_requests.hpp), and what must hold of every
// answer whatever was asked. For the fuzzer and for the tests, so it fails by VERIFY.
//
// It goes on from one input to the next, as a server does, and is made anew after kRequestsOfOne requests; see begin().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>

#include "server/commands.hpp"
#include "server/drawn_requests.hpp"

namespace tessera::server {

class TriedSite {
 public:
  // What runs the commands: the server's are known above (cli).
  using MakeCommands = std::function<RunCommand(Service&)>;
  explicit TriedSite(MakeCommands commands);
  ~TriedSite();

  // The requests that the bytes draw, one after the other. Returns when all are answered.
  void ask(std::span<const uint8_t> bytes);
  // A server that was asked nothing yet.
  void begin();
  // Whether the next ask() does so.
  bool is_worn() const;

  struct Tally {
    size_t asked = 0, granted = 0;  // granted: answered 2xx
    std::string refused;            // what was said last where it was not
  };
  // By METHOD and pattern, since the first.
  const std::map<std::string, Tally>& tallies() const { return tallies_; }

 private:
  struct Server;
  void ask(const Route& route, Draws& draws);
  void happen(uint8_t event, Draws& draws);
  MakeCommands commands_;
  std::unique_ptr<Server> server_;
  std::map<std::string, Tally> tallies_;
};

}  // namespace tessera::server

// The one place where who asks meets what is asked for: the scopes of a token and the column `needs` of a route or a
// verb. Nothing is open because something else is missing.
//
// --open-on-loopback lets in whoever sits at this machine, without a token. A proxy or a forwarder of TCP on this
// machine makes strangers look so; those that say what they are (kForwarded) end it for good, those that say nothing
// cannot be told from a user. So it is off unless asked for.
#pragma once

#include <atomic>
#include <expected>

#include "core/logging.hpp"
#include "http/http_server.hpp"
#include "privacy/scopes.hpp"
#include "server/keys.hpp"

namespace tessera::server {

struct NotLetIn {
  int status;  // 401: nobody in force; 403: who it is may not
  std::string detail;
  Remedy remedy;
};
// `caller` may not, and which scope would.
NotLetIn lacks(const privacy::Caller& caller, privacy::Needs needs);

class Doors {
 public:
  // REQUIRES: both outlive it.
  Doors(const Keys& keys, const Clock& clock) : keys_(keys), clock_(clock) {}
  // From now on, until a proxy is seen, which is a line of the log. Before anybody asks.
  void open_on_loopback(const Logger* logger);

  // Who asks, or what they are told.
  std::expected<privacy::Caller, NotLetIn> let_in(privacy::Needs needs, const http::Request& request);
  // Whether a body may be taken in for a route that needs this: told by the head alone. let_in asks again.
  bool may_send(privacy::Needs needs, const http::Sender& sender) const;

 private:
  bool is_open() const { return opened_ && !saw_proxy_; }
  void close_for_good();

  const Keys& keys_;
  const Clock& clock_;
  const Logger* logger_ = nullptr;
  bool opened_ = false;
  std::atomic<bool> saw_proxy_{false};
};

}  // namespace tessera::server

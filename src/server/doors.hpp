// The one place where who asks meets what is asked for: the scopes of a token and the column `needs` of a route or a
// verb. Nothing is open because something else is missing.
//
// --open-on-loopback lets in whoever sits at this machine, without a token. A proxy or a forwarder of TCP on this
// machine makes strangers look so; those that say what they are (kForwarded) end it for good, those that say nothing
// cannot be told from a user. So it is off unless asked for.
#pragma once

#include <array>
#include <atomic>
#include <expected>
#include <memory>

#include "core/logging.hpp"
#include "http/http_server.hpp"
#include "privacy/scopes.hpp"
#include "server/keys.hpp"

namespace tessera::server {

// Why a request is not let in. Each is a number of /metrics and a kind in the line about them, by these names.
enum class Barred : uint8_t { NoToken, NotInForce, TooOften, Scope, OtherSite };
inline constexpr std::array<std::string_view, 5> kBarredNames = {"no_token", "not_in_force", "too_often", "scope",
                                                                 "other_site"};

struct NotLetIn {
  int status;  // 401: nobody in force; 403: who it is may not
  Barred why;
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
  // An endless answer that ends when who reads it, by the head of the request, would not be let in any more: the token is
  // revoked or has come to its end. It is asked before a piece, where a key was made or
  // revoked since the last one or a second has passed. REQUIRES: the doors outlive it.
  std::shared_ptr<http::Stream> while_let_in(privacy::Needs needs, http::Request head,
                                             std::shared_ptr<http::Stream> answer);

 private:
  friend class WhileLetIn;
  bool is_open() const { return opened_ && !saw_proxy_; }
  void close_for_good();

  const Keys& keys_;
  const Clock& clock_;
  const Logger* logger_ = nullptr;
  bool opened_ = false;
  std::atomic<bool> saw_proxy_{false};
};

}  // namespace tessera::server

// Sending to other people's servers over HTTP: many requests at once, none of which may lead somewhere it should not.
// A URL that strangers or colleagues give us must not become a door into the network we run in, so what counts is the
// address that is connected to, after the name was looked up. Redirects are not followed; no proxy is used, whatever
// the environment says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera {

struct HttpRules {
  bool private_addresses = false;  // also this machine and the network inside
  bool plain_http = false;         // without TLS to others than this machine
};

// Error: what is wrong with the URL, as far as it can be said without looking up the name.
Result<void> check_url(const std::string& url, const HttpRules& rules);

struct HttpRequest {
  std::string url, body;
  std::vector<std::pair<std::string, std::string>> headers{};
  Duration timeout = kSecond * 20;  // from looking up the name to the last byte of the answer
};

struct HttpAnswer {
  int status = 0;
  std::string body{};                     // its first 64 KB
  std::optional<Duration> retry_after{};  // from that header, as seconds or as a date
};

class HttpClient {
 public:
  // Requests on the way are ended with an error.
  virtual ~HttpClient() = default;
  // Sends a POST. `done` is called once, on a thread of the client, and must not block. Error: there was no answer, or
  // the rules forbid the address. From any thread.
  virtual void post(HttpRequest request, std::function<void(Result<HttpAnswer>)> done) = 0;
};

// --- one request to a server of the user's own, whichever address it has; the caller waits

struct HttpExchange {
  std::string method = "GET", url, body;
  std::vector<std::pair<std::string, std::string>> headers{};
  Duration silence = kMinute;  // the longest without a byte of the answer
};

// An answer of status 200 is given to `take` piece by piece as it comes, which stops it by returning false; of any
// other the first 64 KB are in the answer's body. Error: there was no answer, or it broke off.
Result<HttpAnswer> exchange(const HttpExchange& request, const std::function<bool(std::string_view)>& take);

// By libcurl, on one thread of its own. More requests than `most_connections` wait for their turn.
std::unique_ptr<HttpClient> curl_client(const HttpRules& rules, long most_connections = 64);

}  // namespace tessera

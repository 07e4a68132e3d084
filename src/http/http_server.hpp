// HTTP in our own words: what a request and an answer are, and a server that turns sockets into them. RESTinio and Asio
// are behind it, in http_server.cpp alone.
//
// The idea: a handler gets a Request and a Responder, which it may answer at once or later from any thread (the
// tracking API answers when the log is on disk). A long answer is a Stream, which is asked for its next piece when the
// last one has been written: a slow reader slows its stream down and nothing is kept for it, and one that stands still
// is cut off. Framing (http_framing.hpp) looks at every byte before the parser does.
//
// Invariants: a handler is called once a request, on the one thread of the network, and must not block; a Responder
// answers once (dropped without an answer, it says 500); a connection has one request at a time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/memory.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "http/asker.hpp"
#include "http/connections.hpp"
#include "http/http_framing.hpp"

namespace tessera {
class Logger;
}

namespace tessera::http {

class Workers;

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;       // "GET"
  std::string path, query;  // as written, still percent-encoded; the query without '?'
  Headers headers;
  std::string body;   // as sent: a gzipped one is gzipped here
  std::string peer;   // address of the other end
  Network network{};  // the same, for limits
  bool is_peer_local = false;
  bool is_encrypted = false;
  std::shared_ptr<Asker> asker = std::make_shared<Asker>();  // gone within a second after the other end has closed
  std::shared_ptr<const MemoryBudget::Share> memory;         // what the body takes of the budget, while somebody has it

  // The value of the first header of that name, in any letter case; empty where there is none.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

// A long answer, piece by piece. next() and idle() are called by one thread at a time, never on the network's threads.
class Stream {
 public:
  enum class Then : uint8_t { More, Wait, End };
  struct Piece {
    std::string text;
    Then then = Then::End;
    std::shared_ptr<const std::string> shared{};  // instead of a text: what many streams are sent, held once
  };
  virtual ~Stream() = default;
  // At most about 256 KB. Wait: call again when `wake` was called, or when the stream was idle for a while.
  virtual Piece next() = 0;
  // Called once before the first next(), with what wakes the stream. Any thread may call it, also when it is over.
  virtual void on_wake(std::function<void()> /*wake*/) {}
  // What is sent every 15 s in which nothing else was, so that a reader that is gone is noticed.
  virtual std::string idle() const { return {}; }
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  Headers headers;
  std::string body;
  std::shared_ptr<Stream> stream;  // instead of a body
};
// The words of a status: "Not Found".
std::string_view reason_of(int status);

// To whoever asked for what there is no memory for now.
Response no_memory();

class Responder {
 public:
  using Send = std::function<void(Response)>;
  Responder() = default;
  explicit Responder(Send send) : send_(std::make_shared<Once>(std::move(send))) {}
  // The first call counts. Any thread. Copies are the same answer.
  void send(Response response) const;

 private:
  struct Once {
    explicit Once(Send s) : send(std::move(s)) {}
    ~Once();
    Send send;
    std::atomic<bool> is_used{false};
  };
  std::shared_ptr<Once> send_;
};

using Handler = std::function<void(Request, Responder)>;

// "127.0.0.1:8080", "[::1]:8080", ":8080" (every address), "8080", "localhost:8080".
struct Address {
  std::string host;  // a numeric address
  uint16_t port = 0;
};
Result<Address> parse_address(std::string_view text);

// What to do about a 401 or 403: how a token with these scopes is made, where nobody may ask this server for one.
// Empty: whichever.
Remedy try_token(std::string_view scopes = {});

// Why something was not taken that came by a connection. Names of metrics and of the log: they stay.
enum class Refused : uint8_t {
  Malformed,  // no HTTP, or what two readers could understand differently
  TooLarge,   // a body or a head
  NoToken,    // a body of a stranger, where a token is needed
  TooSlow,    // a head, or a body, that does not come on
  NoMemory,   // for its body
  OfOne,      // its address has as many connections as one may have
  Full,       // there are as many connections as there may be
};
inline constexpr std::string_view kRefusedNames[] = {"malformed", "too_large",      "no_token", "too_slow",
                                                     "no_memory", "of_one_address", "full"};
inline constexpr size_t kRefusals = std::size(kRefusedNames);

struct HttpSettings {
  Address address{"127.0.0.1", 8080};      // port 0: one that is free
  std::string certificate_file, key_file;  // PEM; both empty: no TLS
  ConnectionLimits connections;            // no more than files allowed - 256
  size_t streams = 1'000;                  // at most at once; beyond: 503
  Duration idle_time = kSecond * 60;       // how long a connection may be open without a request
  Duration kept_idle_time = kSecond * 2;   // the same of one that has a kept place
  Duration head_time = kSecond * 10;       // from the first byte of a head to its last
  Duration body_pause = kSecond * 20;      // of a body, in which nothing comes
  size_t slowest_body = 2 << 10;  // bytes a second, behind the first `body_pause`: what a bad telephone line has
  Duration handshake_time = kSecond * 10;  // of TLS
  Duration write_time = kSecond * 30;      // to take a piece of an answer (256 KB)
  Duration answer_time = kMinute * 30;     // for a handler to answer
  Duration stream_idle = kSecond * 15;     // see Stream::idle
  FramingLimits framing;
  MemoryBudget* memory = nullptr;  // of bodies; null: no bound. Must outlive the server, and every request
  const Logger* logger = nullptr;  // must outlive the server
};

class HttpServer {
 public:
  // Listens when it returns. Error: the address is taken or not ours, a certificate cannot be read; with a remedy.
  // Streams are read on the workers, which must outlive the server.
  static Result<std::unique_ptr<HttpServer>> start(const HttpSettings& settings, Workers& workers, Handler handler);
  // stop().
  ~HttpServer();

  uint16_t port() const;
  // Takes no new connections, ends streams, waits until what was asked is answered (at most `patience`), closes the
  // rest. Any thread but the server's own; a second call does nothing.
  void stop(Duration patience = kSecond * 10);

  struct Counts {
    uint64_t requests = 0, in_progress = 0, streams = 0;
    uint64_t refused = 0;       // for their bytes: malformed, too large, no token
    uint64_t slow_readers = 0;  // of streams, cut off
    std::array<uint64_t, kRefusals> refused_by{};
  };
  Counts counts() const;

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // also of whoever has not answered yet
};

}  // namespace tessera::http

// Where one HTTP/1.1 request ends and the next begins, decided strictly (RFC 9112) and before any parser sees a byte.
// What two readers could understand differently is refused: that is how requests are smuggled past a proxy. Bodies are
// refused by their announced size, before they are sent.
//
// The idea: a Framing stands in the stream of bytes of one connection and lets them pass (take) or says why not. It
// keeps the head of the request at hand, nothing of bodies.
//
// Stricter than RFC 9112 in this: no trailers, no transfer coding but "chunked", Content-Length at most once, bare LF
// ends nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/memory.hpp"
#include "http/connections.hpp"

namespace tessera::http {

struct BodyLimit {
  uint64_t bytes = 1 << 20;
  int status = 413;  // what a larger one is told
};

// Who is about to send a body, as far as the head says.
struct Sender {
  std::string_view method, target, authorization;  // as written; empty: none is given, or two are
  bool is_local = false;                           // on this machine
  Network network{};
};

struct FramingLimits {
  size_t head_bytes = 16 << 10;  // request line and headers
  size_t target_bytes = 8 << 10;
  size_t fields = 100;
  std::string_view modern_only = {};  // addresses that begin so are not for HTTP/1.0, which knows no chunks
  // By method and target as written.
  BodyLimit (*body)(std::string_view method, std::string_view target) = nullptr;  // null: 1 MB
  // Strangers are told 401 before their bodies are taken, whatever their size. Null: everyone may send.
  std::function<bool(const Sender&)> may_send;
  // Who may not, and has tried it too often, is told 429. Null: never too often.
  std::function<bool(const Sender&)> tries_too_often;
  // Whose memory a body is held in. Null: a stranger's.
  std::function<MemoryBudget::Rank(const Sender&)> rank;
  // What is answered on a connection that was only let in for health and management. Null: all.
  bool (*is_for_keepers)(std::string_view target) = nullptr;
};

struct Refusal {
  int status = 400;
  std::string why;
  std::string target;  // as far as known
};

class Framing {
 public:
  explicit Framing(const FramingLimits& limits) : limits_(&limits) {}
  // Before the first take().
  void set_peer(const Network& network, bool is_local) {
    network_ = network;
    is_local_ = is_local;
  }
  void set_for_keepers() { is_for_keepers_ = true; }

  // Looks at the next bytes. Gives how many of them may be passed on: all of them, or those up to the end of a request
  // (call again with the rest), or where something is wrong none (refusal() then says what, and take() must not be
  // called again).
  // A header "Upgrade" is made unknown in place: we speak no other protocol, and a parser may not think so.
  size_t take(char* bytes, size_t size);
  const std::optional<Refusal>& refusal() const { return refusal_; }
  // The request at hand asked to be told that it may send its body, and has sent none of it. True once.
  bool take_expectation();
  // What is wrong beside the bytes: no memory, no patience.
  void refuse(int status, std::string why);

  bool is_between() const { return at_ == At::Head && head_.empty() && !skipped_line_; }  // requests
  bool is_in_head() const { return at_ == At::Head && !is_between(); }
  // Of the body at hand, so far.
  uint64_t body_taken() const;
  MemoryBudget::Rank rank() const { return rank_; }

 private:
  enum class At : uint8_t { Head, Body, ChunkSize, ChunkData, ChunkEnd, LastLine };

  size_t plain_ahead(const char* bytes, size_t size) const;
  void take_head(char& byte);
  bool take_line(char byte, size_t longest);
  void take_chunk_byte(char byte);
  void begin_message();
  void read_head();
  bool read_request_line(std::string_view line);
  bool read_field(std::string_view line);
  bool read_length(std::string_view value);
  void choose_body();

  const FramingLimits* limits_;
  std::optional<Refusal> refusal_;
  At at_ = At::Head;
  std::string head_;           // of the request at hand until it is whole, then the line of a chunk
  size_t first_line_ = 0;      // bytes of the request line once it is whole
  size_t in_name_ = 0;         // letters of "upgrade" matched at the start of the line at hand; npos: none
  bool skipped_line_ = false;  // the empty line that may stand before a request
  uint64_t remaining_ = 0;     // of the body or the chunk
  uint64_t body_bytes_ = 0;    // in chunks so far
  BodyLimit body_limit_;
  // Of the head at hand:
  std::string method_, target_, authorization_;
  bool is_http10_ = false, has_length_ = false, is_chunked_ = false, expects_ = false;
  bool expectation_waits_ = false;
  bool is_local_ = false, is_for_keepers_ = false;
  Network network_{};
  MemoryBudget::Rank rank_ = MemoryBudget::Rank::Stranger;
  int hosts_ = 0, authorizations_ = 0;
  size_t fields_ = 0;
  uint64_t length_ = 0;
};

}  // namespace tessera::http

// A client that sends exactly the bytes it is told to, for tests of what no decent client sends. Reads give up after
// ten seconds, so that a server that says nothing fails a test and does not hang it.
#pragma once

#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tessera::http {

struct Answer {
  int status = 0;  // 0: none came
  std::string head, body;
  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
};

class Raw {
 public:
  explicit Raw(uint16_t port, int receive_buffer = 0) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  Raw(Raw&& other) noexcept : socket_(std::exchange(other.socket_, -1)), is_connected_(other.is_connected_) {}
  ~Raw() {
    if (socket_ >= 0) close(socket_);
  }
  bool is_connected() const { return is_connected_; }

  // False where the other end has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // Waits for more bytes; false at the end or after ten seconds.
  bool fill(int wait_ms = 10'000) {
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, wait_ms) <= 0) {
      timed_out_ = true;
      return false;
    }
    char bytes[65536];
    const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(got));
    return true;
  }
  // One whole answer (Content-Length or chunked).
  Answer answer(bool has_body = true) {
    Answer out;
    size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return out;
    out.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    out.status = std::atoi(out.head.c_str() + 9);
    if (!has_body || out.status == 100) return out;
    if (const size_t at = out.head.find("Content-Length: "); at != std::string::npos) {
      const size_t size = std::strtoul(out.head.c_str() + at + 16, nullptr, 10);
      while (buffer_.size() < size && fill()) {
      }
      out.body = buffer_.substr(0, size);
      buffer_.erase(0, size);
    } else if (out.has("chunked")) {
      while (auto piece = chunk()) out.body += *piece;
    }
    return out;
  }
  // The next chunk of a chunked body; nullopt at its end.
  std::optional<std::string> chunk() {
    size_t end;
    while ((end = buffer_.find("\r\n")) == std::string::npos)
      if (!fill()) return std::nullopt;
    const size_t size = std::strtoul(buffer_.c_str(), nullptr, 16);
    while (buffer_.size() < end + 2 + size + 2)
      if (!fill()) return std::nullopt;
    std::string out = buffer_.substr(end + 2, size);
    buffer_.erase(0, end + 2 + size + 2);
    if (size == 0) return std::nullopt;
    return out;
  }
  // Whether the other end closes (and says nothing more).
  bool is_closed() {
    while (fill()) {
    }
    return !timed_out_ && buffer_.empty();
  }

 private:
  int socket_;
  bool is_connected_ = false, timed_out_ = false;
  std::string buffer_;
};

}  // namespace tessera::http

// A server on this machine for tests of clients: takes one connection after another, reads a request and answers what
// the test says. Nothing here waits for a clock.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tessera::testing_support {

class LoopbackServer {
 public:
  // `answer` gets a request whole and gives the bytes to send; empty: nothing is sent and the connection stays open
  // until the client closes it.
  explicit LoopbackServer(std::function<std::string(const std::string&)> answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 128) != 0) std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~LoopbackServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url(const std::string& path = "/hook") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int port() const { return port_; }
  std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void run() {
    for (;;) {
      const int client = accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      serve(client);
      close(client);
    }
  }

  void serve(int client) {
    std::string request;
    char block[4096];
    while (!is_whole(request)) {
      const ssize_t got = recv(client, block, sizeof block, 0);
      if (got <= 0) return;
      request.append(block, static_cast<size_t>(got));
    }
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
    }
    const std::string answer = answer_(request);
    for (size_t sent = 0; sent < answer.size();) {
      const ssize_t step = send(client, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (step <= 0) return;
      sent += static_cast<size_t>(step);
    }
    if (answer.empty()) (void)!recv(client, block, sizeof block, 0);
  }

  static bool is_whole(const std::string& request) {
    const size_t head = request.find("\r\n\r\n"), length = request.find("Content-Length: ");
    return head != std::string::npos && length != std::string::npos &&
           request.size() >= head + 4 + std::strtoull(request.c_str() + length + 16, nullptr, 10);
  }

  std::function<std::string(const std::string&)> answer_;
  int listener_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace tessera::testing_support

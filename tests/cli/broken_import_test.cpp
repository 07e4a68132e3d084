// A client that breaks off in the middle of an import into a running server: what had arrived whole is in, nothing is
// said of the rest, and the same command again makes it whole, each row once.
#include <atomic>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

// Between a client and a server: one connection at a time, until so many bytes went to the server; then nobody is
// heard any more.
class Cut {
 public:
  Cut(uint16_t to, size_t bytes) : to_(to), left_(bytes), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at = address(0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    socklen_t size = sizeof at;
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    EXPECT_EQ(::listen(listener_, 8), 0);
    thread_ = std::thread([this] { run(); });
  }
  ~Cut() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  uint16_t port() const { return port_; }
  bool is_cut() const { return is_cut_; }

 private:
  static sockaddr_in address(uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
  }
  void run() {
    for (int client; !is_cut_ && (client = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      const int server = ::socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in at = address(to_);
      if (::connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) carry(client, server);
      ::close(client);
      ::close(server);
    }
    ::shutdown(listener_, SHUT_RDWR);
  }
  void carry(int client, int server) {
    std::string piece(64 << 10, '\0');
    for (;;) {
      pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(both, 2, 60'000) <= 0) return;
      for (const auto& [from, to] : {std::pair(0, server), std::pair(1, client)}) {
        if (!both[from].revents) continue;
        const ssize_t size =
            ::read(both[from].fd, piece.data(), from == 0 ? std::min(left_, piece.size()) : piece.size());
        if (size <= 0) return;
        for (ssize_t done = 0; done < size;) {
          const ssize_t sent = ::send(to, piece.data() + done, static_cast<size_t>(size - done), MSG_NOSIGNAL);
          if (sent <= 0) return;
          done += sent;
        }
        if (from == 0 && (left_ -= static_cast<size_t>(size)) == 0) {
          is_cut_ = true;
          return;
        }
      }
    }
  }

  uint16_t to_, port_ = 0;
  size_t left_;
  int listener_;
  std::atomic<bool> is_cut_{false};
  std::thread thread_;
};

constexpr int kRows = 40'000, kCustomers = 500;

std::string orders() {
  std::string out = "customer,time,item,price\n";
  for (int i = 0; i < kRows; ++i)
    out += fmt::format("c{},2024-01-{:02}T{:02}:{:02}:{:02},{:0>180},{}\n", i % kCustomers, 1 + i % 28, i % 24, i % 60,
                       i / 24 % 60, i, 1 + i % 90);
  return out;
}

int64_t number(const Ran& ran) {
  EXPECT_EQ(ran.code, 0) << ran.err;
  return std::atoll(ran.out.substr(ran.out.find('\n') + 1).c_str());
}

TEST(BrokenImport, TheSameCommandAgainMakesItWhole) {
  const Workplace work;
  work.write("orders.csv", orders());
  work.write("s.tsl", "segment \"Buyers\" = did \"Order Completed\"\n");
  const std::string import = "import orders.csv --preset transactions --zone UTC";
  ASSERT_EQ(work.sh("tessera --store file.duckdb " + import).code, 0);
  Serving server(work.path("live.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string there = fmt::format("tessera --store http://127.0.0.1:{} ", server.port());
  ASSERT_EQ(work.sh(there + "segments apply s.tsl").code, 0);
  int64_t before = 0;
  // In the second piece, in the third, and in the first of the rest.
  for (const size_t bytes : {size_t{6'000'000}, size_t{9'000'000}, size_t{3'000'000}}) {
    SCOPED_TRACE(bytes);
    Cut cut(server.port(), bytes);
    const Ran broken = work.sh(fmt::format("tessera --store http://127.0.0.1:{} {}", cut.port(), import));
    ASSERT_TRUE(cut.is_cut());
    EXPECT_EQ(broken.code, 1);
    EXPECT_EQ(broken.out, "");
    EXPECT_NE(broken.err.find("http://127.0.0.1"), std::string::npos) << broken.err;
    EXPECT_EQ(server.ask("GET", "/api/v1/imports").body, R"({"imports":[]})");
    const int64_t now = number(work.sh(there + "--format csv sql 'SELECT count(*) FROM order_completed'"));
    EXPECT_GE(now, before);
    EXPECT_LT(now, kRows);
    before = now;
  }
  EXPECT_GT(before, 0);
  const Ran whole = work.sh(there + import);
  ASSERT_EQ(whole.code, 0) << whole.err;
  const auto rows_of = [&](const std::string& program) {
    return work.sh(program + "--format csv sql 'SELECT * EXCLUDE (seq) FROM v_order_completed ORDER BY ALL'").out;
  };
  EXPECT_EQ(rows_of(there), rows_of("tessera --store file.duckdb "));
  const auto imports = parse_json(server.ask("GET", "/api/v1/imports").body);
  ASSERT_TRUE(imports);
  ASSERT_EQ(imports->find("imports")->as_array()->size(), 1u) << imports->dump();
  const Json* detail = imports->find("imports")->as_array()->at(0).find("detail");
  EXPECT_EQ(detail->find("stored")->number_or(0), static_cast<double>(kRows - before)) << detail->dump();
  // Everyone entered, and once.
  const auto members = parse_json(server.ask("GET", "/api/v1/segments/buyers/members").body);
  ASSERT_TRUE(members);
  EXPECT_EQ(members->find("members")->as_array()->size(), static_cast<size_t>(kCustomers));
  const auto changes = parse_json(server.ask("GET", "/api/v1/changes?limit=10000").body);
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->find("changes")->as_array()->size(), static_cast<size_t>(kCustomers));
  // And after a kill.
  server.kill();
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string again = fmt::format("tessera --store http://127.0.0.1:{} ", server.port());
  EXPECT_EQ(number(work.sh(again + "--format csv sql 'SELECT count(*) FROM order_completed'")), kRows);
}

}  // namespace
}  // namespace tessera::cli

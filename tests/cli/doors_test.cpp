// What a stranger may do at the doors of the real binary: nothing of the management without a token, nothing beyond its
// scopes with one, and nothing of the files on its disk.
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.hpp"
#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNobody = "Authorization: none\r\n";

std::string bearer_of(std::string_view token) {
  return fmt::format("Authorization: Bearer {}\r\n", token);
}

http::Answer ask(uint16_t port, std::string_view method, std::string_view target, std::string_view headers,
                 std::string_view body = {}) {
  http::Raw raw(port);
  if (!raw.send(request(method, target, body, headers))) return {};
  return raw.answer();
}

std::string mode_of(const fs::path& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return "absent";
  return fmt::format("{:o}", status.st_mode & 0777U);
}

// Passes bytes on, as socat, stunnel or ssh -R do: it says nothing of whom it speaks for. One connection at a time.
class Forwarder {
 public:
  explicit Forwarder(uint16_t to) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 8) != 0) std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, to] {
      for (int client; (client = accept(listener_, nullptr, nullptr)) >= 0;) pass_on(client, to);
    });
  }
  ~Forwarder() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  uint16_t port() const { return port_; }

 private:
  static void pass_on(int client, uint16_t to) {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(to), .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      for (bool is_open = true; is_open && poll(ends, 2, 10'000) > 0;)
        for (int end = 0; end < 2 && is_open; ++end) {
          if (ends[end].revents == 0) continue;
          char bytes[4096];
          const ssize_t got = read(ends[end].fd, bytes, sizeof bytes);
          is_open = got > 0 && write(ends[1 - end].fd, bytes, static_cast<size_t>(got)) == got;
        }
    }
    close(server);
    close(client);
  }

  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

// The finding: nginx and TCP forwarders on the same machine send `Host: 127.0.0.1` and say nothing of the client, and
// anybody was given an admin token.
TEST(Doors, ASilentForwarderOpensNothing) {
  const Workplace work;
  Serving server(work.path("r.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const Forwarder forwarder(server.port());
  for (const uint16_t port : {forwarder.port(), server.port()})
    for (const char* const target : {"/api/v1/tokens", "/api/v1/sources", "/api/v1/commands", "/api/v1/webhooks"}) {
      EXPECT_EQ(ask(port, "POST", target, kNobody, "{}").status, 401) << target;
      EXPECT_EQ(ask(port, "GET", target, kNobody).status, target == std::string("/api/v1/commands") ? 405 : 401);
    }
  EXPECT_EQ(ask(forwarder.port(), "GET", "/api/v1/segments", bearer_of(server.token())).status, 200);
}

TEST(Doors, TheFirstStartMakesATokenAndLaterOnesDoNot) {
  const Workplace work;
  Serving server(work.path("r.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string token = server.token();
  EXPECT_TRUE(token.starts_with("tsk_")) << token;
  EXPECT_EQ(work.read("r.duckdb.token"), token + "\n");
  EXPECT_EQ(mode_of(work.path("r.duckdb.token")), "600");
  // The last one is taken back: nobody is let in, by this server and by the next.
  ASSERT_EQ(server.ask("DELETE", "/api/v1/keys/" + token).status, 200);
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(ask(server.port(), "GET", "/api/v1/segments", kNobody).status, 401);
    EXPECT_EQ(ask(server.port(), "POST", "/api/v1/tokens", kNobody).status, 401);
    EXPECT_EQ(ask(server.port(), "GET", "/api/v1/segments", bearer_of(token)).status, 401);
    if (start > 0) break;
    ASSERT_EQ(server.stop(), 0);
    fs::remove(work.path("r.duckdb.token"));
    server.start();
    ASSERT_TRUE(server.is_up()) << server.errors();
    EXPECT_FALSE(fs::exists(work.path("r.duckdb.token")));
  }
  // Whoever has the file of the stopped record makes the next.
  ASSERT_EQ(server.stop(), 0);
  const Ran made = work.sh("tessera --store r.duckdb tokens make --name admin --scopes admin");
  ASSERT_EQ(made.code, 0) << made.err;
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(ask(server.port(), "GET", "/api/v1/segments", bearer_of(made.out.substr(0, made.out.find('\n')))).status,
            200);
}

TEST(Doors, OpenOnLoopbackIsAskedForAndEndsWithTheFirstProxy) {
  const Workplace work;
  Serving server(work.path("r.duckdb"));
  server.start({"--open-on-loopback"});
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(server.token(), "");
  EXPECT_FALSE(fs::exists(work.path("r.duckdb.token")));
  EXPECT_EQ(ask(server.port(), "GET", "/api/v1/segments", kNobody).status, 200);
  // A call of the tracking API shows the proxy too.
  ask(server.port(), "POST", "/v1/track?writeKey=x", "X-Forwarded-For: 203.0.113.7\r\n", "{}");
  EXPECT_EQ(ask(server.port(), "GET", "/api/v1/segments", kNobody).status, 401);
  EXPECT_NE(server.errors().find("closed to requests without a token"), std::string::npos) << server.errors();
  EXPECT_EQ(server.stop(), 0);
  // It is for this machine alone.
  for (const char* const address : {"0.0.0.0:0", ":0", "[::]:0"})
    EXPECT_EQ(work.sh(fmt::format("tessera --store r.duckdb serve --open-on-loopback --listen '{}'", address)).code, 2)
        << address;
}

// Each verb and each option of the table by a token of every scope: what it may not is refused before it is run.
TEST(Doors, AVerbNeedsWhatItsRowSays) {
  const Workplace work;
  std::vector<std::pair<privacy::Scopes, std::string>> tokens;
  for (const privacy::ScopeRow& row : privacy::scope_rows()) {
    const std::string scope = row.scope == privacy::Scope::Source ? "source:web" : std::string(row.name);
    const Ran made =
        work.sh(fmt::format("tessera --store r.duckdb tokens make --name t{} --scopes {}", tokens.size(), scope));
    ASSERT_EQ(made.code, 0) << made.err;
    tokens.emplace_back(*privacy::Scopes::parse(scope), made.out.substr(0, made.out.find('\n')));
  }
  Serving server(work.path("r.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  size_t refused = 0;
  for (const Command& command : commands()) {
    if (command.remote != Remote::There) continue;
    // With what must be given: it fails then, or does nothing, unless it is refused.
    Json words = Json::array();
    std::string path(command.path);
    for (size_t at = 0; at < path.size();
         at = path.find(' ', at) == std::string::npos ? path.size() : path.find(' ', at) + 1)
      words.add(path.substr(at, path.find(' ', at) - at));
    for (const Option& option : command.options) {
      if (!option.required) continue;
      if (option.name.starts_with("--")) words.add(std::string(option.name));
      words.add("absent");
    }
    const std::string body = Json::object().set("words", std::move(words)).dump();
    for (const auto& [may, secret] : tokens) {
      if (command.path == "backup" || may.covers(command.needs)) continue;
      const http::Answer said = ask(server.port(), "POST", "/api/v1/commands", bearer_of(secret), body);
      EXPECT_NE(said.body.find(fmt::format("needs a token with the scope '{}'", privacy::name_of(command.needs))),
                std::string::npos)
          << may.text() << ": " << said.body;
      EXPECT_EQ(said.body.find("out "), std::string::npos) << said.body;
      ++refused;
    }
  }
  EXPECT_GT(refused, 60U);
}

TEST(Doors, ASourcesTokenHasThatSourcesKeysAlone) {
  const Workplace work;
  const Ran web = work.sh("tessera --store r.duckdb keys add web"),
            other = work.sh("tessera --store r.duckdb keys add shop");
  const Ran made = work.sh("tessera --store r.duckdb tokens make --name web --scopes source:web");
  ASSERT_EQ(made.code, 0) << made.err;
  ASSERT_EQ(work.sh("tessera --store r.duckdb tokens make --name admin --scopes admin").code, 0);
  Serving server(work.path("r.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string token = made.out.substr(0, made.out.find('\n'));
  const auto sh = [&](std::string_view words) {
    return work.sh(fmt::format("tessera --store http://127.0.0.1:{} --token {} {}", server.port(), token, words));
  };
  const auto first_line = [](const Ran& ran) { return ran.out.substr(0, ran.out.find('\n')); };
  EXPECT_NE(sh("keys list").out.find(first_line(web)), std::string::npos);
  EXPECT_EQ(sh("keys list").out.find(first_line(other)), std::string::npos);
  EXPECT_EQ(sh("keys list").out.find("sha256:"), std::string::npos);
  EXPECT_EQ(sh("keys add web").code, 0);
  EXPECT_EQ(sh("keys add shop").code, 2);
  EXPECT_EQ(sh("keys add --admin").code, 2);
  EXPECT_EQ(sh("keys revoke " + first_line(other)).code, 2);
  EXPECT_EQ(sh("keys revoke admin").code, 2);  // a token, by its name
  EXPECT_EQ(sh("keys revoke " + first_line(web)).code, 0);
  EXPECT_EQ(sh("segments list").code, 2);
}

// --- files

// The finding: record and .wal were 0644 under the usual umask.
TEST(Doors, FilesAreTheirOwnersWhateverTheUmask) {
  const Workplace work;
  ASSERT_EQ(work.sh("umask 000; tessera simulate --customers 300 --segments 4 --preset shop --seed 7 --out shop").code,
            0);
  for (const std::string_view line :
       {"import shop/events.jsonl --preset segment", "discover --out report --no-keep",
        "--format csv sql 'SELECT 1' > /dev/null", "backup copy.duckdb",
        "export -e 'at least 1 any event' --out list.csv", "letter --since 2026-01-01 --out letter"})
    ASSERT_EQ(work.sh(fmt::format("umask 000; tessera --store r.duckdb {}", line)).code, 0) << line;
  // As an earlier version made them.
  ASSERT_EQ(work.sh("chmod 644 r.duckdb").code, 0);
  Serving server(work.path("r.duckdb"));
  server.start({"--log-file", work.path("lines.log").string()});
  ASSERT_TRUE(server.is_up()) << server.errors();
  server.ask("POST", "/v1/track?writeKey=" + server.key(), R"({"userId":"ann","event":"X"})");
  server.kill();
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(work.path(""))) {
    const std::string name = entry.path().filename().string();
    const bool is_of_the_test = name == "command.sh" || name == "stdout" || name == "stderr";
    if (is_of_the_test) continue;
    EXPECT_EQ(mode_of(entry.path()), entry.is_directory() ? "700" : "600") << entry.path();
    ++files;
  }
  EXPECT_GT(files, 10U);
  EXPECT_EQ(mode_of(work.path("r.duckdb.wal")), "600");
}

// --- CSV

// The finding: ids come from whoever has the public key, and a spreadsheet runs what begins so.
TEST(Doors, WhatASpreadsheetWouldRunIsDefusedInEveryCsv) {
  const Workplace work;
  const std::vector<std::string> ids = {"+cmd|calc",
                                        R"(=HYPERLINK("http://evil","x"))",
                                        "-2+3+cmd|' /C calc'!A0",
                                        "@SUM(1)",
                                        "\tx",
                                        " =1+1",
                                        "\xef\xbc\x9d"
                                        "1+1",
                                        "'=1"};
  std::string calls;
  for (const std::string& id : ids)
    calls += Json::object()
                 .set("type", "track")
                 .set("userId", id)
                 .set("event", "X")
                 .set("timestamp", "2026-01-05T10:00:00Z")
                 .set("properties", Json::object().set("note", id))
                 .dump() +
             "\n";
  work.write("calls.jsonl", calls);
  work.write("my.tsl", "segment \"All\" = did \"X\"\n");
  ASSERT_EQ(work.sh("tessera --store r.duckdb import calls.jsonl --preset segment").code, 0);
  ASSERT_EQ(work.sh("tessera --store r.duckdb segments apply my.tsl").code, 0);
  const Ran known = work.sh("tessera --store r.duckdb --format json segments members All");
  std::string texts = work.sh("tessera --store r.duckdb export All").out +
                      work.sh("tessera --store r.duckdb --format csv sql 'SELECT * FROM v_x'").out +
                      work.sh("tessera --store r.duckdb --format csv rejects").out;
  const Ran raw = work.sh("tessera --store r.duckdb export All --raw");
  EXPECT_NE(raw.out.find("\n+cmd|calc\n"), std::string::npos) << raw.out;
  Serving server(work.path("r.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string members = server.ask("GET", "/api/v1/segments/all/members?format=csv").body;
  EXPECT_NE(members.find("'+cmd|calc"), std::string::npos) << members;
  texts += members;
  const std::string given = server.ask("GET", "/api/v1/segments/all/members?format=csv&raw").body;
  EXPECT_NE(given.find("\n+cmd|calc\r\n"), std::string::npos) << given;
  // No cell of any line begins so.
  for (size_t at = 0; at < texts.size(); ++at) {
    const bool begins = at == 0 || texts[at - 1] == '\n' || texts[at - 1] == ',';
    if (!begins) continue;
    const char first = texts[at] == '"' && at + 1 < texts.size() ? texts[at + 1] : texts[at];
    EXPECT_EQ(std::string_view("=+@\t").find(first), std::string_view::npos) << texts.substr(at, 40);
  }
  EXPECT_EQ(known.code, 0);
}

}  // namespace
}  // namespace tessera::cli

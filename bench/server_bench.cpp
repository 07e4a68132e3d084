// The whole server as a client sees it: `tessera serve` on one core, the load on the other.
//
// Throughput: events a second that are on disk when they are answered, in batches of 100 and one by one, and what they
// cost the server. Latency: events sent on a schedule that waits for nobody, each of which makes one change;
// measured from its last byte sent to its change read from the feed, an event that had to wait for a free connection
// from when it was due. Start and memory: from a record with events of many customers.
//
// Streams: how long a batch takes to be answered while hundreds read the feed, or have it open and take nothing of it.
//
// There is no peer that does the same; the disk's own pace (an fdatasync of 4 KB after the other) is printed beside it.
// --smoke: small. --million N: the events of the record to start from. --part throughput|latency|streams|start: only that;
// --rate N: only that many events a second; --seconds N: of each rate; --deaf N: only that many streams, beside none.
// TESSERA_PROGRAM in the environment: another program that is served, so that two are asked in the same way.
#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/served.hpp"
#include "bench/shop.hpp"

namespace {

using namespace tessera;
using namespace tessera::bench;

// Connections that each send a request, read its answer and are free again.
class Load {
 public:
  Load(uint16_t port, size_t connections) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (size_t c = 0; c < connections; ++c) {
      connections_.push_back({.fd = connect_to(port)});
      epoll_event event{.events = EPOLLIN, .data = {.u64 = c}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[c].fd, &event);
      free_.push_back(c);
    }
  }
  ~Load() {
    for (const auto& each : connections_) close(each.fd);
    close(epoll_);
  }
  bool has_free() const { return !free_.empty(); }
  size_t busy() const { return connections_.size() - free_.size(); }
  int epoll() const { return epoll_; }

  void send(std::string_view request) {
    Connection& to = connections_[free_.front()];
    free_.pop_front();
    while (!request.empty()) {
      const ssize_t sent = ::send(to.fd, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) {
        pollfd ready{to.fd, POLLOUT, 0};
        poll(&ready, 1, 1000);
        continue;
      }
      if (sent <= 0) return fail();
      request.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // Reads what there is; waits at most so long for it.
  void read_answers(int wait_ms) {
    epoll_event events[256];
    const int count = epoll_wait(epoll_, events, 256, wait_ms);
    for (int e = 0; e < count; ++e) {
      Connection& from = connections_[events[e].data.u64];
      char bytes[4096];
      const ssize_t got = ::recv(from.fd, bytes, sizeof bytes, 0);
      if (got <= 0) return fail();
      from.answer.append(bytes, static_cast<size_t>(got));
      const size_t head = from.answer.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const size_t length = from.answer.find("Content-Length: ");
      const size_t body = length < head ? std::strtoul(from.answer.c_str() + length + 16, nullptr, 10) : 0;
      if (from.answer.size() < head + 4 + body) continue;
      from.answer.starts_with("HTTP/1.1 200") ? ++taken : ++refused;
      from.answer.clear();
      free_.push_back(events[e].data.u64);
    }
  }

  uint64_t taken = 0, refused = 0;

 private:
  struct Connection {
    int fd;
    std::string answer = {};
  };
  void fail() {
    fmt::print(stderr, "a connection ended\n");
    std::exit(1);
  }
  int epoll_;
  std::vector<Connection> connections_;
  std::deque<size_t> free_;
};

std::string definitions(size_t segments) {
  return fmt::format("segment \"Arrived\" = did \"Signed Up\"\n{}", definitions_text(segments - 1));
}

std::string event_of(uint64_t number, uint64_t customers) {
  const uint64_t mixed = number * 0x9E3779B97F4A7C15ULL >> 16;
  const std::string_view event = kEvents[mixed % 4];
  return fmt::format(
      R"({{"type":"track","messageId":"m-{}","userId":"customer-{}","event":"{}","properties":{{"category":"{}","total":{}.50}},"context":{{"library":{{"name":"bench","version":"1"}}}}}})",
      number, mixed / 4 % customers, event, kCategories[mixed / 64 % 8], mixed / 512 % 90);
}

// The pace of the disk: how long 4 KB take to be there, one after the other.
double sync_ms(const std::string& folder) {
  const std::string path = folder + "/sync";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  std::vector<double> took;
  for (int i = 0; i < 200; ++i) {
    const auto start = Clock::now();
    if (write(fd, page.data(), page.size()) < 0 || fdatasync(fd) != 0) std::exit(1);
    took.push_back(seconds_since(start) * 1000);
  }
  close(fd);
  std::ranges::sort(took);
  return took[took.size() / 2];
}

void throughput(Server& server, bool smoke) {
  Table table(
      {"sent", "connections", "answered/s", "in the segments/s", "server CPU microseconds an event", "refused"});
  for (const size_t batch : {size_t{100}, size_t{1}}) {
    const size_t events = smoke ? 20'000 : batch == 1 ? 200'000 : 1'000'000, connections = batch == 1 ? 512 : 64;
    std::vector<std::string> requests;
    static uint64_t number = 0;
    for (size_t done = 0; done < events; done += batch) {
      std::string body = batch == 1 ? event_of(number++, 200'000) : std::string("{\"batch\":[");
      for (size_t i = 0; batch > 1 && i < batch; ++i) body += (i ? "," : "") + event_of(number++, 200'000);
      if (batch > 1) body += "]}";
      requests.push_back(post(batch == 1 ? "/v1/track" : "/v1/batch", server.key, body));
    }
    Load load(server.port, connections);
    const double cpu = server.cpu();
    const auto start = Clock::now();
    for (size_t next = 0; load.taken + load.refused < requests.size();) {
      while (next < requests.size() && load.has_free()) load.send(requests[next++]);
      load.read_answers(1000);
    }
    const double took = seconds_since(start);
    while (!is_applied(server)) poll(nullptr, 0, 5);
    const double all = seconds_since(start);
    table.add({batch == 1 ? "one by one" : fmt::format("batches of {}", batch), fmt::format("{}", connections),
               fmt::format("{:.0f}", static_cast<double>(load.taken * batch) / took),
               fmt::format("{:.0f}", static_cast<double>(load.taken * batch) / all),
               fmt::format("{:.1f}", (server.cpu() - cpu) * 1e6 / static_cast<double>(load.taken * batch)),
               fmt::format("{}", load.refused)});
  }
  table.print(
      "Events a second over HTTP, on disk when answered; 100 segments; one core for the server, one for the load");
}

struct Rate {
  size_t events, batch;  // a second; in one request
};

void latency(Server& server, double seconds, const std::vector<Rate>& rates) {
  Table table({"events/s", "in a request", "p50 ms", "p99 ms", "p99.9 ms", "longest ms", "server core %", "refused"});
  static uint64_t number = 0;
  for (const auto& [rate, batch] : rates) {
    // The first seconds make tables and connections, and are not counted.
    const size_t events = static_cast<size_t>(static_cast<double>(rate) * seconds) / 10 * 10,
                 warm = std::min(events / 2, 3 * rate), first = number;
    number += events;
    Load load(server.port, 1024);
    const int feed = connect_to(server.port);
    const std::string wanted =
        "GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + server.bearer + "\r\n";
    if (write(feed, wanted.data(), wanted.size()) < 0) std::exit(1);
    pollfd ready{feed, POLLIN, 0};
    poll(&ready, 1, 5000);
    std::vector<std::string> requests;
    for (size_t done = 0; done < events; done += batch) {
      std::string body = "{\"batch\":[";
      for (size_t i = done; i < done + batch; ++i)
        body += fmt::format(
            R"({0}{{"type":"track","messageId":"l-{1}","userId":"arrives-{1}","event":"Signed Up","properties":{{"plan":"free"}}}})",
            i == done ? "" : ",", first + i);
      requests.push_back(post("/v1/batch", server.key, body + "]}"));
    }
    std::vector<double> due(events), seen(events, -1);
    size_t next = 0, arrived = 0;
    std::string text;
    const double cpu = server.cpu();
    const auto start = Clock::now();
    while (arrived < events && seconds_since(start) < static_cast<double>(events) / static_cast<double>(rate) + 30) {
      const auto due_at = [&] { return static_cast<double>(next) / static_cast<double>(rate); };
      while (next < events && load.has_free() && seconds_since(start) >= due_at()) {
        const double late = due_at();
        load.send(requests[next / batch]);
        // On time: from its last byte. Late, because no connection was free: from when it was due.
        const double sent = load.has_free() ? seconds_since(start) : late;
        for (size_t i = 0; i < batch; ++i) due[next++] = sent;
      }
      load.read_answers(0);
      char bytes[1 << 16];
      const ssize_t got = recv(feed, bytes, sizeof bytes, 0);
      if (got == 0) break;
      if (got < 0) continue;
      const double now = seconds_since(start);
      text.append(bytes, static_cast<size_t>(got));
      constexpr std::string_view kName = "\"customer\":\"arrives-";
      size_t at = 0;
      for (size_t found; (found = text.find(kName, at)) != std::string::npos;) {
        const size_t end = text.find('"', found + kName.size());
        if (end == std::string::npos) break;
        const size_t event = std::strtoull(text.c_str() + found + kName.size(), nullptr, 10) - first;
        at = end;
        if (event < events && seen[event] < 0) {
          seen[event] = now;
          ++arrived;
        }
      }
      text.erase(0, std::max(at, text.size() > 64 ? text.size() - 64 : 0));
    }
    const double took = seconds_since(start);
    close(feed);
    if (arrived < events) {
      fmt::print(stderr, "of {} events {} made their change\n", events, arrived);
      std::exit(1);
    }
    std::vector<double> ms;
    for (size_t i = warm; i < events; ++i) ms.push_back((seen[i] - due[i]) * 1000);
    std::ranges::sort(ms);
    const auto at = [&](double share) { return ms[static_cast<size_t>(share * static_cast<double>(ms.size() - 1))]; };
    table.add({fmt::format("{}", rate), fmt::format("{}", batch), fmt::format("{:.1f}", at(0.5)),
               fmt::format("{:.1f}", at(0.99)), fmt::format("{:.1f}", at(0.999)), fmt::format("{:.1f}", ms.back()),
               fmt::format("{:.0f}", (server.cpu() - cpu) * 100 / took), fmt::format("{}", load.refused)});
  }
  table.print("From the last byte sent to the change in the feed; 100 segments; one core for the server");
}

// Has the feed open. Deaf: takes nothing of it.
class Readers {
 public:
  static constexpr int kPatienceMs = 60'000;  // for the last of them to be let in

  Readers(const Server& server, size_t count, bool is_deaf) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    const std::string wanted =
        "GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + server.bearer + "\r\n";
    for (size_t r = 0; r < count; ++r) {
      const int fd = sockets_.emplace_back(connect_to(server.port));
      if (write(fd, wanted.data(), wanted.size()) < 0) std::exit(1);
    }
    for (const int fd : sockets_) {
      pollfd ready{fd, POLLIN, 0};
      poll(&ready, 1, kPatienceMs);
      char head[16] = {};
      if (recv(fd, head, sizeof head, MSG_PEEK) < 12 || std::string_view(head + 9, 3) != "200") {
        fmt::print(stderr, "a stream was not begun\n");
        std::exit(1);
      }
      epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
      if (!is_deaf) epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
  }
  ~Readers() {
    for (const int fd : sockets_) close(fd);
    close(epoll_);
  }
  void take() const {
    epoll_event events[256];
    static char bytes[1 << 16];
    const int count = epoll_wait(epoll_, events, 256, 0);
    for (int e = 0; e < count; ++e) (void)recv(events[e].data.fd, bytes, sizeof bytes, 0);
  }

 private:
  int epoll_;
  std::vector<int> sockets_;
};

struct Audience {
  size_t reading, deaf;
};

void streams(Server& server, bool smoke, const std::vector<Audience>& audiences) {
  Table table({"reading", "deaf", "batches", "p50 ms", "p99 ms", "beside none", "server MB"});
  static uint64_t number = 0;
  double alone = 0;
  for (auto [reading, deaf] : audiences) {
    if (smoke) reading /= 10, deaf /= 10;
    const Readers readers(server, reading, false), others(server, deaf, true);
    Load load(server.port, 1);
    std::vector<double> ms;
    for (size_t batch = 0; batch < (smoke ? size_t{20} : size_t{300}); ++batch) {
      std::string body = "{\"batch\":[";
      for (size_t i = 0; i < 100; ++i, ++number)
        body += fmt::format(
            R"({0}{{"type":"track","messageId":"s-{1}","userId":"comes-{1}","event":"Signed Up","properties":{{"plan":"free"}}}})",
            i == 0 ? "" : ",", number);
      const std::string request = post("/v1/batch", server.key, body + "]}");
      const auto start = Clock::now();
      load.send(request);
      for (const uint64_t before = load.taken + load.refused; load.taken + load.refused == before;)
        load.read_answers(0);
      ms.push_back(seconds_since(start) * 1000);
      readers.take();
    }
    if (load.refused > 0) fmt::print(stderr, "{} batches refused\n", load.refused);
    std::ranges::sort(ms);
    const double p50 = ms[ms.size() / 2];
    if (alone == 0) alone = p50;
    table.add({fmt::format("{}", reading), fmt::format("{}", deaf), fmt::format("{}", ms.size()),
               fmt::format("{:.2f}", p50), fmt::format("{:.2f}", ms[ms.size() * 99 / 100]),
               fmt::format("{:.2f}", p50 / alone), fmt::format("{:.0f}", server.resident() / 1e6)});
    while (!is_applied(server)) poll(nullptr, 0, 5);
  }
  table.print(
      "A batch of 100 events, each of which makes a change, one batch after the other; one core for the server");
}

void start(const std::string& folder, double million) {
  const size_t customers = static_cast<size_t>(million * 1e6 / 20);
  const std::string store = folder + "/start.duckdb", quiet = " >/dev/null 2>&1";
  run(fmt::format("{} simulate --customers {} --events-per-customer 20 --out {}/sim{}", program(), customers, folder,
                  quiet));
  run(fmt::format("{} --store {} import {}/sim/events.jsonl{}", program(), store, folder, quiet));
  std::filesystem::remove_all(folder + "/sim");
  std::ofstream(folder + "/start.tsl") << definitions(100);
  run(fmt::format("{} --store {} segments apply {}/start.tsl{}", program(), store, folder, quiet));
  Server server(store, std::nullopt);
  const Json status = engine_status(server);
  const auto number = [&](const char* name) { return number_of(status, name); };
  Table table({"million events", "identifiers", "facts in memory", "ready after s", "resident MiB", "bytes a fact"});
  table.add({fmt::format("{:g}", million), fmt::format("{:.0f}", number("identifiers")),
             fmt::format("{:.0f}", number("facts_in_memory")), fmt::format("{:.1f}", server.started_after),
             fmt::format("{:.0f}", server.resident() / (1 << 20)),
             fmt::format("{:.0f}", server.resident() / std::max(1.0, number("facts_in_memory")))});
  table.print("Start from a record, 100 segments, both cores");
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  const auto value_of = [&](std::string_view name) -> std::optional<std::string> {
    for (size_t i = 0; i + 1 < options.rest.size(); ++i)
      if (options.rest[i] == name) return options.rest[i + 1];
    return std::nullopt;
  };
  const std::string part = value_of("--part").value_or("");
  std::vector<Rate> rates{{1'000, 1}, {5'000, 1}, {20'000, 10}, {20'000, 1}};
  if (const auto rate = value_of("--rate")) rates = {{std::stoul(*rate), 1}};
  const double seconds = std::stod(value_of("--seconds").value_or(options.smoke ? "1" : "15"));
  const double million = std::stod(value_of("--million").value_or(options.smoke ? "0.05" : "20"));
  std::string folder = (std::filesystem::temp_directory_path() / "tessera-server-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) return 1;
  if (part != "start") {
    Server server(folder + "/r.duckdb", 0);
    pin(1);
    const std::string text = definitions(100);
    const std::string answer = ask(server.port, manage(server, "PUT", "/api/v1/segments", text));
    if (!answer.starts_with("HTTP/1.1 200")) {
      fmt::print(stderr, "{}\n", answer);
      return 1;
    }
    fmt::print("The disk: 4 KB are there after {:.1f} ms (median).\n\n", sync_ms(folder));
    std::vector<Audience> audiences{{0, 0}, {100, 0}, {0, 500}, {500, 500}, {0, 0}};
    if (const auto deaf = value_of("--deaf")) audiences = {{0, 0}, {0, std::stoul(*deaf)}, {0, 0}};
    if (part.empty() || part == "streams") streams(server, options.smoke, audiences);
    if (part.empty() || part == "latency") latency(server, seconds, rates);
    if (part.empty() || part == "throughput") throughput(server, options.smoke);
  }
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
  sched_setaffinity(0, sizeof all, &all);
  if (part.empty() || part == "start") start(folder, million);
  std::filesystem::remove_all(folder);
  return 0;
}

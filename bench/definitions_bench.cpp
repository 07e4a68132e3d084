// Many definitions and a long history of them: what one more costs, how fast facts go into 10,000 segments, and how much
// later a server is ready with all of them and 1,000 edits behind them than with none.
//
// Over HTTP, with the server on one core and the load on the other; starts have both. --smoke: small. --segments N.
#include <algorithm>
#include <filesystem>

#include <poll.h>
#include <unistd.h>

#include "bench/served.hpp"
#include "bench/shop.hpp"

namespace {

using namespace tessera;
using namespace tessera::bench;

constexpr size_t kInText = 1'000;  // segments that are applied by one request
constexpr double kFloor = 10;      // seconds that the start may be later

struct Sizes {
  size_t segments, edits, customers, facts, more;
};

double bring_in(const Server& server, const std::string& text) {
  const auto begun = Clock::now();
  const std::string answer = ask(server.port, manage(server, "PUT", "/api/v1/segments", text));
  if (!answer.starts_with("HTTP/1.1 200")) {
    fmt::print(stderr, "{}\n", answer.substr(0, 2'000));
    std::exit(1);
  }
  return seconds_since(begun);
}

// Those of definitions_text(to) behind its first `from`.
std::string texts_between(const std::string& all, size_t from, size_t to) {
  size_t begin = 0, line = 0;
  const auto skip_to = [&](size_t wanted) {
    size_t at = begin;
    for (; line < wanted; ++line) at = all.find('\n', at) + 1;
    return at;
  };
  begin = skip_to(from);
  return all.substr(begin, skip_to(to) - begin);
}

double at(std::vector<double> all, double share) {
  std::ranges::sort(all);
  return all[static_cast<size_t>(share * static_cast<double>(all.size() - 1))];
}

std::string event_of(uint64_t number, size_t customers) {
  const uint64_t mixed = number * 0x9E3779B97F4A7C15ULL >> 16;
  return fmt::format(
      R"({{"type":"track","messageId":"d-{}","userId":"customer-{}","event":"{}","properties":{{"category":"{}","total":{}.50}}}})",
      number, mixed / 4 % customers, kEvents[mixed % 4], kCategories[mixed / 64 % 8], mixed / 512 % 90);
}

// Facts a second into the segments, and how long a batch of 100 took to be answered.
struct Pace {
  double facts, p50_ms, p99_ms;
};
Pace put_facts(const Server& server, size_t facts, size_t customers) {
  static uint64_t number = 0;
  std::vector<double> ms;
  const std::string key = write_key(server);
  const double received = number_of(engine_status(server), "received");
  const auto begun = Clock::now();
  for (size_t done = 0; done < facts; done += 100) {
    std::string body = "{\"batch\":[";
    for (size_t i = 0; i < 100; ++i) body += (i ? "," : "") + event_of(number++, customers);
    const auto sent = Clock::now();
    if (!ask(server.port, post("/v1/batch", key, body + "]}")).starts_with("HTTP/1.1 200")) std::exit(1);
    ms.push_back(seconds_since(sent) * 1000);
  }
  while (!is_applied(server)) poll(nullptr, 0, 5);
  if (number_of(engine_status(server), "received") != received + static_cast<double>(facts)) {
    fmt::print(stderr, "of {} facts not all were received\n", facts);
    std::exit(1);
  }
  return {static_cast<double>(facts) / seconds_since(begun), at(ms, 0.5), at(ms, 0.99)};
}

// The median of three.
double ready_after(const std::string& store) {
  std::vector<double> all;
  for (int i = 0; i < 3; ++i) all.push_back(Server(store, std::nullopt).started_after);
  return at(all, 0.5);
}

void measure(const std::string& folder, const Sizes& sizes) {
  const std::string store = folder + "/d.duckdb", quiet = " >/dev/null 2>&1";
  run(fmt::format("{} simulate --customers {} --events-per-customer 20 --out {}/sim{}", program(), sizes.customers,
                  folder, quiet));
  run(fmt::format("{} --store {} import {}/sim/events.jsonl{}", program(), store, folder, quiet));
  Server(store, std::nullopt);  // made ready once: keys, log
  const double without = ready_after(store);
  const std::string all = definitions_text(sizes.segments + sizes.more);
  std::vector<double> texts, more, edits;
  Table table({"segments", "seconds to apply the last text of them", "one more, median s", "slowest s", "facts/s",
               "a batch of 100, p50 ms", "p99 ms"});
  {
    Server server(store, 0);
    for (size_t done = 0; done < sizes.segments; done += kInText) {
      const size_t to = std::min(sizes.segments, done + kInText);
      texts.push_back(bring_in(server, texts_between(all, done, to)));
    }
    for (size_t i = 0; i < sizes.more; ++i)
      more.push_back(bring_in(server, texts_between(all, sizes.segments + i, sizes.segments + i + 1)));
    const Pace pace = put_facts(server, sizes.facts, sizes.customers);
    table.add({fmt::format("{}", sizes.segments), fmt::format("{:.1f}", texts.back()),
               fmt::format("{:.2f}", at(more, 0.5)), fmt::format("{:.2f}", at(more, 1)),
               fmt::format("{:.0f}", pace.facts), fmt::format("{:.1f}", pace.p50_ms),
               fmt::format("{:.1f}", pace.p99_ms)});
    for (size_t i = 0; i < sizes.edits; ++i)
      edits.push_back(
          bring_in(server, fmt::format("segment \"S{}\" = at least {} \"Order Completed\" in the last {} days",
                                       i * 7 % sizes.segments, 2 + i % 5, 1 + i % 80)));
  }
  table.print(fmt::format("Applied in texts of {}, {} customers of 20 facts; one core for the server", kInText,
                          sizes.customers));
  const double with = ready_after(store);
  Table starts({"segments", "edits behind them", "an edit, median s", "ready without any after s", "with them after s",
                "later by s", "at most"});
  starts.add({fmt::format("{}", sizes.segments + sizes.more), fmt::format("{}", sizes.edits),
              fmt::format("{:.2f}", at(edits, 0.5)), fmt::format("{:.1f}", without), fmt::format("{:.1f}", with),
              fmt::format("{:.1f}", with - without), fmt::format("{:.0f}", kFloor)});
  starts.print("A start, both cores, the median of three");
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  Sizes sizes = options.smoke ? Sizes{200, 20, 1'000, 2'000, 5} : Sizes{10'000, 1'000, 20'000, 50'000, 20};
  for (size_t i = 0; i + 1 < options.rest.size(); ++i)
    if (options.rest[i] == "--segments") sizes.segments = std::stoul(options.rest[i + 1]);
  std::string folder = (std::filesystem::temp_directory_path() / "tessera-definitions-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) return 1;
  measure(folder, sizes);
  std::filesystem::remove_all(folder);
  return 0;
}

// The log: how many groups and bytes a second become durable, how long one append() takes, and how fast a log is read
// back, beside the least that any durable log must do: write the same bytes at the end of a file and fdatasync it.
// Events are 500 bytes. The disk decides, so every row has its peer beside it, in turns.
#include <chrono>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "bench/bench.hpp"
#include "core/random.hpp"
#include "store/crc32c.hpp"
#include "store/log.hpp"

namespace {

using namespace tessera;
using Steady = std::chrono::steady_clock;

constexpr size_t kEvent = 500;

double since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "log_bench: {}\n", why);
  std::exit(1);
}

struct Times {
  std::vector<double> appends{};  // seconds each
  double total = 0;

  void run(const std::function<void()>& append) {
    const auto start = Steady::now();
    append();
    appends.push_back(since(start));
    total += appends.back();
  }
  std::string milliseconds(double part) {
    std::sort(appends.begin(), appends.end());
    const auto at = static_cast<size_t>(part * static_cast<double>(appends.size()));
    return fmt::format("{:.2f}", appends[std::min(at, appends.size() - 1)] * 1e3);
  }
};

void add_row(bench::Table& table, size_t events, const std::string& who, Times& times, double peer_total) {
  const double rate = static_cast<double>(times.appends.size()) / times.total, group = static_cast<double>(events);
  table.add({std::to_string(events), who, std::to_string(times.appends.size()), fmt::format("{:.0f}", rate),
             fmt::format("{:.0f}", rate * group), fmt::format("{:.2f}", rate * group * kEvent / 1e6),
             times.milliseconds(0.5), times.milliseconds(0.99), times.milliseconds(0.999),
             fmt::format("{:.2f}", peer_total / times.total)});
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::options_of(argc, argv);
  std::string folder = (std::filesystem::temp_directory_path() / "tessera-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) give_up("no folder for temporary files");
  const struct Remove {
    const std::string& path;
    ~Remove() { std::filesystem::remove_all(path); }
  } remove{folder};

  Rng rng(1);
  std::string event(kEvent, ' ');
  for (char& c : event) c = static_cast<char>(rng.between(' ', '~'));
  auto log = store::Log::open(folder + "/log");
  if (!log) give_up(log.error().text());
  const int file = open((folder + "/plain").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) give_up("no file");

  bench::Table durable(
      {"events a group", "who", "groups", "groups/s", "events/s", "MB/s", "p50 ms", "p99 ms", "p99.9 ms", "x plain"});
  uint64_t events_written = 0;
  for (const size_t events : {1, 10, 100, 1000}) {
    const std::vector<std::string_view> group(events, event);
    const std::string plain(events * kEvent, 'x');
    Times ours, peers;
    for (int i = 0; i < (options.smoke ? 30 : 2000); ++i) {
      ours.run([&] {
        if (const auto done = (*log)->append(group); !done) give_up(done.error().text());
      });
      peers.run([&] {
        if (write(file, plain.data(), plain.size()) != static_cast<ssize_t>(plain.size()) || fdatasync(file) != 0)
          give_up("the plain file cannot be written");
      });
      events_written += events;
    }
    add_row(durable, events, "tessera", ours, peers.total);
    add_row(durable, events, "plain", peers, peers.total);
  }
  close(file);
  durable.print("Durable appends of 500-byte events, one thread, beside write + fdatasync of the same events");

  bench::Table reading({"what", "MB", "GB/s"});
  uint64_t bytes = 0;
  const double seconds = bench::best_seconds(3, [&] {
    bytes = 0;
    uint64_t frames = 0;
    auto reader = (*log)->read_from(0);
    if (!reader) give_up(reader.error().text());
    for (;;) {
      const auto frame = reader->next();
      if (!frame) give_up(frame.error().text());
      if (!*frame) break;
      if ((*frame)->payload != event) give_up("what was read is not what was appended");
      bytes += (*frame)->payload.size(), ++frames;
    }
    if (frames != events_written) give_up("events are missing");
  });
  const auto add = [&](const char* what, double size, double took) {
    reading.add({what, fmt::format("{:.0f}", size / 1e6), fmt::format("{:.2f}", size / took / 1e9)});
  };
  add("read the log, every checksum verified", static_cast<double>(bytes), seconds);
  const std::string block(64 << 20, 'x');
  uint32_t one = 0, other = 0;
  add("CRC-32C by instruction", static_cast<double>(block.size()),
      bench::best_seconds(3, [&] { one = store::crc32c(block); }));
  add("CRC-32C by tables", static_cast<double>(block.size()),
      bench::best_seconds(3, [&] { other = store::crc32c_by_tables(block); }));
  if (one != other) give_up("the two checksums differ");
  reading.print("Reading back, files in the system's memory");
  return 0;
}

#include "bench/bench.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>

namespace tessera::bench {

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--smoke")
      options.smoke = true;
    else
      options.rest.push_back(word);
  }
  return options;
}

double best_seconds(int repeats, const std::function<void()>& run) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    const auto began = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  return best;
}

double growth(std::span<const double> sizes, std::span<const double> costs) {
  double x = 0, y = 0, xx = 0, xy = 0;
  const auto n = static_cast<double>(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const double a = std::log(sizes[i]), b = std::log(costs[i]);
    x += a, y += b, xx += a * a, xy += a * b;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

namespace {
// A line of /proc/self/status: "VmRSS:     1234 kB".
size_t status_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == name) {
      size_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}
}  // namespace

size_t memory_now() {
  return status_bytes("VmRSS:");
}
size_t memory_peak() {
  return status_bytes("VmHWM:");
}

void Table::print(const std::string& title) const {
  std::vector<size_t> widths(rows_[0].size(), 3);
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  const auto is_number = [](const std::string& cell) {
    return !cell.empty() && (std::isdigit(static_cast<unsigned char>(cell[0])) || cell[0] == '-');
  };
  fmt::print("**{}**\n\n", title);
  for (size_t r = 0; r < rows_.size(); ++r) {
    std::string line = "|", rule = "|";
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = i < rows_[r].size() ? rows_[r][i] : "";
      const bool right = rows_.size() > 1 && i < rows_[1].size() && is_number(rows_[1][i]);
      line += right ? fmt::format(" {:>{}} |", cell, widths[i]) : fmt::format(" {:<{}} |", cell, widths[i]);
      rule += right ? fmt::format(" {:->{}}: |", "", widths[i] - 1) : fmt::format(" {:-<{}} |", "", widths[i]);
    }
    fmt::print("{}\n", line);
    if (r == 0) fmt::print("{}\n", rule);
  }
  fmt::print("\n");
  std::fflush(stdout);
}

}  // namespace tessera::bench

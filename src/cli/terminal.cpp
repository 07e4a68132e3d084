#include "cli/terminal.hpp"

#include <chrono>
#include <cstdio>

#include <unistd.h>

namespace tessera::cli {

TerminalProgress::TerminalProgress() : on_terminal_(isatty(STDERR_FILENO)) {}

void TerminalProgress::step(const std::string& what, uint64_t done, uint64_t total) {
  if (!on_terminal_) return;
  const auto tenth =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count() /
      100;
  const std::lock_guard lock(mutex_);
  if (tenth == last_tenth_) return;
  last_tenth_ = tenth;
  drawn_ = true;
  if (total == 0) {
    std::fprintf(stderr, "\r\033[K%s %s", what.c_str(), fmt::format("{}", done).c_str());
    return;
  }
  const int filled = static_cast<int>(30.0 * static_cast<double>(std::min(done, total)) / static_cast<double>(total));
  std::string bar;
  for (int i = 0; i < 30; ++i) bar += i < filled ? "█" : "░";
  const int percent = static_cast<int>(100.0 * static_cast<double>(std::min(done, total)) / static_cast<double>(total));
  std::fprintf(stderr, "\r\033[K%s %s %d %%", what.c_str(), bar.c_str(), percent);
}

void TerminalProgress::finish() {
  const std::lock_guard lock(mutex_);
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace tessera::cli

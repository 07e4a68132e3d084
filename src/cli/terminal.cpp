#include "cli/terminal.hpp"

#include <chrono>
#include <cstdio>

#include <unistd.h>

namespace tessera::cli {

namespace {

constexpr unsigned char kFirstOfTwo = 0xC2;

bool is_control(unsigned char c) {
  return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
}

}  // namespace

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

std::string terminal_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  bool may_be_second = true;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const bool ends_line = c == '\r' && bytes.substr(i + 1).starts_with('\n');
    const bool is_second = may_be_second && c >= 0x80 && c <= 0x9F;
    if (is_second && !out.empty()) out.pop_back();
    if (is_second || (is_control(c) && !ends_line))
      out += fmt::format("\\u{:04x}", c);
    else
      out += bytes[i];
    may_be_second = c == kFirstOfTwo;
  }
  return out;
}

}  // namespace tessera::cli

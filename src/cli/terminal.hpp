// What is particular to a terminal: the progress bar (one line on standard error, redrawn at most ten times a second), and
// that control characters are shown there and not obeyed.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "core/progress.hpp"

namespace tessera::cli {

class TerminalProgress final : public Progress {
 public:
  TerminalProgress();
  ~TerminalProgress() override { finish(); }
  void step(const std::string& what, uint64_t done, uint64_t total) override;
  void finish() override;

 private:
  std::mutex mutex_;
  bool on_terminal_, drawn_ = false;
  int64_t last_tenth_ = -1;
};

// Text for a terminal. Ids, names and values come from whoever has the public key, and a terminal obeys what is in them:
// it would clear lines, rename its window, or answer as if it were typed. So each control character but the ends of lines
// and tabs is written as \u001b; those of two bytes (U+0080 to U+009F) too, and, since text comes in pieces, what could be
// the second of them where a piece begins. What goes to a file or another program is left as it is.
std::string terminal_text(std::string_view bytes);

}  // namespace tessera::cli

// The progress bar: one line on standard error, only on a terminal, redrawn at most ten times a second.
#pragma once

#include <mutex>
#include <string>

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

}  // namespace tessera::cli

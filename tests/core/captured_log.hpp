// A log whose lines a test reads back.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/logging.hpp"

namespace tessera::testing_support {

class CapturedLog {
 public:
  explicit CapturedLog(const Clock& clock, LogFormat format = LogFormat::Text)
      : logger_(logger_into({.format = format, .level = LogLevel::Debug}, clock, [this](std::string_view line) {
          const std::lock_guard lock(mutex_);
          lines_.emplace_back(line);
        })) {}
  const Logger* logger() const { return logger_.get(); }
  // And forgets them.
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::unique_ptr<Logger> logger_;
};

}  // namespace tessera::testing_support

// A command that goes on while a test does something else, and what it prints meanwhile.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace tessera::cli {

class Running {
 public:
  // A simple command, in the folder; nothing is to be read from standard input.
  Running(const std::string& folder, const std::string& command);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();  // killed

  // Reads on until a line is such, for a minute at most. Lines before it are not looked at again.
  bool says(const std::function<bool(std::string_view)>& is_such);
  const std::string& printed() const { return printed_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  size_t looked_at_ = 0;  // of what was printed
  std::string printed_;
};

}  // namespace tessera::cli

#include "cli/running.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tessera::cli {

namespace {

constexpr int kPatienceMs = 60'000;

}  // namespace

Running::Running(const std::string& folder, const std::string& command) {
  const std::string line = "exec " + command;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(ends[1], 1);
    close_range(3, ~0U, 0);
    if (chdir(folder.c_str()) != 0) _exit(127);
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  output_ = ends[0];
}

Running::~Running() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(output_);
}

bool Running::says(const std::function<bool(std::string_view)>& is_such) {
  // In all: what shows that it lives, again and again, is no answer.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  for (;;) {
    for (size_t end; (end = printed_.find('\n', looked_at_)) != std::string::npos;) {
      const std::string_view line = std::string_view(printed_).substr(looked_at_, end - looked_at_);
      looked_at_ = end + 1;
      if (is_such(line)) return true;
    }
    pollfd ready{output_, POLLIN, 0};
    char bytes[4096];
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
    const ssize_t got = read(output_, bytes, sizeof bytes);
    if (got <= 0) return false;
    printed_.append(bytes, static_cast<size_t>(got));
  }
}

}  // namespace tessera::cli

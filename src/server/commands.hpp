// Commands that clients far away run in the server, on its record: POST /api/v1/commands. Which there are is known
// above (cli), so what runs them is handed in.
//
// One at a time, on a thread of its own that shares its work with no other thread, so that events go on coming in;
// those that wait are bounded, and who finds no place is told to come again. A command that somebody waits for goes
// before one in the background (discoveries.hpp). What a command says goes to its reader: a stream's bounded buffer,
// where a slow reader slows its command, or a file; a reader that is gone ends it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "http/http_server.hpp"

namespace tessera::server {

struct CommandCall {
  std::vector<std::string> words;                    // as typed, without the program's name
  std::string store;                                 // how the client calls this server, for messages
  std::map<std::string, Result<std::string>> files;  // the client's, or why they could not be read
};

// Where a command's frames go.
class CommandReader {
 public:
  virtual ~CommandReader() = default;
  // On the command's thread: its turn has come; a frame (may wait; false: nobody reads any more); its exit code, after
  // which nothing is said. nullopt, on any thread: it was not begun.
  virtual void begin() {}
  virtual bool say(std::string_view kind, std::string_view bytes) = 0;
  virtual void end(std::optional<int> code) = 0;

  // Nobody waits for the command any more. Any thread.
  void leave();
  const std::atomic<bool>& is_gone() const { return is_gone_; }
  // Called once, on any thread, when the reader is gone; or at once where it is. Empty: no more.
  void when_gone(std::function<void()> stop);

 protected:
  virtual void on_leave() {}  // wake say() up

 private:
  std::mutex mutex_;
  std::function<void()> stop_;
  std::atomic<bool> is_gone_{false};
};

// The exit code.
using RunCommand = std::function<int(const CommandCall&, CommandReader&)>;

class Commands {
 public:
  explicit Commands(RunCommand run, size_t most_waiting = 8);
  // Stops the one that runs, as far as it can be stopped, and waits for it.
  ~Commands();

  // Answers with a stream of frames, or 503 where too many wait.
  void post(CommandCall call, const http::Responder& responder);
  // In the background. False: too many wait.
  bool post(CommandCall call, std::shared_ptr<CommandReader> reader);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of the body of the request. Errors are of usage.
Result<CommandCall> parse_command_call(std::string_view body);
std::string text_of(const CommandCall& call);

}  // namespace tessera::server

// Commands that clients far away run in the server, on its record: POST /api/v1/commands. Which there are is known
// above (cli), so what runs them is handed in.
//
// One at a time, on a thread of its own that shares its work with no other thread, so that events go on coming in;
// those that wait are bounded, and who finds no place is told to come again. What a command says goes into a bounded
// buffer that its reader empties: a slow reader slows its command, and one that is gone ends it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "server/http_server.hpp"

namespace tessera::server {

struct CommandCall {
  std::vector<std::string> words;                    // as typed, without the program's name
  std::string store;                                 // how the client calls this server, for messages
  std::map<std::string, Result<std::string>> files;  // the client's, or why they could not be read
};

// Where a command's frames go. From the command's thread.
class CommandReader {
 public:
  virtual ~CommandReader() = default;
  // Waits while the buffer is full. False: nobody reads any more.
  virtual bool say(std::string_view kind, std::string_view bytes) = 0;
  // Called once, on any thread, when the reader is gone; or at once where it is. Empty: no more.
  virtual void when_gone(std::function<void()> stop) = 0;
};

// The exit code.
using RunCommand = std::function<int(const CommandCall&, CommandReader&)>;

class Commands {
 public:
  explicit Commands(RunCommand run, size_t most_waiting = 8);
  // Stops the one that runs, as far as it can be stopped, and waits for it.
  ~Commands();

  // Answers with a stream of frames, or 503 where too many wait.
  void post(CommandCall call, const Responder& responder);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of the body of the request. Errors are of usage.
Result<CommandCall> parse_command_call(std::string_view body);
std::string text_of(const CommandCall& call);

}  // namespace tessera::server

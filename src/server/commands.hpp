// Commands that clients far away run in the server, on its record: POST /api/v1/commands, which `tessera --store
// http://...` asks. Which there are is known above (cli), so what runs them is handed in.
//
// A command is a job (jobs.hpp). What it says goes to its reader, a stream's bounded buffer of frames: a slow reader
// slows its command, one that is gone ends it.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "http/http_server.hpp"
#include "privacy/scopes.hpp"
#include "server/jobs.hpp"

namespace tessera::server {

struct CommandCall {
  std::vector<std::string> words;                    // as typed, without the program's name
  std::string store;                                 // how the client calls this server, for messages
  std::map<std::string, Result<std::string>> files;  // the client's, or why they could not be read
  privacy::Caller caller{};                          // who asks: not in the body, said by the door
};

class CommandReader;
// The exit code.
using RunCommand = std::function<int(const CommandCall&, CommandReader&)>;

// A command on its way, between its thread and its reader.
class CommandReader final : public Job {
 public:
  CommandReader(RunCommand run, CommandCall call) : run_(std::move(run)), call_(std::move(call)) {}
  void run() override;
  void drop() override { close(); }
  // A frame. May wait; false: nobody reads any more.
  bool say(std::string_view kind, std::string_view bytes);

  // The reader's side.
  http::Stream::Piece take();
  void on_wake(std::function<void()> wake);

 private:
  void on_leave() override;
  void close();

  RunCommand run_;
  CommandCall call_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::string held_;
  std::function<void()> wake_;
  bool is_over_ = false;
};

class Commands {
 public:
  Commands(Jobs& jobs, RunCommand run) : jobs_(jobs), run_(std::move(run)) {}
  // Answers with a stream of frames, or 503 where too many wait.
  void post(CommandCall call, const http::Responder& responder);

 private:
  Jobs& jobs_;
  RunCommand run_;
};

// Of the body of the request. Errors are of usage.
Result<CommandCall> parse_command_call(std::string_view body);
std::string text_of(const CommandCall& call);

}  // namespace tessera::server

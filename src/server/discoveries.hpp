// Discoveries that the server makes in the background, and keeps: POST /api/v1/discoveries.
//
// The idea: one is the command `tessera discover` with nobody waiting for it (commands.hpp), so it takes its turn on
// the thread of commands, and what it would write into files is kept in a folder beside the record: ID.state.json,
// and once it is done ID.json, ID.html and ID.tsl.
//
// Invariants: a state is on disk before it is said to anyone, and says "done" after the results are there; every file
// is whole or not there. One that was running when the server ended has failed; one that waited, waits again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "server/commands.hpp"

namespace tessera::server {

// An option of `tessera discover` as a member of the request.
struct DiscoveryOption {
  enum class Kind : uint8_t { Whole, WholeOrAuto, Duration, Instant, Zone, Flag, Text, Texts, Definitions };
  std::string_view name, word;  // "min_size", "--min-size"
  Kind kind;
  int64_t least = 0, most = 0;  // of a whole number
  bool of_all_commands = false;
};
std::span<const DiscoveryOption> discovery_options();
// The words and the file of features. Errors are of usage and name the member.
Result<CommandCall> discovery_call(const Json& options);

struct DiscoveryLimits {
  size_t number = 100;            // kept: the oldest that are over make room
  uint64_t bytes = 256 << 20;     // of their results
  uint64_t one_bytes = 64 << 20;  // of one's; a larger one fails
};

class Discoveries {
 public:
  // What is in the folder, which is made when there is something to put into it. Error: it cannot be read.
  // `commands` must outlive the last call of add().
  static Result<std::unique_ptr<Discoveries>> open(std::string folder, Commands& commands, const Clock& clock,
                                                   DiscoveryLimits limits = {});
  ~Discoveries();

  // As get() gives it; nullopt: too many wait. Errors of usage are the sender's, others of the disk.
  Result<std::optional<Json>> add(const Json& options);
  // Newest first, without results: {"discoveries": [...], "next": ...}. `before`: what a page said as next; empty: from
  // the newest.
  Result<Json> list(std::string_view before, size_t limit) const;
  // With the result as its last member where it is done. nullopt: there is none of that id.
  std::optional<Json> get(std::string_view id) const;
  // "html", "tsl". nullopt: none of that id. Error: it is not done, or its file cannot be read.
  std::optional<Result<std::string>> file(std::string_view id, std::string_view kind) const;
  // Also one that runs, which is stopped. False: there is none.
  bool remove(std::string_view id);

 private:
  struct State;
  explicit Discoveries(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // also of those that run
};

}  // namespace tessera::server

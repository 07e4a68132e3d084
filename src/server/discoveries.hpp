// Discoveries that the server makes in the background, and keeps: POST /api/v1/discoveries.
//
// The idea: one is a job (jobs.hpp) that nobody waits for, and what it finds is kept in a folder beside the record:
// ID.state.json, and once it is done ID.json, ID.html and ID.tsl.
//
// Invariants: a state is on disk before it is said to anyone, and says "done" after the results are there; every file
// is whole or not there. One that was running when the server ended has failed; one that waited, waits again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/progress.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "report/report.hpp"
#include "server/jobs.hpp"
#include "workspace/discovery_options.hpp"

namespace tessera {
class Logger;
}

namespace tessera::server {

struct Service;

// Finds what is wished, on the thread of the job, and gives what a report's folder holds. Where the job is gone it is
// stopped, and says so.
using RunDiscovery =
    std::function<Result<std::vector<report::ReportFile>>(const workspace::DiscoveryWish&, Progress&, Job&)>;
// On the server's record, with everything in it that came before. REQUIRES: the service outlives it.
RunDiscovery discover_on(Service& service);

struct DiscoveryLimits {
  size_t number = 100;            // kept: the oldest that are over make room
  uint64_t bytes = 256 << 20;     // of their results
  uint64_t one_bytes = 64 << 20;  // of one's; a larger one fails
};

class Discoveries {
 public:
  // What is in the folder, which is made when there is something to put into it. Error: it cannot be read.
  // `jobs` must outlive the last call of add(); clock and logger the last discovery.
  static Result<std::unique_ptr<Discoveries>> open(std::string folder, Jobs& jobs, RunDiscovery run, const Clock& clock,
                                                   DiscoveryLimits limits = {}, const Logger* logger = nullptr);
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

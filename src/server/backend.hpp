// What the server's routes ask of the rest of the product: the live engine as seen from outside. An interface so that
// routes can be tested without one; engine_backend.cpp is the real one, a line a call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "live/engine.hpp"

namespace tessera::server {

class Backend {
 public:
  virtual ~Backend() = default;
  // As live::Engine's of the same names.
  virtual live::Taken submit(live::Submission submission, std::function<void(Result<uint64_t>)> done) = 0;
  virtual Result<Json> apply_definitions(const std::string& text) = 0;
  virtual Result<Json> remove_definition(const std::string& slug) = 0;
  virtual Result<Json> rule(const std::string& text) = 0;
  virtual Json segments() = 0;
  virtual std::optional<Json> customer(std::string_view id) = 0;
  virtual Result<std::vector<std::string>> members(std::string_view segment, std::string_view after, size_t limit) = 0;
  virtual Result<void> record_now() = 0;
  virtual Result<void> while_still(const std::function<Result<void>()>& run) = 0;
  virtual Json import_of(std::string_view import) = 0;
  virtual Json status() = 0;
  virtual Result<std::vector<feed::Change>> changes_after(std::string_view id, size_t limit) = 0;
  // `news` is called after there are changes behind the returned id, on a thread that must not wait; until the handle
  // is gone.
  virtual std::pair<std::shared_ptr<void>, std::string> on_changes(std::function<void()> news) = 0;
};

// Reads submissions of the tracking API.
live::MakeReader segment_reader();
// REQUIRES: the engine outlives it.
std::unique_ptr<Backend> backend_of(live::Engine& engine);

}  // namespace tessera::server

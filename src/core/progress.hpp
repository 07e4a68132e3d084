// What a long command is doing, on standard error and only on a terminal; silent otherwise.
#pragma once

#include <cstdint>
#include <string>

namespace tessera {

class Progress {
 public:
  virtual ~Progress() = default;
  // `done` of `total` units (total 0 = unknown). Cheap to call often; may be called from any thread.
  virtual void step(const std::string& what, uint64_t done, uint64_t total) = 0;
  virtual void finish() = 0;
};

class SilentProgress final : public Progress {
 public:
  void step(const std::string&, uint64_t, uint64_t) override {}
  void finish() override {}
};

}  // namespace tessera

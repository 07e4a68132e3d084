// Who sends more than a person can: events of a minute, by customer. What it finds is submitted as a decision, which
// then is an entry of the log like any other; so it looks at what comes in now, and not at what is replayed.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "live/log_reader.hpp"
#include "profiles/ruling.hpp"

namespace tessera::live {

class Rates final : public LogReader {
 public:
  using Submit = std::function<void(profiles::Ruling)>;
  explicit Rates(Submit submit) : submit_(std::move(submit)) {}

  Result<void> restore(store::Connection&) override { return {}; }
  void apply(AppliedEntry& entry) override;
  WritePage page() override { return {}; }
  Instant next_due() override { return kNever; }

 private:
  Submit submit_;
  Instant since_ = kEver;
  std::unordered_map<profiles::Profile, uint32_t> events_;
};

}  // namespace tessera::live

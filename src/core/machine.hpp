// The machine's own time, beside the clock on its wall (time.hpp): it passes by itself, and nobody sets it. Only
// differences mean something, and only within one start of the machine.
#pragma once

#include <string>

#include "core/time.hpp"

namespace tessera {

class Machine {
 public:
  virtual ~Machine() = default;
  // What passed since the machine was started, sleep included.
  virtual Duration since_boot() const = 0;
  // Which start of the machine that was; empty: not known.
  virtual std::string boot() const = 0;
};

// CLOCK_BOOTTIME, and /proc/sys/kernel/random/boot_id.
class SystemMachine final : public Machine {
 public:
  Duration since_boot() const override;
  std::string boot() const override;
};

}  // namespace tessera

#include "core/machine.hpp"

#include <ctime>
#include <fstream>

namespace tessera {

Duration SystemMachine::since_boot() const {
  timespec since{};
  clock_gettime(CLOCK_BOOTTIME, &since);
  return {since.tv_sec * 1000 + since.tv_nsec / 1'000'000};
}

std::string SystemMachine::boot() const {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace tessera

#include "fold/seen_messages.hpp"

#include <algorithm>
#include <utility>

#include "core/hash.hpp"

namespace tessera::fold {

Recent::Recent(uint64_t messages) : most_(std::max<uint64_t>(512, messages / 2)) {}

bool Recent::Generation::has(uint64_t print) const {
  if (slots.empty()) return false;
  for (size_t at = mix64(print) & (slots.size() - 1); slots[at] != 0; at = (at + 1) & (slots.size() - 1))
    if (slots[at] == print) return true;
  return false;
}

void Recent::Generation::add(uint64_t print) {
  if (4 * (count + 1) > 3 * slots.size()) {
    std::vector<uint64_t> grown(std::max<size_t>(1024, slots.size() * 2));
    for (const uint64_t each : slots) {
      if (each == 0) continue;
      size_t at = mix64(each) & (grown.size() - 1);
      while (grown[at] != 0) at = (at + 1) & (grown.size() - 1);
      grown[at] = each;
    }
    slots = std::move(grown);
  }
  size_t at = mix64(print) & (slots.size() - 1);
  while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
  slots[at] = print;
  ++count;
}

bool Recent::has(uint64_t fingerprint) const {
  const uint64_t print = fingerprint == 0 ? 1 : fingerprint;
  return young_.has(print) || old_.has(print);
}

bool Recent::seen(uint64_t fingerprint, Instant now) {
  const uint64_t print = fingerprint == 0 ? 1 : fingerprint;
  if (young_.has(print) || old_.has(print)) return true;
  if (young_.count >= most_) {
    if (old_.count > 0) horizon_ = old_.newest;
    std::swap(young_, old_);
    std::ranges::fill(young_.slots, 0);
    young_.count = 0;
  }
  young_.add(print);
  young_.newest = now;
  return false;
}

}  // namespace tessera::fold

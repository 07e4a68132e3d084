// Who waits for an answer, as far as the connection shows.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "core/guarded.hpp"

namespace tessera::http {

// Any thread.
class Asker {
 public:
  const std::atomic<bool>& is_gone() const { return is_gone_; }
  // Called once, when nobody waits any more; or at once where that is so. Empty: no more.
  void when_gone(std::function<void()> then) {
    const auto wanted = then_.lock();
    *wanted = std::move(then);
    // Under the lock, so that what it speaks of cannot end meanwhile: whoever ends takes it away first.
    if (is_gone_)
      if (const auto call = std::exchange(*wanted, {})) call();
  }
  void leave() {
    const auto wanted = then_.lock();
    is_gone_ = true;
    if (const auto call = std::exchange(*wanted, {})) call();
  }

 private:
  Guarded<std::function<void()>> then_;
  std::atomic<bool> is_gone_{false};
};

}  // namespace tessera::http

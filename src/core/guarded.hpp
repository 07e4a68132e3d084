// A value that threads share, reachable only through its lock: who does not hold it cannot name it.
//
//   Guarded<Queue> queue_;
//   queue_.lock()->push_back(x);                                   // for one statement
//   auto queue = queue_.lock();                                    // for a block
//   queue.wait(news_, [&] { return !queue->empty(); });            // gives the lock away while it waits
//   const size_t size = queue_.with([](const Queue& all) { return all.size(); });
//
// The order of locks is part of their types: Guarded<T, 3> may be taken while one of a smaller number is held, never
// while one of the same or a greater number is. A thread that breaks this ends the process at once, also where no other
// thread happened to be in its way. 0: the lock is outside the order.
//
// SharedGuarded has many readers or one writer; readers see a const value.
#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "core/result.hpp"

namespace tessera {

// That this thread holds a lock of a place in the order. Locks are given back in the opposite order of taking.
class LockPlace {
 public:
  explicit LockPlace(int order) : before_(held_) {
    VERIFY(order == 0 || order > held_);
    if (order != 0) held_ = order;
  }
  ~LockPlace() { held_ = before_; }
  LockPlace(const LockPlace&) = delete;
  LockPlace& operator=(const LockPlace&) = delete;

 private:
  static inline thread_local int held_ = 0;
  int before_;
};

// A value while its lock is held. Lives in one block: it cannot be moved away.
template <typename T, typename Lock>
class Locked {
 public:
  template <typename Mutex>
  Locked(T& value, Mutex& mutex, int order) : place_(order), lock_(mutex), value_(value) {}
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  T& operator*() const { return value_; }
  T* operator->() const { return &value_; }

  // The lock is given away while it waits, and held again when these return. Of a Guarded only.
  template <typename Until>
  void wait(std::condition_variable& news, Until until) {
    news.wait(lock_, std::move(until));
  }
  template <typename Time, typename Until>
  bool wait_for(std::condition_variable& news, Time longest, Until until) {
    return news.wait_for(lock_, longest, std::move(until));
  }
  // Until told, or woken for nothing.
  template <typename Time>
  void wait_for(std::condition_variable& news, Time longest) {
    news.wait_for(lock_, longest);
  }
  template <typename Time, typename Until>
  bool wait_until(std::condition_variable& news, Time latest, Until until) {
    return news.wait_until(lock_, latest, std::move(until));
  }

 private:
  LockPlace place_;
  Lock lock_;
  T& value_;
};

template <typename T, int kOrder = 0>
class Guarded {
 public:
  template <typename... From>
  explicit Guarded(From&&... from) : value_(std::forward<From>(from)...) {}

  [[nodiscard]] auto lock() { return Locked<T, std::unique_lock<std::mutex>>(value_, mutex_, kOrder); }
  [[nodiscard]] auto lock() const { return Locked<const T, std::unique_lock<std::mutex>>(value_, mutex_, kOrder); }
  template <typename Use>
  auto with(Use&& use) {
    const auto value = lock();
    return use(*value);
  }
  template <typename Use>
  auto with(Use&& use) const {
    const auto value = lock();
    return use(*value);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

template <typename T, int kOrder = 0>
class SharedGuarded {
 public:
  template <typename... From>
  explicit SharedGuarded(From&&... from) : value_(std::forward<From>(from)...) {}

  [[nodiscard]] auto read() const {
    return Locked<const T, std::shared_lock<std::shared_mutex>>(value_, mutex_, kOrder);
  }
  [[nodiscard]] auto write() { return Locked<T, std::unique_lock<std::shared_mutex>>(value_, mutex_, kOrder); }

 private:
  mutable std::shared_mutex mutex_;
  T value_;
};

}  // namespace tessera

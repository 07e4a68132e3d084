// A few threads for what may take a while: asking the engine or the record for an answer, filling the next piece of a
// stream. The network's threads hand work over and go on. What waits here is bounded by who hands it over: a connection
// has one request at a time.
#pragma once

#include <functional>
#include <memory>

namespace tessera::http {

class Workers {
 public:
  explicit Workers(int threads);
  // Finishes what was handed over.
  ~Workers();
  // Any thread. Work that throws (there is no memory) ends there. After the destructor has begun it is dropped.
  void post(std::function<void()> work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::http

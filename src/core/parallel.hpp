// Work split over the machine's cores. Results must not depend on the number of threads: split work by fixed blocks and
// combine block results in block order.
#pragma once

#include <cstddef>
#include <functional>

namespace tessera {

// Cores used by parallel_for: the hardware's, or what set_threads said (for tests and `--threads`). At least 1.
size_t thread_count();
void set_threads(size_t count);  // 0 = the hardware's

// Calls run(from, to) for consecutive blocks [from, to) of [0, count), `grain` wide (the last may be shorter), on all
// cores, from a pool started once; returns when all are done. Calls inside run are made inline.
// `run` must not throw. Limit: in a child of fork() that does not exec it would wait forever for the parent's threads;
// nobody forks so (tests that fork call set_threads(1) in the child).
void parallel_for(size_t count, size_t grain, const std::function<void(size_t from, size_t to)>& run);

// This thread, and those it starts from now on, give way to the process's others where there are fewer cores than work;
// its parallel_for calls are made inline.
void work_in_the_background();

// While it lives, parallel_for calls of this thread are made inline: for work beside which others must not wait.
class OnThisThreadAlone {
 public:
  OnThisThreadAlone();
  ~OnThisThreadAlone();
  OnThisThreadAlone(const OnThisThreadAlone&) = delete;
  OnThisThreadAlone& operator=(const OnThisThreadAlone&) = delete;

 private:
  bool before_;
};

}  // namespace tessera

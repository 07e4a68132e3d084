#include "core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace tessera {

namespace {

std::atomic<size_t> chosen_threads{0};
thread_local bool inside_parallel = false;

// Blocks are handed out by an atomic counter.
struct Job {
  size_t count, grain;
  const std::function<void(size_t, size_t)>* run;
  std::atomic<size_t> next{0};
  size_t seats = 0, busy = 0;  // helpers that may still come; those and the ones that are here

  void work() {
    inside_parallel = true;
    for (size_t from; (from = next.fetch_add(grain)) < count;) (*run)(from, std::min(count, from + grain));
    inside_parallel = false;
  }
};

// Who has a job begins it at once and alone, whatever others do: helpers come to it where they are free. So a long job
// of one thread holds nobody else up.
class Pool {
 public:
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(Job& job, size_t helpers) {
    {
      const std::lock_guard lock(mutex_);
      while (threads_.size() < helpers) threads_.emplace_back([this] { serve(); });
      job.seats = job.busy = helpers;
      jobs_.push_back(&job);
    }
    wake_.notify_all();
    job.work();
    std::unique_lock lock(mutex_);
    // Who has not come yet need not: a small job is done before they wake up.
    job.busy -= std::exchange(job.seats, 0);
    std::erase(jobs_, &job);
    done_.wait(lock, [&] { return job.busy == 0; });
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    const auto open_job = [this] { return std::ranges::find_if(jobs_, [](const Job* job) { return job->seats > 0; }); };
    for (;;) {
      wake_.wait(lock, [&] { return stopping_ || open_job() != jobs_.end(); });
      if (stopping_) return;
      Job& job = **open_job();
      --job.seats;
      lock.unlock();
      job.work();
      lock.lock();
      if (--job.busy == 0) done_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::thread> threads_;
  std::vector<Job*> jobs_;
  bool stopping_ = false;
};

}  // namespace

OnThisThreadAlone::OnThisThreadAlone() : before_(std::exchange(inside_parallel, true)) {}
OnThisThreadAlone::~OnThisThreadAlone() {
  inside_parallel = before_;
}

size_t thread_count() {
  // Asked once: the library reads it from a file each time, which costs more than a small job.
  static const size_t hardware = std::max(1u, std::thread::hardware_concurrency());
  const size_t chosen = chosen_threads;
  return chosen ? chosen : hardware;
}

void set_threads(size_t count) {
  chosen_threads = count;
}

void parallel_for(size_t count, size_t grain, const std::function<void(size_t, size_t)>& run) {
  grain = std::max<size_t>(1, grain);
  const size_t blocks = (count + grain - 1) / grain, helpers = std::min(thread_count(), blocks);
  if (helpers <= 1 || inside_parallel) {
    for (size_t from = 0; from < count; from += grain) run(from, std::min(count, from + grain));
    return;
  }
  static Pool pool;
  Job job{count, grain, &run};
  pool.run(job, helpers - 1);
}

void work_in_the_background() {
  constexpr int kNice = 10;
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);  // of the thread, on Linux
  inside_parallel = true;
}

}  // namespace tessera

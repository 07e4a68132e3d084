// Pages on their way into the record: the applier hands them over, a thread writes them, one after the other. Where the
// record cannot be written (a full disk), a page is tried again until it is; what is acknowledged is in the log.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "core/guarded.hpp"
#include "live/lock_order.hpp"
#include "live/recorder.hpp"

namespace tessera {
class Logger;
}

namespace tessera::live {

// After a page it rests four times as long as that took, at most so long: a page costs the database for each column of
// each table however few rows it brings, so a record of thousands of columns would be written all the time, and what
// comes in would wait for the processor.
inline constexpr int kRestPerWork = 4;
inline constexpr std::chrono::seconds kLongestRest{10};

// Exit code where memory is missing for what was acknowledged; a service manager starts the server again.
inline constexpr int kEndsWithoutMemory = 70;

class RecordWriter {
 public:
  // `written` is called after a page is in the record, with the offset it goes up to.
  RecordWriter(std::unique_ptr<Recorder> recorder, std::function<void(uint64_t)> written, uint64_t recorded_until,
               const Logger* logger = nullptr);
  ~RecordWriter();

  // From one thread. Waits while too many wait. False: the record cannot be written and we are ending; this page and all
  // behind it stay in the log.
  bool hand_over(RecordPage page);
  // All that was handed over is written. False: as above.
  bool wait_written();
  // The same, but no longer than the record can be written.
  void wait_tried();
  // Writes what is there, and ends. After begin_end() nobody waits for a record that cannot be written.
  void begin_end();
  void end();

  // It has written for long: what can wait is handed over later.
  bool is_resting() const { return std::chrono::steady_clock::now().time_since_epoch().count() < rests_until_; }

  bool is_given_up() const {
    return state_.with([](const State& all) { return all.is_given_up; });
  }
  uint64_t recorded_until() const { return recorded_until_; }
  // Waits until the record is there. Error: it cannot be written now.
  Result<void> wait_until(uint64_t offset);
  std::string trouble() const {
    return state_.with([](const State& all) { return all.trouble; });
  }
  // use(Recorder&) while nothing is being written.
  template <typename Use>
  auto with(Use&& use) {
    const auto recorder = recorder_.lock();
    return use(**recorder);
  }

 private:
  struct State {
    std::deque<RecordPage> pages{};
    bool is_writing = false, are_pages_ended = false;
    bool is_ending = false;    // what the record cannot take now waits in the log for the next start
    bool is_given_up = false;  // a page was not handed over: nothing behind it may be
    std::string trouble{};     // why the record cannot be written at the moment

    bool is_hopeless() const { return is_ending && !trouble.empty(); }
    bool is_written() const { return pages.empty() && !is_writing; }
  };
  void run();
  void note(bool was_in_trouble, bool is_in_trouble) const;

  Guarded<std::unique_ptr<Recorder>, kRecorderLock> recorder_;
  std::function<void(uint64_t)> written_;
  Guarded<State, kLeafLock> state_;
  std::condition_variable pages_news_, recorded_news_;
  std::atomic<uint64_t> recorded_until_;
  std::atomic<std::chrono::steady_clock::rep> rests_until_ = 0;
  const Logger* logger_;
  std::thread thread_;
};

}  // namespace tessera::live

#include "live/record_writer.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "core/logging.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "live/log_queue.hpp"

namespace tessera::live {

namespace {

constexpr size_t kWaitingPages = 4;  // taken and not yet recorded; beyond it the applier waits

}  // namespace

RecordWriter::RecordWriter(std::unique_ptr<Recorder> recorder, std::function<void(uint64_t)> written,
                           uint64_t recorded_until, const Logger* logger)
    : recorder_(std::move(recorder)), written_(std::move(written)), recorded_until_(recorded_until), logger_(logger) {
  thread_ = std::thread([this] { run(); });
}

RecordWriter::~RecordWriter() {
  begin_end();
  end();
}

bool RecordWriter::hand_over(RecordPage page) {
  {
    auto state = state_.lock();
    state.wait(recorded_news_, [&] { return state->pages.size() < kWaitingPages || state->is_hopeless(); });
    state->is_given_up |= state->pages.size() >= kWaitingPages;
    if (state->is_given_up) return false;
    state->pages.push_back(std::move(page));
  }
  pages_news_.notify_one();
  return true;
}

bool RecordWriter::wait_written() {
  auto state = state_.lock();
  state.wait(recorded_news_, [&] { return state->is_written() || state->is_hopeless(); });
  state->is_given_up |= !state->pages.empty();
  return !state->is_given_up;
}

void RecordWriter::wait_tried() {
  auto state = state_.lock();
  state.wait(recorded_news_, [&] { return state->is_written() || !state->trouble.empty(); });
}

void RecordWriter::begin_end() {
  state_.lock()->is_ending = true;
  recorded_news_.notify_all();
}

void RecordWriter::end() {
  state_.lock()->are_pages_ended = true;
  pages_news_.notify_all();
  recorded_news_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> RecordWriter::wait_until(uint64_t offset) {
  auto state = state_.lock();
  while (recorded_until_ < offset) {
    if (!state->trouble.empty()) return fail("the record cannot be written at the moment: " + state->trouble);
    if (state->are_pages_ended) return fail("the server is stopping");
    state.wait_for(recorded_news_, kBeat);
  }
  return {};
}

// Once when it fails and once when it goes on. What the database says is in the status: it may quote what could not be
// written.
void RecordWriter::note(bool was_in_trouble, bool is_in_trouble) const {
  if (was_in_trouble == is_in_trouble) return;
  if (is_in_trouble)
    say(logger_, LogLevel::Error, "record cannot be written",
        {{"kept_in", "log"}, {"see", "/api/v1/status"}, {"recorded_until", recorded_until_.load()}});
  else
    say(logger_, LogLevel::Info, "record written again", {{"recorded_until", recorded_until_.load()}});
}

void RecordWriter::run() {
  work_in_the_background();
  wait_for_memory_here();
  for (;;) {
    RecordPage* page = nullptr;
    {
      auto state = state_.lock();
      state.wait(pages_news_, [&] { return state->are_pages_ended || !state->pages.empty(); });
      if (state->pages.empty()) return;
      state->is_writing = true;
      page = &state->pages.front();  // stays where it is: only this thread takes from the front
    }
    const auto begun = std::chrono::steady_clock::now();
    const auto done = with([&](Recorder& recorder) -> Result<void> {
      try {
        return recorder.write(*page);
      } catch (const std::bad_alloc&) {
        return std::unexpected(out_of_memory());
      }
    });
    if (with([](Recorder& recorder) { return recorder.is_half_committed(); })) {
      say(logger_, LogLevel::Error, "no memory to commit to the record: the server ends, start it again with more",
          {{"recorded_until", recorded_until_.load()}});
      std::_Exit(kEndsWithoutMemory);
    }
    if (done) {
      const auto now = std::chrono::steady_clock::now();
      const std::chrono::steady_clock::duration rest =
          std::min<std::chrono::steady_clock::duration>(kRestPerWork * (now - begun), kLongestRest);
      rests_until_ = (now + rest).time_since_epoch().count();
      recorded_until_ = page->until_offset;
      written_(page->until_offset);
    }
    auto state = state_.lock();
    note(!state->trouble.empty(), !done);
    state->trouble = done ? "" : done.error().text();
    if (done) state->pages.pop_front();
    state->is_writing = false;
    recorded_news_.notify_all();
    if (done) continue;
    // The disk is full, perhaps: what is acknowledged is in the log, and this page is tried again.
    if (state->are_pages_ended) return;
    state.wait_for(pages_news_, 50 * kBeat, [&] { return state->are_pages_ended; });
  }
}

}  // namespace tessera::live

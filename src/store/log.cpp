#include "store/log.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "store/log_format.hpp"
#include "store/log_identity.hpp"
#include "store/record_file.hpp"

namespace tessera::store {

namespace fs = std::filesystem;
using log_format::kHeadBytes;

ssize_t LogDisk::write_at(int file, const char* bytes, size_t count, int64_t at) const {
  return pwrite(file, bytes, count, at);
}

int LogDisk::sync(int file) const {
  return fdatasync(file);
}

int LogDisk::cut(int file, int64_t size) const {
  return ftruncate(file, size);
}

namespace {

constexpr std::string_view kUnfinished = ".new";  // a segment whose head may not be on disk yet
constexpr std::string_view kSpare = "next.log.new";

class File {
 public:
  File() = default;
  explicit File(int number) : number_(number) {}
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~File() {
    if (number_ >= 0) close(number_);
  }
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

std::unexpected<Error> cannot(const std::string& what, const std::string& place) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EFBIG || error == EDQUOT;
  return fail(fmt::format("{}: {}", what, std::strerror(error)), place,
              full ? try_shell("df -h").argument(place).note("where to free some room") : Remedy());
}

// Reads up to `count` bytes; fewer only at the end of the file.
Result<size_t> read_at(int file, char* to, size_t count, int64_t at, const std::string& path) {
  size_t done = 0;
  while (done < count) {
    const ssize_t step = pread(file, to + done, count - done, at + static_cast<int64_t>(done));
    if (step < 0 && errno == EINTR) continue;
    if (step < 0) return cannot("cannot be read", path);
    if (step == 0) break;
    done += static_cast<size_t>(step);
  }
  return done;
}

struct Segment {
  LogOffset first = 0, until = 0;  // until: where the next begins, or the end of the log
};

// What the writer and its readers share: which segments there are, and up to where they hold acknowledged frames.
class Index {
 public:
  Index(std::string folder, std::vector<LogOffset> firsts, LogOffset end)
      : folder_(std::move(folder)), firsts_(std::move(firsts)), end_(end) {}

  std::string path(LogOffset first) const { return folder_ + "/" + log_format::segment_name(first); }
  std::string newest_path() const { return fmt::format("{}/{}", folder_, kNewestName); }
  LogOffset end() const { return end_.load(std::memory_order_acquire); }
  void set_end(LogOffset end) { end_.store(end, std::memory_order_release); }

  LogOffset first() const {
    const std::scoped_lock lock(mutex_);
    return firsts_.front();
  }
  std::vector<LogOffset> firsts() const {
    const std::scoped_lock lock(mutex_);
    return firsts_;
  }
  void add(LogOffset first) {
    const std::scoped_lock lock(mutex_);
    firsts_.push_back(first);
  }
  void drop_oldest() {
    const std::scoped_lock lock(mutex_);
    firsts_.erase(firsts_.begin());
  }
  // The segment that holds the offset, or would: nullopt where it was dropped. REQUIRES: offset <= end().
  std::optional<Segment> holding(LogOffset offset) const {
    const std::scoped_lock lock(mutex_);
    const auto behind = std::upper_bound(firsts_.begin(), firsts_.end(), offset);
    if (behind == firsts_.begin()) return std::nullopt;
    return Segment{*(behind - 1), behind == firsts_.end() ? end() : *behind};
  }

 private:
  const std::string folder_;
  mutable std::mutex mutex_;
  std::vector<LogOffset> firsts_;  // ascending, at least one
  std::atomic<LogOffset> end_;
};

// A segment that is laid out on a thread of its own: zeros that are on disk. Where that fails (the disk is full,
// perhaps), there is none.
class Spare {
 public:
  ~Spare() {
    gives_up_ = true;
    if (made_.valid()) file_ = made_.get();
    if (file_) unlink(path_.c_str());
  }
  bool is_there() {
    if (made_.valid() && made_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) file_ = made_.get();
    return static_cast<bool>(file_);
  }
  bool is_being_made() const { return made_.valid(); }
  const std::string& path() const { return path_; }
  File take() { return std::move(file_); }

  void make(std::string path, uint64_t bytes, const LogDisk& disk) {
    path_ = std::move(path);
    made_ = std::async(std::launch::async, [this, bytes, &disk] {
      work_in_the_background();
      File made(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      if (made && fill(made, bytes, disk)) return made;
      unlink(path_.c_str());
      return File();
    });
  }

 private:
  // Bit by bit, so that the disk is free for others in between.
  bool fill(const File& file, uint64_t bytes, const LogDisk& disk) const {
    static constexpr char kZeros[256 << 10] = {};
    for (uint64_t at = 0; at < bytes;) {
      if (gives_up_) return false;
      const ssize_t step =
          disk.write_at(file.number(), kZeros, std::min<uint64_t>(sizeof kZeros, bytes - at), static_cast<int64_t>(at));
      if (step < 0 && errno == EINTR) continue;
      if (step < 0 || disk.sync(file.number()) != 0) return false;
      at += static_cast<uint64_t>(step);
    }
    return true;
  }

  std::string path_;
  std::atomic<bool> gives_up_ = false;
  File file_;
  std::future<File> made_;
};

// `firsts` are all segments, for the remedy: what would have to go with the damaged part.
std::unexpected<Error> damaged(const Index& index, LogOffset first, LogOffset bad) {
  const uint64_t position = bad - first + kHeadBytes;
  const std::string path = index.path(first);
  Remedy remedy = try_shell("truncate -s").argument(std::to_string(position)).argument(path);
  for (const LogOffset other : index.firsts())
    if (other > first) remedy = std::move(remedy).raw("&& rm").argument(index.path(other));
  if (first < index.firsts().back()) remedy = std::move(remedy).argument(index.newest_path());
  return fail(
      fmt::format("is damaged at byte {} (offset {} of the log)", position, bad), path,
      std::move(remedy).note("gives up what was acknowledged from there on; better bring the file back from a backup"));
}

}  // namespace

// --- reading

struct LogReader::State {
  static constexpr size_t kWindow = 256 << 10, kFirstLook = log_format::kGroupBytes + log_format::kFrameBytes;

  std::shared_ptr<const Index> index;
  LogOffset at = 0;
  Segment segment;  // open where file is
  File file;
  uint32_t salt = 0;
  std::string window{};  // bytes from window_at on
  LogOffset window_at = 0;

  Result<void> open_segment(const Segment& next) {
    const std::string path = index->path(next.first);
    file = File(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return errno == ENOENT ? dropped() : cannot("cannot be opened", path);
    char head[kHeadBytes];
    const size_t bytes = TRY(read_at(file.number(), head, sizeof head, 0, path));
    auto read = log_format::salt_of({head, bytes}, next.first);
    if (!read) return fail(read.error().message, path, "bring the file back from a backup");
    salt = *read;
    window.clear();
    return {};
  }

  std::unexpected<Error> dropped() const {
    return fail(fmt::format("offset {} of the log was dropped; the oldest kept is {}", at, index->first()), {},
                "read from the record what lies before that");
  }

  // At least `count` bytes from `at` on, or as many as the segment has.
  Result<std::string_view> look(size_t count) {
    count = std::min<uint64_t>(count, segment.until - at);
    const bool here = at >= window_at && at - window_at + count <= window.size();
    if (!here) {
      window.resize(std::min<uint64_t>(std::max(count, kWindow), segment.until - at));
      window_at = at;
      const auto position = static_cast<int64_t>(at - segment.first + kHeadBytes);
      const std::string path = index->path(segment.first);
      window.resize(TRY(read_at(file.number(), window.data(), window.size(), position, path)));
    }
    return std::string_view(window).substr(at - window_at);
  }

  Result<log_format::Frame> frame_here() {
    const std::string_view first_look = TRY(look(kFirstLook));
    auto frame = log_format::frame_at(first_look, at, salt);
    if (frame.state == log_format::Frame::State::TooShort && at + frame.bytes <= segment.until) {
      const std::string_view whole = TRY(look(frame.bytes));
      frame = log_format::frame_at(whole, at, salt);
    }
    return frame;
  }

  // Whether there is something to read; opens the segment that holds it.
  Result<bool> ready() {
    if (file && at < segment.until) return true;
    if (at >= index->end()) return false;
    const auto holding = index->holding(at);
    if (!holding) return dropped();
    if (!file || holding->first != segment.first) TRY(open_segment(*holding));
    segment = *holding;
    return true;
  }
};

LogReader::LogReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

Result<std::optional<LogFrame>> LogReader::next() {
  State& state = *state_;
  if (!TRY(state.ready())) return std::nullopt;
  const auto frame = TRY(state.frame_here());
  if (frame.state != log_format::Frame::State::Good) return damaged(*state.index, state.segment.first, state.at);
  const LogOffset offset = std::exchange(state.at, state.at + frame.bytes);
  return LogFrame{.offset = offset, .next = state.at, .payload = frame.payload};
}

// --- writing

struct Log::State {
  LogSettings settings;
  std::string folder;
  FileLock lock;
  std::shared_ptr<Index> index;
  File folder_file, file;  // of the last segment
  LogOffset first = 0;     // of the last segment
  uint32_t salt = 0;
  uint64_t torn = 0, torn_entries = 0;
  std::string id = {};
  uint64_t laid_out = 0;             // bytes of that file that are there already
  uint64_t grown = 0;                // by so much since there was a spare, or none could be made
  std::optional<Error> broken = {};  // why nothing can be appended any more
  std::string buffer = {};
  std::unique_ptr<Spare> spare = std::make_unique<Spare>();

  const LogDisk& disk() const {
    static const LogDisk system;
    return settings.disk ? *settings.disk : system;
  }
  int64_t position(LogOffset offset) const { return static_cast<int64_t>(offset - first + kHeadBytes); }

  Result<void> write_whole(const File& to, std::string_view bytes, int64_t at, const std::string& path) const;
  Result<File> make_segment(LogOffset offset, uint32_t with_salt, File made, const std::string& unfinished) const;
  Result<void> begin_segment(LogOffset offset);
  void look_after_spare();
  Result<void> open_last(LogOffset offset);
  Result<void> cut_tail(std::string_view bytes);
  std::unexpected<Error> break_down(const std::string& what);
};

Result<void> Log::State::write_whole(const File& to, std::string_view bytes, int64_t at,
                                     const std::string& path) const {
  while (!bytes.empty()) {
    const ssize_t step = disk().write_at(to.number(), bytes.data(), bytes.size(), at);
    if (step < 0 && errno == EINTR) continue;
    if (step < 0) return cannot("cannot be written", path);
    bytes.remove_prefix(static_cast<size_t>(step));
    at += step;
  }
  return {};
}

// The file gets its name once its head is on disk, so that a segment with a name has a whole head.
Result<File> Log::State::make_segment(LogOffset offset, uint32_t with_salt, File made,
                                      const std::string& unfinished) const {
  if (!made) return cannot("cannot be made", unfinished);
  const std::string path = index->path(offset);
  auto done = write_whole(made, log_format::segment_head(offset, with_salt), 0, unfinished);
  if (done && disk().sync(made.number()) != 0) done = cannot("cannot be written", unfinished);
  if (done && rename(unfinished.c_str(), path.c_str()) != 0) done = cannot("cannot be made", path);
  if (!done) {
    unlink(unfinished.c_str());
    return std::unexpected(std::move(done).error());
  }
  return made;
}

Result<void> Log::State::begin_segment(LogOffset offset) {
  uint32_t new_salt;
  std::memcpy(&new_salt, secret_bytes(sizeof new_salt).data(), sizeof new_salt);
  std::string unfinished = spare->path();
  File made = spare->is_there() ? spare->take() : File();
  const bool is_laid_out(made);
  if (!is_laid_out) {
    unfinished = index->path(offset) + std::string(kUnfinished);
    made = File(::open(unfinished.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  }
  made = TRY(make_segment(offset, new_salt, std::move(made), unfinished));
  if (fsync(folder_file.number()) != 0) return break_down("the folder cannot be written");
  // What was laid out and not needed; where a crash leaves it, it goes when the log is opened.
  if (laid_out > 0) (void)disk().cut(file.number(), position(offset));
  file = std::move(made);
  first = offset;
  salt = new_salt;
  laid_out = is_laid_out ? settings.segment_bytes : 0;
  grown = 0;
  // Where that cannot be written, it names an older segment, as after a crash here.
  (void)write_newest(folder, offset);
  return {};
}

// What could not be made is tried again when as much was written once more.
void Log::State::look_after_spare() {
  const uint64_t enough = laid_out > 0 ? settings.segment_bytes / 2 : settings.prepare_from;
  if (grown < enough || spare->is_there() || spare->is_being_made()) return;
  grown = 0;
  spare->make(folder + "/" + std::string(kSpare), settings.segment_bytes, disk());
}

std::unexpected<Error> Log::State::break_down(const std::string& what) {
  auto error = cannot(what + ", so it is not known what is on disk", folder);
  error.error().remedy = "check the disk (dmesg), then restart: what was acknowledged is read again";
  broken = error.error();
  return error;
}

// Cuts off what the scan says was never acknowledged. Whatever is kept is made certain: a group that a crash left whole
// between its write and its fdatasync may be in the system's memory only.
Result<void> Log::State::cut_tail(std::string_view bytes) {
  const log_format::Scan found = log_format::scan(bytes, first, salt);
  if (found.tail == log_format::Scan::Tail::Damaged) return damaged(*index, first, found.bad);
  index->set_end(found.end);
  const auto whole = static_cast<uint64_t>(position(found.end));
  torn = found.tail == log_format::Scan::Tail::Torn ? bytes.size() - whole : 0;
  torn_entries = torn > 0 ? log_format::frames_begun(bytes.substr(whole)) : 0;
  laid_out = torn > 0 || bytes.size() == whole ? 0 : bytes.size();
  if (torn > 0 && disk().cut(file.number(), static_cast<int64_t>(whole)) != 0)
    return cannot("the torn tail cannot be cut off", index->path(first));
  if (disk().sync(file.number()) != 0) return cannot("cannot be written", index->path(first));
  return {};
}

Result<void> Log::State::open_last(LogOffset offset) {
  const std::string path = index->path(offset);
  file = File(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return cannot("cannot be opened", path);
  first = offset;
  struct stat status{};
  if (fstat(file.number(), &status) != 0) return cannot("cannot be read", path);
  const auto size = static_cast<size_t>(status.st_size);
  const auto bytes = std::make_unique_for_overwrite<char[]>(size);
  const std::string_view whole(bytes.get(), TRY(read_at(file.number(), bytes.get(), size, 0, path)));
  auto read = log_format::salt_of(whole, offset);
  if (!read) return fail(read.error().message, path, "bring the file back from a backup");
  salt = *read;
  return cut_tail(whole);
}

namespace {

Result<void> make_folder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    const bool parent_missing = errno == ENOENT;
    auto error = cannot("the folder of the log cannot be made", folder);
    if (parent_missing) error.error().remedy = try_shell("mkdir -p").argument(folder);
    return error;
  }
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return fail("is not a folder, so it cannot hold the log", folder);
  const fs::path above = fs::path(folder).parent_path();
  const File parent(open(above.empty() ? "." : above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent) fsync(parent.number());
  return {};
}

// The segments of the folder, ascending, each as long as the distance to the next says (cut to it); unfinished ones are
// removed.
Result<std::vector<LogOffset>> segments_of(const std::string& folder) {
  std::vector<LogOffset> firsts;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (const auto first = log_format::first_of(name)) firsts.push_back(*first);
    if (name.ends_with(kUnfinished)) unlink(entry->path().c_str());
  }
  if (error) return fail("the folder of the log cannot be read: " + error.message(), folder);
  std::sort(firsts.begin(), firsts.end());
  for (size_t i = 0; i + 1 < firsts.size(); ++i) {
    const std::string path = folder + "/" + log_format::segment_name(firsts[i]);
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return cannot("cannot be read", path);
    const uint64_t size = static_cast<uint64_t>(status.st_size), want = firsts[i + 1] - firsts[i] + kHeadBytes;
    // Laid out, and not cut off before a crash.
    if (size > want && truncate(path.c_str(), static_cast<off_t>(want)) != 0) return cannot("cannot be cut", path);
    if (size < want)
      return fail(fmt::format("has {} bytes; the log goes on in {}, so it must have {}, or one between them is missing",
                              size, log_format::segment_name(firsts[i + 1]), want),
                  path, "bring the file back from a backup");
  }
  return firsts;
}

}  // namespace

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(const std::string& folder, const LogSettings& settings) {
  if (folder.empty()) return usage("the name of the log's folder is empty", "name one");
  TRY(make_folder(folder));
  auto state = std::make_unique<State>(State{.settings = settings, .folder = folder});
  state->lock = TRY(FileLock::take(folder, Sharing::Exclusive, "log"));
  state->folder_file = File(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!state->folder_file) return cannot("cannot be opened", folder);

  auto firsts = TRY(segments_of(folder));
  const auto known = TRY(read_identity(folder));
  TRY(check_identity(folder, known, firsts, settings.identity));
  state->id = known ? known->id : new_log_id();
  const bool is_new = firsts.empty();
  if (is_new) firsts.push_back(settings.begin);
  const LogOffset last = firsts.back();
  state->index = std::make_shared<Index>(folder, std::move(firsts), last);
  if (is_new)
    TRY(state->begin_segment(settings.begin));
  else
    TRY(state->open_last(last));
  if (!known) TRY(write_identity(folder, state->id));
  if (!known || known->newest != last) TRY(write_newest(folder, last));
  return std::unique_ptr<Log>(new Log(std::move(state)));
}

Result<LogOffset> Log::append(std::span<const std::string_view> payloads) {
  State& state = *state_;
  if (state.broken) return std::unexpected(*state.broken);
  const LogOffset at = state.index->end();
  if (payloads.empty()) return at;
  for (const std::string_view payload : payloads)
    if (payload.size() > state.settings.most_payload)
      return fail(fmt::format("an entry of {} bytes is too large for the log; at most {} fit", payload.size(),
                              state.settings.most_payload));
  if (log_format::group_bytes(payloads) > UINT32_MAX) return fail("a group of 4 GiB or more is too large for the log");

  const uint64_t bytes = log_format::group_bytes(payloads);
  const bool is_full = at - state.first >= state.settings.segment_bytes;
  const bool has_room = static_cast<uint64_t>(state.position(at)) + bytes <= state.laid_out;
  if (at > state.first && (is_full || (!has_room && state.spare->is_there()))) {
    TRY(state.begin_segment(at));
    state.index->add(at);
  }
  state.buffer.clear();
  log_format::append_group(state.buffer, at, state.salt, payloads);
  const std::string path = state.index->path(state.first);
  const auto written = state.write_whole(state.file, state.buffer, state.position(at), path);
  if (!written) {
    state.laid_out = 0;
    if (state.disk().cut(state.file.number(), state.position(at)) != 0)
      return state.break_down("a group that could not be written whole cannot be cut off either");
    return std::unexpected(written.error());
  }
  if (state.disk().sync(state.file.number()) != 0) {
    const auto error = state.break_down("cannot be written");
    // The caller will say "not taken", so that it had better not be there after the restart; but nothing is certain.
    (void)state.disk().cut(state.file.number(), state.position(at));
    return error;
  }
  state.index->set_end(at + state.buffer.size());
  state.grown += state.buffer.size();
  state.look_after_spare();
  if (state.buffer.capacity() > 4 << 20) state.buffer = {};
  return at;
}

LogOffset Log::first() const {
  return state_->index->first();
}

LogOffset Log::end() const {
  return state_->index->end();
}

const std::string& Log::identity() const {
  return state_->id;
}

uint64_t Log::torn_bytes() const {
  return state_->torn;
}

uint64_t Log::torn_entries() const {
  return state_->torn_entries;
}

Result<LogReader> Log::read_from(LogOffset offset) const {
  const LogOffset end = state_->index->end();
  if (offset > end)
    return fail(fmt::format("offset {} lies beyond the end of the log, {}", offset, end), state_->folder);
  auto state = std::make_unique<LogReader::State>(LogReader::State{.index = state_->index, .at = offset});
  if (TRY(state->ready())) {
    const auto frame = TRY(state->frame_here());
    if (frame.state != log_format::Frame::State::Good)
      return fail(fmt::format("no frame begins at offset {} of the log, or it is damaged", offset),
                  state->index->path(state->segment.first),
                  damaged(*state->index, state->segment.first, offset).error().remedy);
  }
  return LogReader(std::move(state));
}

Result<void> Log::drop_before(LogOffset offset) {
  State& state = *state_;
  const std::vector<LogOffset> firsts = state.index->firsts();
  for (size_t i = 0; i + 1 < firsts.size() && firsts[i + 1] <= offset; ++i) {
    const std::string path = state.index->path(firsts[i]);
    if (unlink(path.c_str()) != 0) return cannot("cannot be removed", path);
    state.index->drop_oldest();
    // One by one, so that a crash leaves no gap between those that are kept.
    if (fsync(state.folder_file.number()) != 0) return cannot("the folder cannot be written", state.folder);
  }
  return {};
}

}  // namespace tessera::store

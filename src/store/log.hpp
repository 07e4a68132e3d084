// The log: the ordered, durable list of everything that can change a membership or a message. An answer to the outside
// is given only after append() has returned; the record is filled behind it, and all state is a fold of it.
//
// A log is a folder of segment files, each named by the offset of its first byte (20 digits, ".log"); log_format.hpp
// says what is in them. An offset counts the bytes of all groups since the log began; it names a frame for ever,
// whatever segments are dropped later. Checksums cover it, so a frame that was copied to another place, or left over
// from an earlier file, does not pass for one.
//
// A group is on disk when append() returns: one write, one fdatasync (and one fsync of the folder where a segment was
// begun). Where much is written, the next segment is laid out beforehand, filled with zeros: a file that grows makes
// fdatasync wait for the file system's journal, and with it for whatever others write on that disk. It is there whole
// or not at all: what a crash leaves of a group that was not acknowledged is cut off when the log is opened (the torn
// tail). Damage to what was acknowledged is an error that names file and offset, for it must not vanish silently.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "core/result.hpp"
#include "store/log_offset.hpp"

namespace tessera::store {

// The system calls that a full or failing disk makes fail, with their results and errno; a test hands in its own.
class LogDisk {
 public:
  virtual ~LogDisk() = default;
  virtual ssize_t write_at(int file, const char* bytes, size_t count, int64_t at) const;
  virtual int sync(int file) const;  // fdatasync
  virtual int cut(int file, int64_t size) const;
};

struct LogSettings {
  uint64_t segment_bytes = 64 << 20;  // a new segment is begun when the last has grown beyond this
  uint64_t prepare_from = 1 << 20;    // the next segment is laid out beforehand once the log grew by so much
  uint32_t most_payload = 16 << 20;   // bytes; append() refuses larger ones
  LogOffset begin = 0;                // of a log that is made new: where the one that was lost had ended
  std::string identity = {};          // which log it must be (log_identity.hpp); empty: any
  const LogDisk* disk = nullptr;      // null: the system's; must outlive the log
};

struct LogFrame {
  LogOffset offset = 0, next = 0;  // of this frame and of the one behind it
  std::string_view payload;        // until the reader's next call
};

// Reads frames in order, from the files: on any one thread, beside the writer. It sees what is acknowledged, and after
// the end whatever is appended later. May outlive the log.
class LogReader {
 public:
  LogReader(LogReader&&) noexcept;
  ~LogReader();
  // nullopt at the end, for now. Error: damage, with file and offset; or the frames here have been dropped.
  Result<std::optional<LogFrame>> next();

 private:
  friend class Log;
  struct State;
  explicit LogReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Log {
 public:
  // Made where missing (its folder's parent must exist). One process holds a log (flock); the error names the holder.
  // Error where it is another one than was asked for, or lacks its newest file.
  // Cuts a torn tail off. Reads the last segment and the names of the others: what those hold is checked when read.
  static Result<std::unique_ptr<Log>> open(const std::string& folder, const LogSettings& settings = {});
  ~Log();

  // Offset of the first frame of the group, all of which are on disk. Error (disk full, I/O): nothing of the group is
  // in the log, and later calls may succeed again; after a failed fdatasync nothing can be known about the disk, so
  // every later call fails too ("restart"). A payload may be empty; a group of none does nothing. One thread at a time.
  Result<LogOffset> append(std::span<const std::string_view> payloads);

  // From any thread:
  LogOffset first() const;  // of the oldest frame kept
  LogOffset end() const;    // where the next frame will be
  const std::string& identity() const;
  // That open() cut off, and the entries that had begun in it.
  uint64_t torn_bytes() const, torn_entries() const;

  // From `offset`, which must be a frame's (or end()). Error where it was dropped or lies beyond the end.
  Result<LogReader> read_from(LogOffset offset) const;
  // Deletes whole segments that lie before `offset`, never the last one. One thread at a time, beside append().
  Result<void> drop_before(LogOffset offset);

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tessera::store

// The log: the ordered, durable list of everything that can change a membership or a message. An answer to the outside
// is given only after append() has returned; the record is filled behind it, and all state is a fold of it.
//
// A log is a folder of segment files, each named by the offset of its first byte (20 digits, ".log"). A frame is
//   length of the payload (u32), CRC-32C of offset, length and payload (u32), payload      little endian, on disk
// so a frame that was copied to another place, or left over from an earlier file, does not pass for one. An offset
// counts the bytes of all frames since the log began; it names a frame for ever, whatever segments are dropped later.
//
// A group is on disk when append() returns: one write, one fdatasync (and one fsync of the folder where a segment was
// begun). What a crash leaves of a group that was not acknowledged is cut off when the log is opened (the torn tail);
// damage before that is an error that names file and offset, for what was acknowledged must not vanish silently.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera::store {

using LogOffset = uint64_t;

struct LogSettings {
  uint64_t segment_bytes = 64 << 20;  // a new segment is begun when the last has grown beyond this
  uint32_t most_payload = 16 << 20;   // bytes; append() refuses larger ones
};

struct LogFrame {
  LogOffset offset = 0, next = 0;  // of this frame and of the one behind it
  std::string_view payload;        // until the reader's next call
};

// Reads frames in order, from files alone: safe beside a writer, up to what was on disk when it was opened or
// refreshed.
class LogReader {
 public:
  LogReader(LogReader&&) noexcept;
  ~LogReader();
  // nullopt at the end. Error: damage, with file and offset.
  Result<std::optional<LogFrame>> next();

 private:
  friend class Log;
  struct State;
  explicit LogReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Log {
 public:
  // Made where missing. One process holds a log (flock); the error names the holder. Cuts a torn tail off.
  static Result<std::unique_ptr<Log>> open(const std::string& folder, const LogSettings& settings = {});
  ~Log();

  // Offset of the first frame of the group, all of which are on disk. Error (disk full, I/O): nothing of the group is
  // in the log, and later calls may succeed again; after a failed fdatasync nothing can be known about the disk, so
  // every later call fails too ("restart"). One thread at a time.
  Result<LogOffset> append(std::span<const std::string_view> payloads);

  LogOffset first() const;      // of the oldest frame kept
  LogOffset end() const;        // where the next frame will be
  uint64_t torn_bytes() const;  // that open() cut off

  // From `offset`, which must be a frame's (or end()). Error where it was dropped or lies beyond the end.
  Result<LogReader> read_from(LogOffset offset) const;
  // Deletes whole segments that lie before `offset`.
  Result<void> drop_before(LogOffset offset);

 private:
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tessera::store

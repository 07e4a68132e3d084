// The file of a record, seen from outside DuckDB: is it one of ours, who holds it, and how a copy comes to be whole or
// not at all. A record is held by one process at a time; the lock is our own (flock), so that a second opening in this
// very process is noticed too, which DuckDB's lock cannot.
//
// A trap this file keeps us out of: closing any descriptor of a file drops the process's POSIX locks on it, DuckDB's
// among them. So while a record is open its bytes are read through the one descriptor that holds the lock.
#pragma once

#include <cstdint>
#include <string>

#include "core/progress.hpp"
#include "core/result.hpp"

namespace tessera::store {

enum class Sharing { Exclusive, Shared };

// Held from before DuckDB opens the file until after it has closed it.
class FileLock {
 public:
  FileLock() = default;
  // Error: who holds the file (or folder), with the process id where the system tells, and what to do.
  static Result<FileLock> take(const std::string& path, Sharing sharing, std::string_view what = "record");
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();
  int descriptor() const { return descriptor_; }

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// The error for "held by another": from our lock (holder 0 = not known) or from DuckDB's message about its own.
std::unexpected<Error> held_by(const std::string& path, int64_t holder, std::string_view what = "record");

// Refuses a file that this process holds already. To be asked before anything opens the file (see the trap above).
Result<void> refuse_if_open_here(const std::string& path);
// Refuses, with a message for each: a folder, a missing file, an empty file, a file that is no DuckDB database.
Result<void> check_is_database(const std::string& path);
// Refuses a folder that is missing or cannot be written, and a write-ahead log left there without its record.
Result<void> check_can_create(const std::string& path);

// Copies the bytes of an open file to a new one: written beside it, flushed to disk, then given its name, so that
// `to` is whole or is not. Error where `to` exists.
Result<void> copy_whole(int from, const std::string& to, Progress& progress);
// Gives the finished file its final name; error where that is taken.
Result<void> publish(const std::string& finished, const std::string& name);

// What helps where a name is taken, and where a record is damaged.
Remedy try_moving(const std::string& name, const std::string& aside);
Remedy try_restoring();

}  // namespace tessera::store

// What a command may touch beside its arguments: where its words go, the files it reads and writes, the record. So a
// command is a function from (arguments, record, files) to (words, files, exit code), and the same function serves the
// terminal and, on a server's own record, a client far away.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/record.hpp"
#include "workspace/holder.hpp"

namespace tessera::server {
struct Service;
}

namespace tessera::cli {

class World {
 public:
  virtual ~World() = default;
  // These bytes, to standard output (results) and standard error (notes).
  virtual void print(std::string_view bytes) = 0;
  virtual void note(std::string_view bytes) = 0;
  // Whether print() shows it to somebody at once: then numbers have their thousands apart, and times how long ago they were.
  virtual bool is_read_by_people() const { return false; }
  // A text file that the user named; UTF-8, at most 64 MB. Errors have the path.
  virtual Result<std::string> read(const std::string& path) = 0;
  // The file is whole or as it was; the folder it lies in is made.
  virtual Result<void> write(const std::string& path, std::string_view bytes) = 0;
  // A whole file of this machine, given to the user under another name, which must be free; it is gone here then.
  virtual Result<void> hand_over(const std::string& file, const std::string& path) = 0;
  // Whose record it is.
  virtual workspace::Holder& holder() = 0;
  // Errors are Record::open's.
  Result<std::shared_ptr<store::Record>> open_record(store::OpenMode mode) { return holder().open_record(mode); }
  // The server whose record it is; null: a file that nobody else holds.
  virtual server::Service* server() { return nullptr; }
};

// The process itself: its terminal, its disk, the record in a file.
class OwnWorld final : public World {
 public:
  OwnWorld(std::string store, const Clock& clock)
      : holder_(std::move(store), clock, [this](std::string_view text) { note(text); }) {}
  void print(std::string_view bytes) override;
  void note(std::string_view bytes) override;
  bool is_read_by_people() const override;
  Result<std::string> read(const std::string& path) override;
  Result<void> write(const std::string& path, std::string_view bytes) override;
  Result<void> hand_over(const std::string& file, const std::string& path) override;
  workspace::Holder& holder() override { return holder_; }

 private:
  workspace::FileHolder holder_;
};

}  // namespace tessera::cli

// Who holds the record that is worked on: a file that nobody else has open, or a running server, which lends
// connections to its own and whose engine must hear of every definition that comes into force.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "store/record.hpp"

namespace tessera::workspace {

// Definitions while an engine runs: when these return, they are in force and all that they changed is in the feed.
class LiveDefinitions {
 public:
  virtual ~LiveDefinitions() = default;
  virtual Result<void> apply(const std::string& text) = 0;
  virtual Result<void> remove(const std::string& slug) = 0;  // of a segment
};

class Holder {
 public:
  virtual ~Holder() = default;
  virtual bool has_record() = 0;
  // Errors are Record::open's. The record goes before its holder.
  virtual Result<std::shared_ptr<store::Record>> open_record(store::OpenMode mode) = 0;
  // Null: no engine runs on it.
  virtual LiveDefinitions* live() { return nullptr; }
};

// A record of an older version is brought up to date when it is opened, and `note` is told.
class FileHolder final : public Holder {
 public:
  using Note = std::function<void(std::string_view)>;
  FileHolder(std::string path, const Clock& clock, Note note)
      : path_(std::move(path)), clock_(clock), note_(std::move(note)) {}
  bool has_record() override;
  Result<std::shared_ptr<store::Record>> open_record(store::OpenMode mode) override;

 private:
  std::string path_;
  const Clock& clock_;
  Note note_;
};

}  // namespace tessera::workspace

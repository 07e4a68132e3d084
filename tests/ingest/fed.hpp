// A file written for the test and fed into a recording intake.
#pragma once

#include <fstream>

#include "ingest/import.hpp"
#include "ingest/recording.hpp"

namespace tessera::ingest {

// A folder of this process, emptied at its end.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("tessera-ingest-{}", getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, std::string_view text) const {
    const std::string path = (path_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct Fed {
  RecordingIntake intake;
  ImportReport report;
  std::optional<Error> error;

  const Findings& findings() const { return report.findings; }
  uint64_t rejects(const std::string& reason) const {
    const auto found = report.findings.rejects.find(reason);
    return found == report.findings.rejects.end() ? 0 : found->second.count;
  }
  uint64_t odd(const std::string& kind) const {
    const auto found = report.findings.odd.find(kind);
    return found == report.findings.odd.end() ? 0 : found->second.count;
  }
  uint64_t warnings(const std::string& reason) const {
    const auto found = report.findings.warnings.find(reason);
    return found == report.findings.warnings.end() ? 0 : found->second.count;
  }
};

inline Fed feed_path(const std::string& path, ImportOptions options = {}) {
  Fed fed;
  SilentProgress progress;
  if (options.learnt == Instant{}) options.learnt = *parse_instant("2026-03-01");
  auto result = feed_file(fed.intake, path, options, {}, progress, fed.report);
  if (!result) fed.error = result.error();
  return fed;
}

inline Fed feed(std::string_view text, ImportOptions options = {}, const std::string& name = "file.csv") {
  const Folder folder;
  return feed_path(folder.write(name, text), options);
}

}  // namespace tessera::ingest

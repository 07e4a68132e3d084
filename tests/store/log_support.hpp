// What the tests of the log share: groups of texts in and out, and the bytes of its files.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "store/log.hpp"
#include "store/scratch.hpp"

namespace tessera::store {

using Texts = std::vector<std::string>;

inline Result<LogOffset> append(Log& log, const Texts& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return log.append(views);
}

inline Result<Texts> texts_from(const Log& log, LogOffset offset) {
  LogReader reader = TRY(log.read_from(offset));
  Texts texts;
  while (const auto frame = TRY(reader.next())) texts.emplace_back(frame->payload);
  return texts;
}

inline std::string random_text(Rng& rng, size_t most) {
  std::string text(rng.below(most + 1), ' ');
  for (char& c : text) c = static_cast<char>(rng.between(1, 255));
  return text;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The segment files of a log's folder, in order, and what else lies there; not the files of its identity.
inline std::vector<std::filesystem::path> segments_in(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (const auto name = entry.path().filename(); name != "identity" && name != "newest")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

inline std::string text_of_error(const auto& result) {
  return result ? "no error" : result.error().text();
}

}  // namespace tessera::store

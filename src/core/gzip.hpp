// gzip: bodies that come or go compressed, and files that may be. zlib itself is in gzip.cpp alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera {

enum class Inflated : uint8_t { Whole, TooLarge, Damaged };

// gzip or zlib, one or several members, up to a limit: a small one that would become a large one is stopped there.
// `out` is at most `most` bytes.
Inflated inflate(std::string_view compressed, size_t most, std::string& out);
// How many bytes that would be, without holding them; counted up to a little more than `most`. nullopt: it is damaged.
std::optional<uint64_t> unpacked_bytes(std::string_view compressed, uint64_t most);
// By its first bytes.
bool is_gzipped(std::string_view bytes);
// For long answers and tests.
std::string gzipped(std::string_view text);

// A file read as what it says once unpacked: gzip (by its first bytes, not its name), or plain, which is read as it is.
class GzipFile {
 public:
  static Result<GzipFile> open(const std::string& path);

  // Appends at most `most` bytes to `out`; false at the end of the file. A gzip that is cut short fails, with what could
  // still be read in `out`.
  Result<bool> read(std::string& out, size_t most);
  // Bytes of the file itself, compressed ones for gzip, taken so far.
  uint64_t consumed() const;
  // REQUIRES: something was read.
  bool is_gzip() const;

 private:
  struct Close {
    void operator()(void* file) const;
  };
  GzipFile(void* file, std::string path) : file_(file), path_(std::move(path)) {}

  std::unique_ptr<void, Close> file_;  // zlib's gzFile, which its header makes no type that can be named here
  std::string path_;
};

}  // namespace tessera

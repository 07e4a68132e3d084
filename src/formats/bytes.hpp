// A file as a stream of bytes: plain or gzip (recognised by its first bytes, not its name). What is no text at all is
// refused here, by name where it is known (a workbook, a PDF ...), because everything above assumes text.
// Memory: one chunk.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera::formats {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Appends at most `most` bytes to `out`; false at the end of the file.
  virtual Result<bool> read(std::string& out, size_t most) = 0;
  // Bytes of the file (compressed ones for gzip) consumed so far, for progress.
  virtual uint64_t consumed() const = 0;
};

enum class FileKind { Text, Parquet };

struct OpenFile {
  std::string path;
  FileKind kind = FileKind::Text;
  bool is_gzip = false;
  uint64_t size = 0;  // bytes on disk
};

// Refuses what is missing, a directory, unreadable, empty, or known to be no text (with the command that makes text
// of it where there is one).
Result<OpenFile> examine_file(const std::string& path);

// Errors in the middle (a damaged gzip, a failing disk) come out of read().
Result<std::unique_ptr<ByteSource>> open_bytes(const OpenFile& file);

}  // namespace tessera::formats

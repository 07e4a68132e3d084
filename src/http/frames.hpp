// The answer to a command that runs in the server: what it says and the files it writes, in the order in which it does.
// A frame is a line "KIND BYTES" and so many bytes behind it:
//
//   out, err    bytes for standard output, standard error
//   file, new   a file begins; its bytes are the path, as the user named it. A new one must not exist
//   part, done  bytes of that file; it is whole
//   step        "DONE TOTAL WHAT": progress
//   beat        nothing, every 15 s in which nothing else is said
//   end         the exit code: the answer is whole
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera::http {

inline constexpr std::string_view kFramesType = "application/vnd.tessera.frames";
inline constexpr size_t kLargestFrame = 64 << 10;

std::string frame(std::string_view kind, std::string_view bytes);

struct Frame {
  std::string kind, bytes;
};

// Puts pieces together again, wherever they were cut.
class FrameReader {
 public:
  void take(std::string_view piece) { held_ += piece; }
  // nullopt: not whole yet. Error: these are no frames.
  Result<std::optional<Frame>> next();

 private:
  std::string held_;
  size_t at_ = 0;
};

}  // namespace tessera::http

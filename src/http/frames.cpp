#include "http/frames.hpp"

#include <charconv>

#include <fmt/format.h>

namespace tessera::http {

namespace {

constexpr size_t kLongestLine = 32;

}  // namespace

std::string frame(std::string_view kind, std::string_view bytes) {
  return fmt::format("{} {}\n{}", kind, bytes.size(), bytes);
}

Result<std::optional<Frame>> FrameReader::next() {
  const std::string_view rest = std::string_view(held_).substr(at_);
  const size_t line = rest.find('\n');
  const auto broken = fail("the answer is none of a Tessera server's", {}, "is this the server's address?");
  if (line == std::string_view::npos) {
    if (rest.size() > kLongestLine) return broken;
    return std::nullopt;
  }
  const size_t blank = rest.substr(0, line).find(' ');
  if (line > kLongestLine || blank == std::string_view::npos) return broken;
  size_t bytes = 0;
  const auto [end, error] = std::from_chars(rest.data() + blank + 1, rest.data() + line, bytes);
  if (error != std::errc() || end != rest.data() + line || bytes > kLargestFrame) return broken;
  if (rest.size() < line + 1 + bytes) return std::nullopt;
  Frame out{std::string(rest.substr(0, blank)), std::string(rest.substr(line + 1, bytes))};
  at_ += line + 1 + bytes;
  if (at_ > (1 << 20)) {
    held_.erase(0, at_);
    at_ = 0;
  }
  return out;
}

}  // namespace tessera::http

#include "store/log_format.hpp"

#include <cstring>

#include "store/crc32c.hpp"

namespace tessera::store::log_format {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::string_view kMagic = "TESSLOG1", kSuffix = ".log";
constexpr size_t kDigits = 20;

template <typename T>
T load(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <typename T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

uint32_t head_crc(LogOffset first, uint32_t salt) {
  return crc32c(bytes_of(salt), crc32c(kMagic, crc32c(bytes_of(first))));
}

uint32_t group_crc(LogOffset offset, uint32_t bytes, uint32_t salt) {
  return crc32c(bytes_of(bytes), crc32c(bytes_of(offset), salt));
}

uint32_t frame_crc(LogOffset offset, std::string_view payload, uint32_t salt) {
  const auto length = static_cast<uint32_t>(payload.size());
  return crc32c(payload, crc32c(bytes_of(length), crc32c(bytes_of(offset), salt)));
}

// The bytes of the group whose head begins here.
std::optional<uint32_t> group_at(std::string_view bytes, LogOffset offset, uint32_t salt) {
  if (bytes.size() < kGroupBytes || load<uint64_t>(bytes, 0) != offset) return std::nullopt;
  const auto size = load<uint32_t>(bytes, 8);
  if (load<uint32_t>(bytes, 12) != group_crc(offset, size, salt)) return std::nullopt;
  return size;
}

// The first bad frame of a group that lies in these bytes whole; nullopt where all are good.
std::optional<LogOffset> bad_frame_of(std::string_view group, LogOffset offset, uint32_t salt) {
  for (size_t at = 0; at < group.size();) {
    const Frame frame = frame_at(group.substr(at), offset + at, salt);
    if (frame.state != Frame::State::Good || frame.begins_group != (at == 0)) return offset + at;
    at += frame.bytes;
  }
  return std::nullopt;
}

// How much of the file lies before the zeros it ends with.
size_t without_zeros(std::string_view file) {
  static constexpr char kZeros[4096] = {};
  size_t size = file.size();
  while (size >= sizeof kZeros && std::memcmp(file.data() + size - sizeof kZeros, kZeros, sizeof kZeros) == 0)
    size -= sizeof kZeros;
  while (size > 0 && file[size - 1] == 0) --size;
  return size;
}

bool has_group_behind(std::string_view file, size_t from, LogOffset first, uint32_t salt) {
  for (size_t at = from; at + kGroupBytes <= file.size(); ++at)
    if (group_at(file.substr(at, kGroupBytes), first + at - kHeadBytes, salt)) return true;
  return false;
}

// Whether one of the sectors of file[from, until) has nothing but zeros in its part of it.
bool has_blank_sector(std::string_view file, size_t from, size_t until) {
  while (from < until) {
    const size_t next = std::min(until, (from / kSector + 1) * kSector);
    if (file.substr(from, next - from).find_first_not_of('\0') == std::string_view::npos) return true;
    from = next;
  }
  return false;
}

}  // namespace

std::string segment_name(LogOffset first) {
  return fmt::format("{:020}{}", first, kSuffix);
}

std::optional<LogOffset> first_of(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  LogOffset first = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, first);
  if (error != std::errc{} || end != name.data() + kDigits) return std::nullopt;
  return first;
}

std::string segment_head(LogOffset first, uint32_t salt) {
  std::string head(kMagic);
  head += bytes_of(salt);
  head += bytes_of(head_crc(first, salt));
  return head;
}

Result<uint32_t> salt_of(std::string_view file, LogOffset first) {
  if (file.size() < kHeadBytes)
    return fail(fmt::format("is {} bytes long, shorter than the head of a log file", file.size()));
  if (!file.starts_with(kMagic)) {
    if (file.starts_with(kMagic.substr(0, kMagic.size() - 1)))
      return fail("was written by another version of Tessera, in a layout this program does not know");
    return fail("is not a file of the log");
  }
  const auto salt = load<uint32_t>(file, kMagic.size());
  if (load<uint32_t>(file, kMagic.size() + 4) != head_crc(first, salt))
    return fail("has a damaged head, or was given another name");
  return salt;
}

uint64_t group_bytes(std::span<const std::string_view> payloads) {
  uint64_t bytes = kGroupBytes + kFrameBytes * payloads.size();
  for (const std::string_view payload : payloads) bytes += payload.size();
  return bytes;
}

void append_group(std::string& to, LogOffset offset, uint32_t salt, std::span<const std::string_view> payloads) {
  const auto bytes = static_cast<uint32_t>(group_bytes(payloads));
  to.reserve(to.size() + bytes);
  to += bytes_of(offset);
  to += bytes_of(bytes);
  to += bytes_of(group_crc(offset, bytes, salt));
  uint64_t head = kGroupBytes;  // the first frame has the group's offset
  for (const std::string_view payload : payloads) {
    to += bytes_of(static_cast<uint32_t>(payload.size()));
    to += bytes_of(frame_crc(offset, payload, salt));
    to += payload;
    offset += std::exchange(head, 0) + kFrameBytes + payload.size();
  }
}

Frame frame_at(std::string_view bytes, LogOffset offset, uint32_t salt) {
  Frame frame;
  frame.begins_group = group_at(bytes, offset, salt).has_value();
  const size_t head = (frame.begins_group ? kGroupBytes : 0) + kFrameBytes;
  frame.bytes = head;
  if (bytes.size() >= head) frame.bytes += load<uint32_t>(bytes, head - kFrameBytes);
  if (bytes.size() < frame.bytes || bytes.size() < head) {
    frame.state = Frame::State::TooShort;
    return frame;
  }
  frame.payload = bytes.substr(head, frame.bytes - head);
  const bool good = load<uint32_t>(bytes, head - 4) == frame_crc(offset, frame.payload, salt);
  frame.state = good ? Frame::State::Good : Frame::State::Bad;
  return frame;
}

Scan scan(std::string_view file, LogOffset first, uint32_t salt) {
  // A payload may end with zeros, so where the groups end is found by reading them.
  const size_t used = without_zeros(file);
  size_t at = kHeadBytes;
  while (at < used) {
    const LogOffset offset = first + at - kHeadBytes;
    const auto bytes = group_at(file.substr(at), offset, salt);
    const size_t until = bytes ? at + *bytes : used;
    const bool fits = until <= file.size() && until - at >= kGroupBytes + kFrameBytes;
    LogOffset bad = offset;
    if (bytes && fits) {
      const auto bad_frame = bad_frame_of(file.substr(at, *bytes), offset, salt);
      if (!bad_frame) {
        at = until;
        continue;
      }
      bad = *bad_frame;
    }
    const bool torn =
        (!fits || has_blank_sector(file, at, until)) && !has_group_behind(file.substr(0, used), at + 1, first, salt);
    return {torn ? Scan::Tail::Torn : Scan::Tail::Damaged, offset, bad};
  }
  return {Scan::Tail::Whole, first + at - kHeadBytes, 0};
}

size_t frames_begun(std::string_view torn) {
  size_t frames = 0;
  for (size_t at = kGroupBytes; at + kFrameBytes <= torn.size(); ++frames) {
    const auto length = load<uint32_t>(torn, at);
    if (length == 0 && load<uint32_t>(torn, at + 4) == 0) break;  // a sector that did not arrive
    at += kFrameBytes + length;
  }
  return std::max<size_t>(frames, 1);
}

}  // namespace tessera::store::log_format

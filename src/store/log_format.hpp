// What the bytes of a segment file mean, as pure functions: what is a frame, where does the good part end, and is what
// lies behind it a torn tail (of a group that was never acknowledged) or damage (to one that was)? All little endian:
//
//   file   "TESSLOG1", salt (u32), CRC of first offset, magic and salt (u32), groups
//   group  its offset (u64), its bytes, these 16 included (u32), CRC of offset and bytes (u32), frames
//   frame  length of the payload (u32), CRC of offset, length and payload (u32), payload
//
// The first frame of a group has the group's offset. Checksums start from the file's random salt, so neither what was
// left over from another file nor bytes that somebody had us log pass for a group or a frame. Behind the last group
// there may be zeros: room that was laid out before it is needed.
//
// Torn or damaged? A group that came whole to the disk and was acknowledged before the next one was begun leaves proof:
// a group behind it, or no sector of it missing. So a bad group is a torn one only if nothing valid lies behind it and
// the file ends within it or one of its 512-byte sectors holds nothing but zeros (what a file system shows for a page
// that did not arrive, and what was there before it). Stored on disk, never change: a new layout is a new magic.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "store/log_offset.hpp"

namespace tessera::store::log_format {

inline constexpr size_t kHeadBytes = 16, kGroupBytes = 16, kFrameBytes = 8, kSector = 512;

std::string segment_name(LogOffset first);  // "00000000000000000000.log"
std::optional<LogOffset> first_of(std::string_view segment_name);

std::string segment_head(LogOffset first, uint32_t salt);
// Error (without place): what the head is instead.
Result<uint32_t> salt_of(std::string_view file, LogOffset first);

uint64_t group_bytes(std::span<const std::string_view> payloads);
// REQUIRES: group_bytes(payloads) fits in 32 bits.
void append_group(std::string& to, LogOffset offset, uint32_t salt, std::span<const std::string_view> payloads);

struct Frame {
  enum class State { Good, TooShort, Bad } state = State::Bad;
  bool begins_group = false;
  uint64_t bytes = 0;        // Good: of the frame, with the head of its group; TooShort: needed to tell
  std::string_view payload;  // Good
};
// The frame that begins with the first of these bytes, whose offset this is.
Frame frame_at(std::string_view bytes, LogOffset offset, uint32_t salt);

struct Scan {
  enum class Tail { Whole, Torn, Damaged } tail = Tail::Whole;
  LogOffset end = 0;  // behind the last good group
  LogOffset bad = 0;  // Torn, Damaged: the first bad frame
};
// The whole file of the last segment, its head being good. Linear in its size.
Scan scan(std::string_view file, LogOffset first, uint32_t salt);

// How many frames had begun in a group that never arrived whole. What is missing may be any of it: a number to show.
size_t frames_begun(std::string_view torn);

}  // namespace tessera::store::log_format

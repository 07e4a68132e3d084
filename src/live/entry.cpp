#include "live/entry.hpp"

#include <cstring>

#include "store/record_file.hpp"

namespace tessera::live {

namespace {

void put_text(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += text;
}

// False where the bytes end too early.
bool take_text(std::string_view& bytes, std::string_view& text) {
  uint32_t size;
  if (bytes.size() < sizeof size) return false;
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  if (bytes.size() < size) return false;
  text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

}  // namespace

std::string encode(const LogEntry& entry) {
  const auto payload = payload_of(entry.kind);
  VERIFY(payload.has_value());
  std::string out(1, static_cast<char>(entry.kind));
  out.append(reinterpret_cast<const char*>(&entry.learnt.ms), sizeof entry.learnt.ms);
  if (*payload == Payload::Calls)
    for (const LogEntry::Call& call : entry.calls)
      for (const std::string_view text : {call.source, call.type, call.body}) put_text(out, text);
  if (*payload == Payload::Text) put_text(out, entry.text);
  return out;
}

Result<LogEntry> decode(std::string_view bytes) {
  const auto bad = [] {
    return fail("an entry of the log cannot be read: it was written by a newer version, or is damaged", {},
                store::try_restoring());
  };
  LogEntry entry;
  if (bytes.size() < 1 + sizeof entry.learnt.ms) return bad();
  entry.kind = static_cast<EntryKind>(bytes[0]);
  const auto payload = payload_of(entry.kind);
  if (!payload) return bad();
  std::memcpy(&entry.learnt.ms, bytes.data() + 1, sizeof entry.learnt.ms);
  bytes.remove_prefix(1 + sizeof entry.learnt.ms);
  while (*payload == Payload::Calls && !bytes.empty()) {
    LogEntry::Call& call = entry.calls.emplace_back();
    if (!take_text(bytes, call.source) || !take_text(bytes, call.type) || !take_text(bytes, call.body)) return bad();
  }
  if (*payload == Payload::Text && !take_text(bytes, entry.text)) return bad();
  if (!bytes.empty()) return bad();
  return entry;
}

}  // namespace tessera::live

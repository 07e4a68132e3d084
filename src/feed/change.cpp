#include "feed/change.hpp"

#include <charconv>

namespace tessera::feed {

namespace {

constexpr std::string_view kKinds[] = {"", "entered", "left", "voided", "merged"};
constexpr std::string_view kCauses[] = {"", "event", "time", "definition", "identity"};

}  // namespace

std::string text_of(ChangeId id) {
  return std::to_string(id.offset) + "-" + std::to_string(id.ordinal);
}

std::optional<ChangeId> parse_change_id(std::string_view text) {
  ChangeId id;
  const char* const end = text.data() + text.size();
  const auto offset = std::from_chars(text.data(), end, id.offset);
  if (offset.ec != std::errc{} || offset.ptr == end || *offset.ptr != '-') return std::nullopt;
  const auto ordinal = std::from_chars(offset.ptr + 1, end, id.ordinal);
  if (ordinal.ec != std::errc{} || ordinal.ptr != end) return std::nullopt;
  return id;
}

Json json_of(const Change& change) {
  Json out = Json::object();
  out.set("id", text_of(change.id)).set("customer", change.customer).set("segment", change.segment);
  out.set("version", uint64_t{change.version})
      .set("change", std::string_view(kKinds[static_cast<size_t>(change.kind)]))
      .set("is_member", change.is_member);
  out.set("at", text_of(change.at)).set("learnt", text_of(change.learnt));
  out.set("cause", std::string_view(kCauses[static_cast<size_t>(change.cause)]));
  if (change.correction_of) out.set("correction_of", text_of(*change.correction_of));
  if (!change.into.empty()) out.set("into", change.into);
  return out;
}

}  // namespace tessera::feed

#include "workspace/moment.hpp"

#include <array>

#include <fmt/format.h>

#include "profiles/newest_event.hpp"

namespace tessera::workspace {

std::string_view name_of(Moment::Is is) {
  constexpr std::array<std::string_view, 3> kNames{"given", "now", "newest"};
  return kNames[static_cast<size_t>(is)];
}

std::optional<LookFrom> look_from_named(std::string_view word) {
  if (word == "now") return LookFrom::Now;
  if (word == "newest") return LookFrom::Newest;
  return std::nullopt;
}

Result<Moment> moment_of(Holder& holder, const Clock& clock, std::optional<Instant> given, LookFrom from,
                         Instant known_at, store::Connection& connection) {
  if (given) return Moment{*given, Moment::Is::Given};
  const bool is_usual = from == LookFrom::Usual;
  const Moment now{clock.now(), Moment::Is::Now, is_usual};
  if (from == LookFrom::Now || (is_usual && holder.live())) return now;
  const auto newest = TRY(profiles::newest_event(connection, now.at, known_at));
  if (!newest || (is_usual && now.at - *newest <= kFresh)) return now;
  return Moment{*newest, Moment::Is::Newest, is_usual};
}

std::string text_of(const Moment& moment) {
  return fmt::format("looking from {}, your newest event; --as-of now for today",
                     tessera::text_of(moment.at).substr(0, 10));
}

}  // namespace tessera::workspace

#include <charconv>
#include <cstdio>

#include "cli/command.hpp"

namespace tessera::cli {

bool Arguments::has(std::string_view name) const {
  return std::any_of(given_.begin(), given_.end(), [&](const auto& one) { return one.first == name; });
}

std::optional<std::string> Arguments::text(std::string_view name) const {
  for (auto one = given_.rbegin(); one != given_.rend(); ++one)
    if (one->first == name) return one->second;
  return std::nullopt;
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [given, value] : given_)
    if (given == name) out.push_back(value);
  return out;
}

Result<std::optional<int64_t>> Arguments::whole(std::string_view name, int64_t least, int64_t most) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  int64_t value = 0;
  const char* end = given->data() + given->size();
  const auto [stop, error] = std::from_chars(given->data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most)
    return usage(fmt::format("--{} takes a whole number from {} to {}, not '{}'", name, least, most, *given));
  return value;
}

Result<std::optional<Instant>> Arguments::instant(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto value = parse_instant(*given);
  if (!value)
    return usage(fmt::format("--{} takes a time such as 2026-03-01 or 2026-03-01T10:00:00Z, not '{}'", name, *given));
  return value;
}

Result<std::optional<Duration>> Arguments::duration(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto value = parse_duration(*given);
  if (!value) return usage(fmt::format("--{} takes a duration such as '365d' or '90 minutes', not '{}'", name, *given));
  return value;
}

void Context::print(std::string_view text) const {
  world.print(text);
  if (!text.ends_with('\n')) world.print("\n");
}

void Context::note(std::string_view text) const {
  world.note(text);
  if (!text.ends_with('\n')) world.note("\n");
}

std::string help_of(const Option& option) {
  if (option.otherwise.empty()) return std::string(option.help);
  return fmt::format("{} (default: {})", option.help, option.otherwise);
}

}  // namespace tessera::cli

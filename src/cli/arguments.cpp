#include <charconv>
#include <cstdio>

#include "cli/command.hpp"
#include "core/text.hpp"

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
    return usage(fmt::format("--{} takes a time such as 2026-03-01 or 2026-03-01T10:00:00Z{}, not '{}'", name,
                             name == "as-of" ? ", now or newest" : "", *given));
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

namespace {

struct Span {
  Duration each;
  std::string_view word;
};
constexpr Span kSpans[] = {{kDay * 365, "year"},   {kDay * 30, "month"}, {kDay, "day"},
                           {kMinute * 60, "hour"}, {kMinute, "minute"},  {kSecond, "second"}};

// "3 days ago", "in 2 hours": the largest whole span.
std::string how_long(Duration since) {
  const Duration length{since.ms < 0 ? -since.ms : since.ms};
  for (const Span& span : kSpans) {
    const int64_t count = length.ms / span.each.ms;
    if (count == 0) continue;
    const std::string words = fmt::format("{} {}{}", count, span.word, count == 1 ? "" : "s");
    return since.ms < 0 ? "in " + words : words + " ago";
  }
  return "now";
}

}  // namespace

std::string Context::shown(uint64_t count) const {
  return world.is_read_by_people() ? grouped(static_cast<double>(count)) : std::to_string(count);
}

std::string Context::shown(Instant at) const {
  const bool is_plain = !world.is_read_by_people() || at <= kEver || at >= kNever;
  return is_plain ? text_of(at) : fmt::format("{} ({})", text_of(at), how_long(clock.now() - at));
}

std::string help_of(const Option& option) {
  if (option.otherwise.empty()) return std::string(option.help);
  return fmt::format("{} (default: {})", option.help, option.otherwise);
}

}  // namespace tessera::cli

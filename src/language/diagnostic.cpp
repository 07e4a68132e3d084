#include "language/diagnostic.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::language {

namespace {

// A definition may be one long line; what is shown is the part around the place.
constexpr size_t kWidest = 160, kBefore = 80;

size_t code_points(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool inside_code_point(std::string_view text, size_t at) {
  return at < text.size() && (text[at] & 0xC0) == 0x80;
}

std::string caret_line(std::string_view before) {
  std::string out;
  for (const char c : before)
    if ((c & 0xC0) != 0x80) out += c == '\t' ? '\t' : ' ';
  return out + "^";
}

std::string render_one(const Diagnostic& diagnostic, std::string_view source, std::string_view file) {
  const size_t at = std::min<size_t>(diagnostic.span.from, source.size());
  const size_t start = at == 0 ? 0 : source.rfind('\n', at - 1) + 1;  // npos + 1 = 0
  const size_t stop = std::min(source.find('\n', at), source.size());
  const auto line = std::ranges::count(source.substr(0, at), '\n') + 1;
  const size_t column = code_points(source.substr(start, at - start)) + 1;
  std::string out = file.empty() ? std::string() : fmt::format("{}:", file);
  out += fmt::format("{}:{}: {}{}\n", line, column, diagnostic.severity == Severity::Warning ? "warning: " : "",
                     diagnostic.message);
  size_t from = start, to = stop;
  if (stop - start > kWidest) {
    from = at - start > kBefore ? at - kBefore : start;
    to = std::min(stop, from + kWidest);
    while (inside_code_point(source, from)) ++from;
    while (inside_code_point(source, to)) --to;
  }
  std::string shown(source.substr(from, to - from));
  while (!shown.empty() && (shown.back() == '\r' || shown.back() == ' ')) shown.pop_back();
  if (trim(shown).empty()) return out;
  return out + fmt::format("  {}\n  {}\n", shown, caret_line(source.substr(from, at - from)));
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::Error; });
}

std::string render(const Diagnostics& diagnostics, std::string_view source, std::string_view file) {
  Diagnostics sorted = diagnostics;
  std::ranges::stable_sort(sorted, {}, [](const Diagnostic& d) { return d.span.from; });
  std::string out;
  const Diagnostic* last = nullptr;
  for (const Diagnostic& diagnostic : sorted) {
    if (!last || !(*last == diagnostic)) out += render_one(diagnostic, source, file);
    last = &diagnostic;
  }
  return out;
}

Error error_of(const Diagnostics& diagnostics, std::string_view source, std::string_view file) {
  std::string text = render(diagnostics, source, file);
  if (!text.empty()) text.pop_back();
  const auto helps = [](const Diagnostic& one) { return one.severity == Severity::Error && !one.remedy.empty(); };
  const auto helpful = std::ranges::find_if(diagnostics, helps);
  return Error{
      .message = std::move(text), .place = {}, .remedy = helpful == diagnostics.end() ? Remedy() : helpful->remedy};
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates, char quote) {
  const auto nearest = nearest_name(name, candidates);
  return nearest ? fmt::format("; did you mean {}{}{}?", quote, *nearest, quote) : std::string();
}

}  // namespace tessera::language

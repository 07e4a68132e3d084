#include "server/remedies.hpp"

#include <algorithm>

#include "core/remedy_json.hpp"
#include "core/text.hpp"

namespace tessera::server {

namespace {

using Part = Advice::Part;
using Fit = Advice::Part::Fit;

// The routes that show what a verb shows; whoever asks by HTTP is told of these.
struct Shown {
  std::string_view verb, link;
};
constexpr Shown kShown[] = {
    {"segments list", "/api/v1/segments"},
    {"keys list", "/api/v1/sources"},
    {"discoveries", "/api/v1/discoveries"},
};

void set_action(Json& document, std::string_view member, std::string text) {
  const Json* action = document.find("action");
  if (!action) return;
  Json changed = *action;
  changed.set(std::string(member), std::move(text));
  document.set("action", std::move(changed));
}

std::string parameter_of(const Part& part) {
  return part.option.substr(std::min(part.option.find_first_not_of('-'), part.option.size()));
}

// nullopt: not every part is a parameter with a value that is known.
std::optional<std::string> link_of(const Advice& advice, const http::Request& request,
                                   std::span<const std::string_view> known) {
  auto members = http::Query::parse(request.query).members();
  for (const Part& part : advice.parts) {
    const std::string name = parameter_of(part);
    if (std::ranges::find(known, name) == known.end() || part.fit == Fit::Blank) return std::nullopt;
    std::erase_if(members, [&](const auto& member) { return member.first == name; });
    if (part.fit == Fit::Given) members.emplace_back(name, part.value);
  }
  std::string query;
  for (const auto& [name, value] : members)
    query += (query.empty() ? "?" : "&") + http::percent_encoded(name) +
             (value.empty() ? "" : "=" + http::percent_encoded(value));
  return request.path + query;
}

}  // namespace

void put_advice(Json& document, const Remedy& remedy) {
  put_remedy(document, remedy);
  const Advice& advice = remedy.advice();
  if (advice.kind != Advice::Kind::Command) return;
  for (const Shown& shown : kShown)
    if (shown.verb == advice.words) {
      document.set("remedy", try_get(std::string(shown.link)).note(advice.note).text());
      set_action(document, "link", std::string(shown.link));
    }
}

void put_again(Json& document, const Remedy& remedy, const http::Request& request,
               std::span<const std::string_view> known) {
  const Advice& advice = remedy.advice();
  if (advice.kind != Advice::Kind::Again) return;
  const auto link = link_of(advice, request, known);
  if (!link) return;
  const std::string note = advice.note.empty() ? "" : "   # " + advice.note;
  document.set("remedy", repair_utf8(fmt::format("{} {}{}", request.method, *link, note)));
  set_action(document, "method", request.method);
  set_action(document, "link", *link);
}

}  // namespace tessera::server

#include "core/remedy_json.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace tessera {

using Part = Advice::Part;
using Fit = Advice::Part::Fit;
using Kind = Advice::Kind;

namespace {

// Of the API, never renamed.
constexpr std::array<std::string_view, 5> kKinds = {"sentence", "command", "again", "shell", "get"};
constexpr std::array<std::string_view, 5> kFits = {"given", "blank", "files", "raw", "gone"};

template <typename Enum, size_t N>
Enum enum_of(const std::array<std::string_view, N>& names, const Json* name) {
  const auto found = std::ranges::find(names, name ? name->text_or("") : "");
  return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

std::string text_in(const Json& object, std::string_view member) {
  const Json* found = object.find(member);
  return found ? found->text_or("") : "";
}

Json json_of(const Part& part) {
  Json out = Json::object();
  if (!part.option.empty()) out.set("option", part.option);
  if (!part.value.empty()) out.set("value", repair_utf8(part.value));
  if (part.fit != Fit::Given) out.set("fit", kFits[static_cast<size_t>(part.fit)]);
  return out;
}

Json json_of(const Remedy& remedy) {
  const Advice& advice = remedy.advice();
  Json parts = Json::array();
  for (const Part& part : advice.parts) parts.add(json_of(part));
  Json out = Json::object().set("kind", kKinds[static_cast<size_t>(advice.kind)]);
  if (!advice.words.empty()) out.set(advice.kind == Kind::Get ? "link" : "command", advice.words);
  if (!advice.parts.empty()) out.set("parts", std::move(parts));
  if (!advice.store.empty()) out.set("store", repair_utf8(advice.store));
  if (!advice.note.empty()) out.set("note", repair_utf8(advice.note));
  if (advice.kind != Kind::Get) out.set("line", repair_utf8(remedy.line()));
  return out;
}

}  // namespace

void put_remedy(Json& document, const Remedy& remedy) {
  if (remedy.empty()) return;
  document.set("remedy", repair_utf8(remedy.text()));
  if (remedy.advice().kind != Kind::Sentence) document.set("action", json_of(remedy));
}

Remedy remedy_from(const Json& document) {
  const Json* action = document.find("action");
  if (!action || !action->as_object()) return text_in(document, "remedy");
  Advice out{.kind = enum_of<Kind>(kKinds, action->find("kind"))};
  out.words = text_in(*action, out.kind == Kind::Get ? "link" : "command");
  out.store = text_in(*action, "store");
  out.note = text_in(*action, "note");
  const Json* parts = action->find("parts");
  for (const Json& part : parts && parts->as_array() ? *parts->as_array() : Json::Array{})
    out.parts.push_back({text_in(part, "option"), text_in(part, "value"), enum_of<Fit>(kFits, part.find("fit"))});
  // A kind that is not known here.
  if (out.kind == Kind::Sentence) return text_in(document, "remedy");
  return Remedy(std::move(out));
}

}  // namespace tessera

#include "profiles/ruling.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tessera::profiles {

namespace {

constexpr size_t kLongestText = 500;

struct KindName {
  RulingKind kind;
  std::string_view name;
};
constexpr KindName kKinds[] = {{RulingKind::Link, "link"},
                               {RulingKind::Unlink, "unlink"},
                               {RulingKind::Mark, "mark"},
                               {RulingKind::Unmark, "unmark"},
                               {RulingKind::Consent, "consent"},
                               {RulingKind::Block, "block"},
                               {RulingKind::Unblock, "unblock"},
                               {RulingKind::Allow, "allow"},
                               {RulingKind::StaffDomain, "staff domain"},
                               {RulingKind::ConsentCategory, "consent category"}};

std::string text_in(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  return found ? std::string(trim(found->text_or(""))) : std::string();
}

std::unexpected<Error> wrong(std::string what, std::string remedy) {
  return usage(std::move(what), std::move(remedy));
}

// The members each kind needs, with an example to paste.
Result<void> fill(Ruling& ruling, const Json& json) {
  switch (ruling.kind) {
    case RulingKind::StaffDomain:
      ruling.value = fold_case(text_in(json, "value"));
      if (ruling.value.find('.') == std::string::npos || ruling.value.find('@') != std::string::npos)
        return wrong("'value' is a domain of e-mail addresses", R"({"ruling": "staff domain", "value": "shop.com"})");
      return {};
    case RulingKind::ConsentCategory:
      ruling.value = text_in(json, "value");
      ruling.purpose = text_in(json, "purpose");
      if (ruling.value.empty() ||
          (ruling.purpose != "collection" && ruling.purpose != "profiling" && ruling.purpose != "none"))
        return wrong("a consent category has a name ('value') and a 'purpose': collection, profiling or none",
                     R"({"ruling": "consent category", "value": "C0002", "purpose": "collection"})");
      return {};
    default:
      break;
  }
  const Json* who = json.find("who");
  if (!who)
    return wrong("'who' is missing: the customer, by one identifier",
                 fmt::format(R"({{"ruling": "{}", "who": {{"user_id": "u1"}}}})", name_of(ruling.kind)));
  ruling.who = TRY(parse_identifier(*who));
  if (ruling.kind == RulingKind::Link || ruling.kind == RulingKind::Unlink) {
    const Json* other = json.find("other");
    if (!other)
      return wrong("'other' is missing: the second identifier",
                   R"({"ruling": "unlink", "who": {"user_id": "u1"}, "other": {"email": "a@b.com"}})");
    ruling.other = TRY(parse_identifier(*other));
    if (ruling.who == ruling.other) return wrong("'who' and 'other' are the same identifier", "name two");
    if (ruling.kind == RulingKind::Link && ruling.who->kind == IdentifierKind::UserId &&
        ruling.other->kind == IdentifierKind::UserId)
      return wrong(fmt::format("user ids '{}' and '{}' cannot be one customer: a customer has at most one user id",
                               ruling.who->value, ruling.other->value),
                   "link an e-mail, a phone or an anonymous id to one of them");
  }
  if (ruling.kind == RulingKind::Mark) {
    ruling.mark = mark_named(text_in(json, "as"));
    if (!ruling.mark)
      return wrong("'as' is bot, staff or test", R"({"ruling": "mark", "who": {"user_id": "u1"}, "as": "bot"})");
  }
  if (ruling.kind == RulingKind::Consent) {
    for (const auto& [name, to] : {std::pair("collection", &ruling.collection), {"profiling", &ruling.profiling}})
      if (const Json* said = json.find(name)) {
        if (!said->as_bool()) return wrong(fmt::format("'{}' is true or false", name), "");
        *to = *said->as_bool();
      }
    if (!ruling.collection && !ruling.profiling)
      return wrong("consent is said of collection or of profiling",
                   R"({"ruling": "consent", "who": {"user_id": "u1"}, "collection": false})");
  }
  return {};
}

}  // namespace

std::string_view name_of(RulingKind kind) {
  for (const KindName& known : kKinds)
    if (known.kind == kind) return known.name;
  return "";
}

std::optional<RulingKind> ruling_named(std::string_view name) {
  for (const KindName& known : kKinds)
    if (known.name == name) return known.kind;
  return std::nullopt;
}

Result<Ruling> parse_ruling(const Json& json) {
  if (!json.as_object())
    return wrong("a ruling is a JSON object", R"({"ruling": "mark", "who": {"user_id": "u1"}, "as": "bot"})");
  const std::string name = text_in(json, "ruling");
  const auto kind = ruling_named(name);
  if (!kind)
    return wrong(fmt::format("there is no ruling '{}'", name),
                 "link, unlink, mark, unmark, consent, block, unblock, allow, staff domain or consent category");
  Ruling out{.kind = *kind};
  TRY(fill(out, json));
  out.reason = text_in(json, "reason");
  out.by = text_in(json, "by");
  for (const std::string* text : {&out.reason, &out.by, &out.value})
    if (text->size() > kLongestText || first_invalid_utf8(*text))
      return wrong(fmt::format("'reason', 'by' and 'value' are texts of at most {} bytes", kLongestText), "");
  return out;
}

Json json_of(const Ruling& ruling) {
  Json out = Json::object().set("ruling", name_of(ruling.kind));
  if (ruling.who) out.set("who", json_of(*ruling.who));
  if (ruling.other) out.set("other", json_of(*ruling.other));
  if (ruling.mark) out.set("as", name_of(*ruling.mark));
  if (ruling.collection) out.set("collection", *ruling.collection);
  if (ruling.profiling) out.set("profiling", *ruling.profiling);
  if (!ruling.value.empty()) out.set("value", ruling.value);
  if (!ruling.purpose.empty()) out.set("purpose", ruling.purpose);
  if (!ruling.reason.empty()) out.set("reason", ruling.reason);
  if (!ruling.by.empty()) out.set("by", ruling.by);
  return out;
}

}  // namespace tessera::profiles

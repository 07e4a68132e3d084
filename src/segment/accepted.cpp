#include "segment/accepted.hpp"

#include "core/json.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"

namespace tessera::segment {

namespace {

Json json_of(const std::vector<language::Definition>& definitions) {
  Json out = Json::array();
  for (const language::Definition& one : definitions)
    out.add(Json::object()
                .set("text", language::print(one))
                .set("settled", one.settled ? language::to_json(*one.settled) : Json()));
  return out;
}

Result<language::Settled> settled_from(const Json* json) {
  if (!json || json->is_null()) return nullptr;
  return std::make_shared<const language::Schema>(TRY(language::schema_from_json(*json)));
}

Result<std::vector<language::Definition>> definitions_from(const Json* json) {
  std::vector<language::Definition> out;
  if (!json || !json->as_array()) return fail("accepted definitions: expected a list of them");
  for (const Json& item : *json->as_array()) {
    const Json* text = item.find("text");
    auto parsed = language::parse_definitions(text ? text->text_or("") : "");
    if (!parsed.ok() || parsed.definitions.size() != 1)
      return fail("an accepted definition cannot be read by this version");
    out.push_back(std::move(parsed.definitions[0]));
    out.back().settled = TRY(settled_from(item.find("settled")));
  }
  return out;
}

}  // namespace

std::string text_of(const Accepted& accepted) {
  return Json::object()
      .set("definitions", json_of(accepted.definitions))
      .set("resettled", json_of(accepted.resettled))
      .set("warnings", accepted.warnings)
      .dump();
}

Result<Accepted> parse_accepted(std::string_view text) {
  const Json json = TRY(parse_json(text, "accepted definitions"));
  const Json* warnings = json.find("warnings");
  return Accepted{.definitions = TRY(definitions_from(json.find("definitions"))),
                  .resettled = TRY(definitions_from(json.find("resettled"))),
                  .warnings = warnings ? warnings->text_or("") : ""};
}

}  // namespace tessera::segment

#include "language/applied.hpp"

#include "core/json.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"

namespace tessera::language {

Result<Definition> definition_of(const store::StoredDefinition& stored) {
  auto parsed = parse_definitions(stored.text);
  if (!parsed.ok() || parsed.definitions.size() != 1)
    return fail(fmt::format("it cannot be read by this version: {}", render(parsed.diagnostics, stored.text)));
  parsed.definitions[0].settled = TRY(parse_settled(stored.settled));
  return std::move(parsed.definitions[0]);
}

Result<Schema> schema_when_settling_began(store::Connection& connection) {
  Schema out;
  for (const store::KnownThen& known : TRY(store::known_when_settling_began(connection))) {
    const auto system = static_cast<profiles::SystemStream>(known.system);
    const bool is_traits = system == profiles::SystemStream::Identify;
    Schema::Properties& properties = is_traits ? out.traits : out.events[known.event].properties;
    if (!is_traits) out.events[known.event].system = system;
    if (!known.property.empty())
      properties[known.property].insert({static_cast<profiles::PropertyType>(known.type), known.is_list});
  }
  return out;
}

Result<Applied> applied_definitions(store::Connection& connection, Instant known_at) {
  Applied out;
  for (const store::StoredDefinition& stored : TRY(store::definitions(connection, known_at))) {
    if (auto definition = definition_of(stored))
      out.definitions.push_back(std::move(*definition));
    else
      out.unreadable.push_back({.kind = static_cast<DefinitionKind>(stored.kind),
                                .slug = stored.slug,
                                .name = stored.name,
                                .text = stored.text,
                                .why = definition.error().message,
                                .version = stored.version});
  }
  settle_old(out.definitions, TRY(schema_when_settling_began(connection)));
  return out;
}

std::string text_of_settled(const Definition& definition) {
  return definition.settled ? to_json(*definition.settled).dump() : "";
}

Result<Settled> parse_settled(std::string_view text) {
  if (text.empty()) return nullptr;
  const Json json = TRY(parse_json(text, "what a definition was settled with"));
  return std::make_shared<const Schema>(TRY(schema_from_json(json)));
}

std::vector<store::NewDefinition> to_store(std::span<const Definition> definitions) {
  std::vector<store::NewDefinition> out;
  for (const Definition& one : definitions)
    out.push_back({static_cast<uint8_t>(one.kind), one.slug, one.name, print(one), text_of_settled(one)});
  return out;
}

}  // namespace tessera::language

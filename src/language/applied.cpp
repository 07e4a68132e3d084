#include "language/applied.hpp"

#include "language/parse.hpp"
#include "store/definitions.hpp"

namespace tessera::language {

// Definitions were checked when they were applied; the text of one is read back into its tree.
Result<std::vector<Definition>> applied_definitions(store::Connection& connection, Instant known_at) {
  std::vector<Definition> out;
  for (const store::StoredDefinition& stored : TRY(store::definitions(connection, known_at))) {
    if (stored.is_removed) continue;
    auto parsed = parse_definitions(stored.text);
    if (!parsed.ok())
      return fail(fmt::format("the applied definition '{}' cannot be read by this version:\n{}", stored.name,
                              render(parsed.diagnostics, stored.text)),
                  {}, try_command("doctor"));
    for (Definition& definition : parsed.definitions) out.push_back(std::move(definition));
  }
  return out;
}

}  // namespace tessera::language

// What became of the definitions between two instants, from the versions that the record keeps.
#include <algorithm>

#include "language/applied.hpp"
#include "report/letter.hpp"
#include "store/definitions.hpp"

namespace tessera::report {

namespace {

using language::Definition;

auto same_as(const Definition& definition) {
  return [&](const Definition& other) { return other.kind == definition.kind && other.slug == definition.slug; };
}

}  // namespace

Result<LetterDefinitions> letter_definitions(store::Connection& connection, Instant since, Instant until) {
  const std::vector<Definition> then = TRY(language::applied_definitions(connection, since)).definitions;
  // What was applied after U was not there to be changed; there is nothing else to look through, so it is looked
  // through.
  const std::vector<Definition> now = TRY(language::applied_definitions(connection)).definitions;
  const auto versions = TRY(store::definitions(connection));
  LetterDefinitions out;
  for (const Definition& definition : now) {
    LetterDefinition one{.now = definition, .then = {}};
    for (const store::StoredDefinition& version : versions)
      if (version.kind == static_cast<uint8_t>(definition.kind) && version.slug == definition.slug)
        one.since = version.learnt;
    if (const auto old = std::ranges::find_if(then, same_as(definition)); old != then.end()) one.then = *old;
    const bool in_period = one.since > since && one.since <= until;
    if (in_period) one.applied = one.then ? Applied::Changed : Applied::New;
    if (in_period && one.then && one.then->body == definition.body && one.then->event == definition.event)
      one.applied = Applied::Before;  // a name or a note
    out.in_force.push_back(std::move(one));
  }
  for (const Definition& old : then) {
    if (std::ranges::any_of(now, same_as(old))) continue;
    const auto history = TRY(store::definition_history(connection, static_cast<uint8_t>(old.kind), old.slug));
    if (!history.empty() && history.back().is_removed && history.back().learnt <= until) out.removed.push_back(old);
  }
  return out;
}

}  // namespace tessera::report

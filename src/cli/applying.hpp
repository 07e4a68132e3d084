// Definitions into use and out of it, of a record's file or of a running server, whose feed then has every change that
// it makes; and what that would change, before it is done.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "store/definitions.hpp"

namespace tessera::cli {

std::string_view word(store::DefinitionChange change);  // "added", "changed", "same", "removed"
std::string_view word(language::DefinitionKind kind);   // "event", "let", "score", "segment"

struct NewDefinitions {
  std::vector<language::Definition> applied;  // checked, together with those in force
  std::vector<std::string> removed;           // slugs of segments
  std::string source;                         // in words
};
// What becomes of each that is applied, in their order. Of a file: all or nothing, and `along` in the same transaction.
// Of a server: in force, and the changes in the feed, when it returns; then `along`, on the server's record.
Result<std::vector<store::DefinitionChange>> put_into_use(
    const Context& context, Session& session, const NewDefinitions& fresh,
    const std::function<Result<void>(store::Connection&)>& along = {});

// One segment's members as they are and as they would be.
struct SegmentEffect {
  std::string slug, name;
  store::DefinitionChange change = store::DefinitionChange::Same;  // of its own definition; the note does not count
  bool is_given = false;  // among the applied or removed; if not, it changes because of what it uses
  uint64_t enter = 0, leave = 0, members = 0;  // members: afterwards
};
// Those given, in their order (removed ones last), then those of the others whose members change. Error: the new
// definitions do not fit those that stay.
Result<std::vector<SegmentEffect>> effect_of(Session& session, const NewDefinitions& fresh, Instant as_of);

}  // namespace tessera::cli

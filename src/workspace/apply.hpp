// Definitions into use and out of it, of a record's file or of a running server, whose feed then has every change that
// it makes; and what that would change, before it is done.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "store/definitions.hpp"
#include "workspace/open.hpp"

namespace tessera::workspace {

std::string_view word(store::DefinitionChange change);  // "added", "changed", "same", "removed"
std::string_view word(language::DefinitionKind kind);   // "event", "let", "score", "segment"

struct NewDefinitions {
  std::vector<language::Definition> applied;  // checked, together with those in force
  std::vector<std::string> removed;           // slugs of segments
  std::string source;                         // in words
};
// What becomes of each that is applied, in their order. Of a file: all or nothing, and `along` in the same transaction.
// Of a server: in force, and the changes in the feed, when it returns; then `along`, on the server's record.
Result<std::vector<store::DefinitionChange>> apply(Workspace& workspace, const NewDefinitions& fresh,
                                                   const std::function<Result<void>(store::Connection&)>& along = {});
// How a workspace is opened for apply() and remove(): a running engine writes for it.
store::OpenMode mode_to_apply(Holder& holder);

// Takes a segment out of force, by name or id; gives what it was. Refused where another definition needs it: they go
// together, or that one is changed first.
Result<language::Definition> remove(Workspace& workspace, std::string_view name);

// --- before it is done

// One segment's members as they are and as they would be.
struct SegmentEffect {
  std::string slug, name;
  store::DefinitionChange change = store::DefinitionChange::Same;  // of its own definition; the note does not count
  bool is_given = false;  // among the applied or removed; if not, it changes because of what it uses
  uint64_t enter = 0, leave = 0, members = 0;  // members: afterwards
};
// Those given, in their order (removed ones last), then those of the others whose members change. Error: the new
// definitions do not fit those that stay.
Result<std::vector<SegmentEffect>> effect_of(Workspace& workspace, const NewDefinitions& fresh);

// Of definitions in text, or of one condition: who would be in each segment of it, beside those in force.
struct Overlap {
  std::string slug, name;
  size_t members = 0, both = 0;
};
struct SegmentPreview {
  std::string slug, name;  // empty: a condition
  size_t count = 0;
  std::vector<std::string> sample;  // public ids
  bool is_in_force = false;         // another definition of it; then:
  size_t enter = 0, leave = 0;
  std::vector<Overlap> overlaps;                // with the others in force
  std::optional<std::set<std::string>> events;  // that it looks at; nullopt: any
};
struct Preview {
  Instant as_of;
  size_t customers = 0;
  std::vector<SegmentPreview> segments;
  std::string warnings;
};
// Errors of usage: what is wrong with the text.
Result<Preview> preview(Workspace& workspace, const std::string& text);

}  // namespace tessera::workspace

// What every use case begins with: the record opened, its names known, the definitions in force read, and the two times
// from which it is looked at.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/applied.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"
#include "workspace/holder.hpp"
#include "workspace/moment.hpp"

namespace tessera::workspace {

struct Look {
  std::optional<Instant> as_of = {};     // none: as `from` says
  std::optional<Instant> known_at = {};  // none: nothing is left out
  LookFrom from = LookFrom::Now;
  std::optional<std::string> zone = {}, currency = {};  // of the question, in the place of the record's
};

struct Workspace {
  Holder* holder;
  const Clock* clock;
  Look look;
  Moment moment;                          // from when it is looked
  std::shared_ptr<store::Record> record;  // null: there is none (open_if_any)
  language::Schema schema;
  std::vector<language::Definition> in_force;    // at look.known_at
  std::vector<language::Unreadable> unreadable;  // in force too, and not read by this version
  std::vector<language::Definition> beside;  // lay_beside: they count where something is asked, and are not in force

  store::Connection& connection() const { return record->connection(); }
  Instant as_of() const { return moment.at; }
  Instant known_at() const { return look.known_at.value_or(kNever); }
  // In force, those beside in the place of their like.
  std::vector<language::Definition> known() const;
};

// Errors: Record::open's.
Result<Workspace> open(Holder& holder, const Clock& clock, const Look& look = {},
                       store::OpenMode mode = store::OpenMode::ReadOnly);
// Of a record that is open.
Result<Workspace> open_on(std::shared_ptr<store::Record> record, Holder& holder, const Clock& clock, const Look& look);
// Without a record it knows no names and no definitions.
Result<Workspace> open_if_any(Holder& holder, const Clock& clock, const Look& look = {});

// What of those in force can be run; what cannot is named with the reason and changes nothing about the others.
struct AsideDefinition {
  language::DefinitionKind kind = language::DefinitionKind::Segment;
  std::string slug, name, text, why;
};
struct RunnableInForce {
  language::Program program;
  std::vector<AsideDefinition> aside;
};
RunnableInForce runnable_in_force(const Workspace& workspace);

// Of each definition of a program: how many values it does not see, for they came in another type than it reads.
struct OtherValues {
  std::string of, came_as;  // "trait vip", "text"
  uint64_t values = 0;
};
Result<std::vector<std::vector<OtherValues>>> other_values(const Workspace& workspace,
                                                           const language::Program& program);

// Definitions that are known beside those in force. Gives warnings, rendered; error: all that does not parse, with
// places in `name`.
Result<std::string> lay_beside(Workspace& workspace, const std::string& text, std::string_view name);

}  // namespace tessera::workspace

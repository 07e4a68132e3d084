// What most commands do first: open the record, know its names, read the definitions that were applied, and turn what
// the user wrote (a condition, a file, a segment's name) into a plan bound to the part of the history it needs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "language/check.hpp"
#include "language/schema.hpp"
#include "profiles/history.hpp"
#include "segment/bind.hpp"
#include "segment/evaluate.hpp"
#include "segment/plan.hpp"
#include "store/record.hpp"

namespace tessera::cli {

struct Session {
  std::shared_ptr<store::Record> record;
  language::Schema schema;
  std::vector<language::Definition> applied;
};

// Error where the record does not exist: says how to make one.
Result<Session> open_session(const Context& context, store::OpenMode mode = store::OpenMode::ReadOnly);

// A program ready to run. Addresses are kept: not to be moved once bound, hence the pointers.
struct Prepared {
  language::Program program;
  std::unique_ptr<profiles::History> history;
  std::unique_ptr<segment::Plan> plan;
  std::unique_ptr<segment::Bound> bound;
  uint32_t asked = 0;   // of the program: the definition that was asked for
  uint32_t output = 0;  // of the plan: the same
};

// Compiles, loads what the program needs, binds. `asked` is the index of a definition of the program.
Result<Prepared> prepare(const Context& context, Session& session, language::Program program, uint32_t asked);

// The segment of that name, in any letter case, or id. Error: there is none; it names the nearest.
Result<size_t> find_segment(const std::vector<language::Definition>& known, const std::string& name);
// The applied definitions, those of -f FILE in the place of their like.
Result<std::vector<language::Definition>> known_definitions(const Context& context, const Session& session,
                                                            const Arguments& given);
// Usage error unless exactly one of SEGMENT and -e is given.
Result<void> asks_for_one(const Arguments& given);
// What the arguments ask for: -e EXPR, or SEGMENT (name or id) among the applied definitions and those of -f FILE.
// Warnings of the checker go to standard error.
Result<Prepared> prepare_asked(const Context& context, Session& session, const Arguments& given);

// The instant to look from: --as-of, else now. Notes on standard error where the newest event is long before it.
Instant as_of(const Context& context, const profiles::History& history);

// Parses and reports with places; warnings to standard error.
Result<std::vector<language::Definition>> read_definitions(const Context& context, const std::string& path);

}  // namespace tessera::cli

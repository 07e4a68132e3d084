// Definitions in force, as what can be run: whatever is wrong with one of them is said of it and of those that use it,
// and the others go on. And what is asked of new ones before they come into force, so that nothing is kept or logged
// that could not be run: that they are right, that what uses them stays right, that all of it compiles within the limits
// (language/limits.hpp).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "language/check.hpp"
#include "language/schema.hpp"
#include "language/tree.hpp"
#include "language/users.hpp"
#include "segment/plan.hpp"

namespace tessera::segment {

struct Runnable {
  language::Program program;  // without those that are set aside
  std::shared_ptr<const Plan> plan;
  std::vector<language::Settled> settled;  // beside the given
  std::vector<size_t> nodes;               // likewise
  std::vector<language::SetAside> aside;   // of the given, ascending
};
// `known`: others, of which those that are used are in the program.
Runnable runnable(const std::vector<language::Definition>& definitions, const language::Schema& schema,
                  std::span<const language::Definition> known = {});

// New definitions that may come into force beside others.
struct Accepted {
  std::vector<language::Definition> definitions;  // settled; one that is in force as it is is taken as it was
  // Of those in force that use them: settled anew, where there are new names to look up.
  std::vector<language::Definition> resettled;
  std::string warnings;  // rendered
};
// Error: all that is wrong with the text, with places; whose definition would no longer be right; or the limits.
Result<Accepted> accept(std::string_view text, const language::Schema& schema,
                        const std::vector<language::Definition>& in_force, const language::Users& users);

// Whether the others can do without those of this id. Error: who cannot.
Result<void> may_go(std::string_view slug, const language::Schema& schema,
                    const std::vector<language::Definition>& in_force, const language::Users& users);

// A definition that is in force in the same words is as it was settled then: facts that came since do not change it.
void settle_as_known(std::vector<language::Definition>& definitions, const std::vector<language::Definition>& in_force);

}  // namespace tessera::segment

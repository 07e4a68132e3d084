// A discovery's way into the record and back: what it must know of the runs before it, and what is kept of it
// (runs.hpp).
//
//   Keeping keeping = TRY(Keeping::begin(connection, history, options));   // at the moment the history was read
//   options.before = &keeping.before();
//   Discovery found = TRY(discover(history, schema, options, progress));
//   found.run = TRY(keeping.keep(connection, found, options, now));        // perhaps much later, and perhaps never
#pragma once

#include <cstdint>

#include "core/result.hpp"
#include "discover/naming.hpp"
#include "lineage/runs.hpp"

namespace tessera::discover {

class Keeping {
 public:
  // Held against is the run that run_before() names. Taken are the ids of the runs before, those of segments in use
  // that no run made, and the names of all these that are in use.
  static Result<Keeping> begin(store::Connection& connection, const profiles::History& history, const Options& options);
  const Before& before() const { return before_; }
  // Its number.
  Result<uint64_t> keep(store::Connection& connection, const Discovery& found, const Options& options,
                        Instant made) const;

 private:
  lineage::Roster roster_;
  Before before_;
};

}  // namespace tessera::discover

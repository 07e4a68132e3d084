// Runs of discover that are kept, and putting the segments of one into use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lineage/runs.hpp"
#include "workspace/apply.hpp"

namespace tessera::workspace {

// The run of that number, in words as it was typed; the newest where none is said. Error: there is none; it names those
// there are.
Result<const lineage::KeptRun*> find_run(const std::vector<lineage::KeptRun>& runs,
                                         const std::optional<std::string>& number);

struct AdoptionWish {
  std::optional<std::string> run;  // none: the newest
  std::vector<std::string> only;   // these segments of it, by name or id; empty: all
  bool retire = false;             // take out of use what earlier runs brought and this one has not
};

struct StayingSegment {
  std::string slug, name;
};

// What it comes to, before it is done.
struct Adoption {
  lineage::KeptRun run;
  bool is_whole = true;
  NewDefinitions fresh;
  std::vector<StayingSegment> staying;  // in use, from earlier runs, not in this one
  Instant as_of;
  std::vector<SegmentEffect> effects;
};
Result<Adoption> plan_adoption(Workspace& workspace, const AdoptionWish& wish);
// REQUIRES: opened as mode_to_apply says.
Result<void> adopt(Workspace& workspace, const Adoption& adoption);

}  // namespace tessera::workspace

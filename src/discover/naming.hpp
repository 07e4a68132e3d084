// Ids and names of segments: those of the run before where a segment is found again (lineage.hpp), new ones where it is
// not. An id is for ever: it is never given to another group while a run that had it is kept, nor where a definition in
// use has it that no run made.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "discover/discovery.hpp"
#include "features/measure.hpp"
#include "lineage/lineage.hpp"

namespace tessera::discover {

struct Before {
  std::optional<lineage::Generation> generation;  // that segments are held against; nullopt: none
  std::string definitions;                        // of that run
  std::set<std::string> ids;                      // taken
  std::set<std::string> names;                    // taken, folded
};

// What names are made of: of each micro-segment its claims, and the median number of main events.
struct NameGrounds {
  std::span<const std::vector<persona::Claim>> claims;
  std::span<const double> main_events;
  const features::EventRoles& parts;
};

// The median of the members' numbers of main events; a little above one where it is one and more than one in ten have
// more: "one-time" would be said of them.
double usual_count(const std::vector<double>& counts);

// Whom the micro-segments of the run before would have now, by their rules. nullopt: there is none, or its rules cannot
// be asked any more (a property that is withheld now).
std::optional<lineage::Generation> by_old_rules(const Before* before, const std::vector<bool>& known,
                                                const features::Setting& setting);

// Segments come with fresh names and leave with final ones, and ids. `known`: as Discovery::known. Returns sentences on
// names that were kept and say less than they did.
std::vector<std::string> settle_names(std::vector<Segment>& segments, const std::vector<bool>& known,
                                      const Before* before, const std::optional<lineage::Generation>& by_old_rules,
                                      const NameGrounds& grounds);

// The groups of a discovery as lineages see them: its segments and set-apart groups in their order.
lineage::Generation generation_of(const Discovery& discovery);

// From the run before to this one. REQUIRES: there is one.
lineage::Lineage lineage_of(const Before& before, const Discovery& now,
                            const std::optional<lineage::Generation>& by_old_rules, std::vector<std::string> notes);

}  // namespace tessera::discover

#include "discover/run_archive.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"
#include "discover/as_of.hpp"
#include "discover/pipeline.hpp"
#include "language/tree.hpp"
#include "store/definitions.hpp"

namespace tessera::discover {

namespace {

// Runs that can follow each other were asked for the same thing, of the same features.
uint64_t kind_of(const Options& options) {
  return hash64(options.features, hash64(options.goal));
}

Json json_of(const Options& options) {
  Json withheld = Json::array();
  for (const std::string& property : options.withheld) withheld.add(property);
  return Json::object()
      .set("min_size", uint64_t{options.min_size})
      .set("segments", options.segments ? Json(uint64_t{*options.segments}) : Json("auto"))
      .set("features", options.features.empty() ? Json() : Json(options.features_name))
      .set("active", text_of(options.active))
      .set("goal", options.goal.empty() ? Json() : Json(options.goal))
      .set("horizon", text_of(options.horizon))
      .set("keep_unwanted", options.keep_unwanted)
      .set("withheld", std::move(withheld))
      .set("seed", options.seed);
}

// The group of the run before that a group is, else the one that it is a part of or the largest it is made of.
std::string parent_of(const lineage::Lineage& lineage, size_t group) {
  if (const int same = lineage.now[group].continues; same >= 0) return lineage.before[static_cast<size_t>(same)].id;
  const lineage::GroupRef* largest = nullptr;
  for (const lineage::Turn& turn : lineage.turns)
    if (std::ranges::find(turn.to, group) != turn.to.end())
      for (const size_t from : turn.from)
        if (!largest || lineage.before[from].size > largest->size) largest = &lineage.before[from];
  return largest ? largest->id : "";
}

}  // namespace

Result<Keeping> Keeping::begin(store::Connection& connection, const profiles::History& history,
                               const Options& options) {
  Keeping out;
  out.roster_ = TRY(lineage::Roster::read(connection, history));
  const Instant as_of = as_of_for(history, options);
  const auto runs = TRY(lineage::kept_runs(connection));
  const lineage::KeptRun* before = lineage::run_before(runs, kind_of(options), as_of);
  if (before) {
    out.before_.generation = TRY(generation_of(connection, *before, out.roster_));
    out.before_.definitions = before->definitions;
  }
  std::set<std::string> made;
  for (const lineage::KeptRun& run : runs)
    for (const lineage::KeptSegment& segment : run.segments) {
      made.insert(segment.id);
      // Groups set apart are conditions, the same in every run. Of runs of this day and later ones nothing is known, so
      // that the same question has the same answer.
      if (!segment.set_apart && (run.as_of < as_of || run.in_force)) out.before_.ids.insert(segment.id);
    }
  for (const store::StoredDefinition& one : TRY(store::definitions(connection))) {
    if (one.kind != static_cast<uint8_t>(language::DefinitionKind::Segment)) continue;
    if (!made.contains(one.slug)) out.before_.ids.insert(one.slug);
    if (out.before_.ids.contains(one.slug)) out.before_.names.insert(fold_case(one.name));
  }
  return out;
}

Result<uint64_t> Keeping::keep(store::Connection& connection, const Discovery& found, const Options& options,
                               Instant made) const {
  const lineage::Generation members = generation_of(found);
  lineage::KeptRun run{.as_of = found.as_of,
                       .made = made,
                       .kind = kind_of(options),
                       .options = json_of(options).dump(),
                       .goal = found.goal,
                       .k = static_cast<uint32_t>(found.k),
                       .customers = static_cast<uint64_t>(std::ranges::count(found.known, true)),
                       .value_definition = found.value_definition,
                       .definitions = found.tsl,
                       .lineage = found.lineage,
                       .adopted = {},
                       .segments = {}};
  for (const auto* list : {&found.segments, &found.set_apart})
    for (const Segment& each : *list)
      run.segments.push_back({.id = each.id,
                              .name = each.persona.name,
                              .rule = each.rule,
                              .set_apart = each.set_apart,
                              .size = each.size,
                              .active = each.active,
                              .value = each.value,
                              .parent = found.lineage ? parent_of(*found.lineage, run.segments.size()) : ""});
  return lineage::keep_run(connection, run, members, roster_);
}

}  // namespace tessera::discover

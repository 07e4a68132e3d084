#include "workspace/adopt.hpp"

#include <algorithm>

#include "language/check.hpp"
#include "language/parse.hpp"
#include "language/uses.hpp"
#include "segment/runnable.hpp"
#include "workspace/ask.hpp"

namespace tessera::workspace {

namespace {

using language::Definition;
using language::DefinitionKind;
using lineage::KeptRun;
using lineage::KeptSegment;

// The run's segments that are asked for, with what they use.
Result<std::vector<Definition>> definitions_of(const KeptRun& run, const std::vector<std::string>& only) {
  auto parsed = language::parse_definitions(run.definitions);
  if (!parsed.ok())
    return std::unexpected(
        language::error_of(parsed.diagnostics, run.definitions, fmt::format("definitions of run {}", run.number)));
  if (only.empty()) return std::move(parsed.definitions);
  std::set<std::string> wanted;
  for (const std::string& name : only) {
    const auto found = find_segment(parsed.definitions, name);
    if (!found) {
      Error error = found.error();
      error.remedy = try_command("discoveries").argument(std::to_string(run.number));
      return std::unexpected(std::move(error));
    }
    wanted.insert(parsed.definitions[*found].name);
  }
  return language::with_what_they_use(parsed.definitions, std::move(wanted));
}

// What earlier runs brought into use and this one knows no more.
std::vector<StayingSegment> gone_from(const KeptRun& run, const std::vector<KeptRun>& runs,
                                      const std::vector<Definition>& in_force) {
  std::set<std::string> brought;
  for (const KeptRun& each : runs)
    if (each.adopted)
      for (const KeptSegment& segment : each.segments) brought.insert(segment.id);
  for (const KeptSegment& segment : run.segments) brought.erase(segment.id);
  std::vector<StayingSegment> out;
  for (const Definition& one : in_force)
    if (one.kind == DefinitionKind::Segment && brought.contains(one.slug)) out.push_back({one.slug, one.name});
  return out;
}

}  // namespace

Result<const KeptRun*> find_run(const std::vector<KeptRun>& runs, const std::optional<std::string>& number) {
  if (runs.empty()) return fail("no run of discover is kept", {}, try_command("discover"));
  if (!number) return &runs.back();
  std::vector<std::string> numbers;
  for (const KeptRun& run : runs) numbers.push_back(std::to_string(run.number));
  const auto found = std::ranges::find(numbers, *number);
  if (found != numbers.end()) return &runs[static_cast<size_t>(found - numbers.begin())];
  return fail(fmt::format("there is no run '{}'; kept are: {}", *number, fmt::join(numbers, ", ")), {},
              try_command("discoveries"));
}

Result<Adoption> plan_adoption(Workspace& workspace, const AdoptionWish& wish) {
  const auto runs = TRY(lineage::kept_runs(workspace.connection()));
  Adoption out{.run = *TRY(find_run(runs, wish.run)), .is_whole = wish.only.empty(), .as_of = workspace.as_of()};
  if (!out.is_whole && wish.retire)
    return usage("--retire looks at a whole run, --only at a part of it",
                 try_command("segments remove").blank("SEGMENT"));
  out.fresh.applied = TRY(definitions_of(out.run, wish.only));
  out.fresh.source = fmt::format("adoption of run {} of discover", out.run.number);
  segment::settle_as_known(out.fresh.applied, workspace.in_force);
  const auto checked = language::check(out.fresh.applied, workspace.schema, workspace.in_force);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, out.run.definitions));
  if (out.is_whole) out.staying = gone_from(out.run, runs, workspace.in_force);
  if (wish.retire)
    for (const StayingSegment& each : std::exchange(out.staying, {})) out.fresh.removed.push_back(each.slug);
  out.effects = TRY(effect_of(workspace, out.fresh));
  return out;
}

Result<void> adopt(Workspace& workspace, const Adoption& adoption) {
  const Instant now = workspace.clock->now();
  const auto how = adoption.is_whole ? lineage::Adopted::Wholly : lineage::Adopted::InPart;
  TRY(apply(workspace, adoption.fresh, [&](store::Connection& connection) {
    return lineage::mark_adopted(connection, adoption.run.number, how, now);
  }));
  return {};
}

}  // namespace tessera::workspace

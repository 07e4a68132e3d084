#include "workspace/rename.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "language/walk.hpp"
#include "workspace/apply.hpp"
#include "workspace/ask.hpp"

namespace tessera::workspace {

namespace {

using language::Definition;
using language::DefinitionKind;

// Whether it spoke of the segment anywhere.
bool say_new_name(language::Expr& expr, const Definition& old, const std::string& name) {
  bool is_changed = false;
  if (auto* in = std::get_if<language::InSegment>(&expr.node))
    if (fold_case(in->segment) == fold_case(old.name)) {
      in->segment = name;
      is_changed = true;
    }
  language::for_each_child(
      expr, [&](language::Expr& child) { is_changed |= say_new_name(child, old, name); },
      [](language::EventPattern&) {});
  return is_changed;
}

}  // namespace

Result<Renamed> rename(Workspace& workspace, std::string_view segment, std::string_view name) {
  const size_t index = TRY(find_segment(workspace.in_force, segment));
  const Definition old = workspace.in_force[index];
  Renamed out{.from = old.name, .name = std::string(trim(name)), .slug = old.slug, .rewritten = {}};
  const std::string id = slug_of(out.name);
  if (id.empty()) return usage("a segment's name has a letter or a digit in it", "give another name");
  for (const Definition& one : workspace.in_force)
    if (one.kind == DefinitionKind::Segment && one.slug != old.slug &&
        (one.slug == id || fold_case(one.name) == fold_case(out.name)))
      return fail(fmt::format("there is a segment '{}' already", one.name), {},
                  try_command("segments list").note("lists them"));
  NewDefinitions fresh{.applied = {old}, .removed = {}, .source = "segments rename"};
  fresh.applied[0].name = out.name;
  for (Definition one : workspace.in_force) {
    if (one.slug == old.slug && one.kind == old.kind) continue;
    if (one.kind == DefinitionKind::Event || !say_new_name(one.body, old, out.name)) continue;
    out.rewritten.push_back(one.name);
    fresh.applied.push_back(std::move(one));
  }
  TRY(apply(workspace, fresh));
  return out;
}

}  // namespace tessera::workspace

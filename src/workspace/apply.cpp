#include "workspace/apply.hpp"

#include <algorithm>

#include "language/applied.hpp"
#include "language/print.hpp"
#include "segment/runnable.hpp"
#include "workspace/ask.hpp"
#include "workspace/columns.hpp"

namespace tessera::workspace {

using language::Definition;
using language::DefinitionKind;
using store::DefinitionChange;

std::string_view word(DefinitionChange change) {
  constexpr std::string_view kWords[] = {"added", "changed", "same", "removed"};
  return kWords[static_cast<size_t>(change)];
}

std::string_view word(DefinitionKind kind) {
  return language::word_of(kind);
}

namespace {

bool is_like(const Definition& a, const Definition& b) {
  return a.kind == b.kind && a.slug == b.slug;
}

bool is_news(const std::vector<DefinitionChange>& changes) {
  return std::ranges::any_of(changes, [](DefinitionChange change) { return change != DefinitionChange::Same; });
}

// Through the server's engine, so that whoever enters and leaves is in the feed.
Result<std::vector<DefinitionChange>> apply_live(const Workspace& workspace, LiveDefinitions& live,
                                                 const NewDefinitions& fresh) {
  std::vector<DefinitionChange> out;
  std::string text;
  for (const Definition& one : fresh.applied) {
    const auto known = std::ranges::find_if(workspace.in_force, [&](const auto& each) { return is_like(each, one); });
    const std::string printed = language::print(one);
    out.push_back(known == workspace.in_force.end()    ? DefinitionChange::Added
                  : language::print(*known) == printed ? DefinitionChange::Same
                                                       : DefinitionChange::Changed);
    text += printed + "\n";
  }
  if (is_news(out)) TRY(live.apply(text));
  for (const std::string& slug : fresh.removed) TRY(live.remove(slug));
  return out;
}

Result<std::vector<DefinitionChange>> apply_to_file(Workspace& workspace, const NewDefinitions& fresh,
                                                    const std::function<Result<void>(store::Connection&)>& along) {
  std::string text;
  for (const Definition& one : fresh.applied) text += language::print(one) + "\n";
  const segment::Accepted accepted =
      TRY(segment::accept(text, workspace.schema, workspace.in_force, language::Users(workspace.in_force)));
  store::Connection& connection = workspace.connection();
  const Instant now = workspace.clock->now();
  std::optional<store::Transaction> transaction(TRY(store::Transaction::begin(connection)));
  auto out = TRY(store::write_definitions(connection, language::to_store(accepted.definitions), fresh.source, now));
  if (!is_news(out)) {
    // Nothing new is no entry of the log.
    transaction.reset();
    transaction.emplace(TRY(store::Transaction::begin(connection)));
  }
  TRY(store::write_settled(connection, language::to_store(accepted.resettled)));
  for (const std::string& slug : fresh.removed)
    TRY(store::write_removal(connection, static_cast<uint8_t>(DefinitionKind::Segment), slug, now));
  if (along) TRY(along(connection));
  TRY(transaction->commit());
  return out;
}

}  // namespace

Result<std::vector<DefinitionChange>> apply(Workspace& workspace, const NewDefinitions& fresh,
                                            const std::function<Result<void>(store::Connection&)>& along) {
  LiveDefinitions* const live = workspace.holder->live();
  if (!live) return apply_to_file(workspace, fresh, along);
  auto out = TRY(apply_live(workspace, *live, fresh));
  if (along) {
    const auto record = TRY(workspace.holder->open_record(store::OpenMode::MustExist));
    auto transaction = TRY(store::Transaction::begin(record->connection()));
    TRY(along(record->connection()));
    TRY(transaction.commit());
  }
  return out;
}

store::OpenMode mode_to_apply(Holder& holder) {
  return holder.live() ? store::OpenMode::ReadOnly : store::OpenMode::MustExist;
}

namespace {

// What goes by this name, also where this version cannot read it: then a definition without a body.
Result<Definition> named(const Workspace& workspace, std::string_view name) {
  const auto index = find_segment(workspace.in_force, name);
  if (index) return workspace.in_force[*index];
  for (const language::Unreadable& one : workspace.unreadable)
    if (one.kind == DefinitionKind::Segment && (one.slug == name || one.name == name))
      return Definition{.kind = one.kind, .name = one.name, .slug = one.slug};
  return std::unexpected(index.error());
}

}  // namespace

Result<Definition> remove(Workspace& workspace, std::string_view name) {
  Definition gone = TRY(named(workspace, name));
  if (const auto others =
          segment::may_go(gone.slug, workspace.schema, workspace.in_force, language::Users(workspace.in_force));
      !others)
    return fail(fmt::format("'{}' is needed by another definition: {}", gone.name, others.error().message), {},
                try_command("segments list").flag("--text"));
  if (LiveDefinitions* const live = workspace.holder->live())
    TRY(live->remove(gone.slug));
  else
    TRY(store::remove_definition(*workspace.record, static_cast<uint8_t>(gone.kind), gone.slug,
                                 workspace.clock->now()));
  std::erase_if(workspace.in_force, [&](const Definition& one) { return is_like(one, gone); });
  return gone;
}

// --- before it is done

namespace {

// The same but for what is said about it.
bool means_the_same(Definition a, Definition b) {
  a.note = b.note = "";
  return language::print(a) == language::print(b);
}

// What is set aside already stays so.
Result<language::Program> fitting(const std::vector<Definition>& then, const Workspace& workspace,
                                  const std::vector<AsideDefinition>& aside) {
  segment::Runnable runnable = segment::runnable(then, workspace.schema);
  for (const language::SetAside& one : runnable.aside) {
    const Definition& wrong = then[one.given];
    if (std::ranges::any_of(aside, [&](const auto& old) { return old.kind == wrong.kind && old.slug == wrong.slug; }))
      continue;
    return fail(fmt::format("what would be in use then does not fit together: '{}': {}", wrong.name, one.why), {},
                try_command("segments list").flag("--text"));
  }
  return std::move(runnable.program);
}

// What would be in force, and of each segment in it or taken out of it what becomes of its definition.
std::vector<Definition> in_force_then(const Workspace& workspace, const NewDefinitions& fresh,
                                      std::vector<SegmentEffect>& effects) {
  std::vector<Definition> then = workspace.in_force;
  for (const Definition& one : fresh.applied) {
    const auto old = std::ranges::find_if(workspace.in_force, [&](const auto& each) { return is_like(each, one); });
    std::erase_if(then, [&](const auto& each) { return is_like(each, one); });
    then.push_back(one);
    if (one.kind != DefinitionKind::Segment) continue;
    effects.push_back({.slug = one.slug,
                       .name = one.name,
                       .change = old == workspace.in_force.end() ? DefinitionChange::Added
                                 : means_the_same(*old, one)     ? DefinitionChange::Same
                                                                 : DefinitionChange::Changed,
                       .is_given = true});
  }
  for (const std::string& slug : fresh.removed) {
    const auto gone = std::ranges::find_if(
        then, [&](const auto& each) { return each.kind == DefinitionKind::Segment && each.slug == slug; });
    if (gone == then.end()) continue;
    effects.push_back({.slug = slug, .name = gone->name, .change = DefinitionChange::Removed, .is_given = true});
    then.erase(gone);
  }
  for (const Definition& one : then)
    if (one.kind == DefinitionKind::Segment &&
        std::ranges::find(effects, one.slug, &SegmentEffect::slug) == effects.end())
      effects.push_back({.slug = one.slug, .name = one.name});
  return then;
}

}  // namespace

Result<std::vector<SegmentEffect>> effect_of(Workspace& workspace, const NewDefinitions& fresh) {
  std::vector<SegmentEffect> out;
  const std::vector<Definition> then = in_force_then(workspace, fresh, out);
  const RunnableInForce was = runnable_in_force(workspace);
  const language::Program is = TRY(fitting(then, workspace, was.aside));
  const language::Program* const programs[] = {&was.program, &is};
  const Columns all = TRY(columns_of(workspace, programs));
  const Column nobody;
  const auto of = [&](size_t program, const std::string& slug) -> const Column& {
    const auto found = std::ranges::find(all.columns[program], slug, &Column::slug);
    return found == all.columns[program].end() ? nobody : *found;
  };
  for (SegmentEffect& each : out) {
    const Column &before = of(0, each.slug), &after = of(1, each.slug);
    const size_t both = in_both(before, after);
    each.enter = after.count - both;
    each.leave = before.count - both;
    each.members = after.count;
  }
  std::erase_if(out, [](const SegmentEffect& each) { return !each.is_given && each.enter + each.leave == 0; });
  return out;
}

}  // namespace tessera::workspace

#include "cli/applying.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "language/needs.hpp"
#include "language/print.hpp"
#include "profiles/load.hpp"
#include "server/site.hpp"

namespace tessera::cli {

using language::Definition;
using language::DefinitionKind;
using store::DefinitionChange;

std::string_view word(DefinitionChange change) {
  constexpr std::string_view kWords[] = {"added", "changed", "same", "removed"};
  return kWords[static_cast<size_t>(change)];
}

std::string_view word(DefinitionKind kind) {
  constexpr std::string_view kWords[] = {"", "event", "let", "score", "segment"};
  return kWords[static_cast<size_t>(kind)];
}

namespace {

bool is_like(const Definition& a, const Definition& b) {
  return a.kind == b.kind && a.slug == b.slug;
}

bool is_segment(const Definition& definition, std::string_view slug) {
  return definition.kind == DefinitionKind::Segment && definition.slug == slug;
}

bool is_news(const std::vector<DefinitionChange>& changes) {
  return std::ranges::any_of(changes, [](DefinitionChange change) { return change != DefinitionChange::Same; });
}

// Through the server's engine, so that whoever enters and leaves is in the feed.
Result<std::vector<DefinitionChange>> put_into_use_there(server::Service& server, const Session& session,
                                                         const NewDefinitions& fresh) {
  std::vector<DefinitionChange> out;
  std::string text;
  for (const Definition& one : fresh.applied) {
    const auto known = std::ranges::find_if(session.applied, [&](const auto& each) { return is_like(each, one); });
    const std::string printed = language::print(one);
    out.push_back(known == session.applied.end()       ? DefinitionChange::Added
                  : language::print(*known) == printed ? DefinitionChange::Same
                                                       : DefinitionChange::Changed);
    text += printed + "\n";
  }
  if (is_news(out)) TRY(server.engine.apply_definitions(text));
  for (const std::string& slug : fresh.removed) TRY(server.engine.remove_definition(slug));
  return out;
}

Result<std::vector<DefinitionChange>> put_into_use_here(const Context& context, Session& session,
                                                        const NewDefinitions& fresh,
                                                        const std::function<Result<void>(store::Connection&)>& along) {
  std::vector<store::NewDefinition> texts;
  for (const Definition& one : fresh.applied)
    texts.push_back({static_cast<uint8_t>(one.kind), one.slug, one.name, language::print(one)});
  store::Connection& connection = session.record->connection();
  const Instant now = context.clock.now();
  std::optional<store::Transaction> transaction(TRY(store::Transaction::begin(connection)));
  auto out = TRY(store::write_definitions(connection, texts, fresh.source, now));
  if (!is_news(out)) {
    // Nothing new is no entry of the log.
    transaction.reset();
    transaction.emplace(TRY(store::Transaction::begin(connection)));
  }
  for (const std::string& slug : fresh.removed)
    TRY(store::write_removal(connection, static_cast<uint8_t>(DefinitionKind::Segment), slug, now));
  if (along) TRY(along(connection));
  TRY(transaction->commit());
  return out;
}

// Of each segment by slug, a bit a customer.
using Memberships = std::map<std::string, std::vector<uint64_t>>;

Result<Memberships> memberships(Session& session, const language::Program& program, Instant as_of) {
  Memberships out;
  if (program.definitions.empty()) return out;
  const segment::Plan plan = TRY(segment::compile(program));
  const auto history = TRY(profiles::load(*session.record, language::needs_of(program, session.schema)));
  const segment::Bound bound = TRY(segment::Bound::bind(plan, history));
  segment::Evaluation found = segment::evaluate_all(bound, as_of, kNever);
  for (size_t s = 0; s < plan.segments.size(); ++s)
    out.emplace(plan.outputs[plan.segments[s]].slug, std::move(found.members[s]));
  return out;
}

uint64_t without(const std::vector<uint64_t>& members, const std::vector<uint64_t>& others) {
  uint64_t count = 0;
  for (size_t i = 0; i < members.size(); ++i)
    count += static_cast<uint64_t>(std::popcount(members[i] & ~(i < others.size() ? others[i] : 0)));
  return count;
}

// The same but for what is said about it.
bool means_the_same(Definition a, Definition b) {
  a.note = b.note = "";
  return language::print(a) == language::print(b);
}

Result<language::Program> checked(const std::vector<Definition>& definitions, const language::Schema& schema) {
  auto out = language::check(definitions, schema);
  if (out.ok()) return std::move(out.program);
  Error error = language::error_of(out.diagnostics, "");
  error.message = fmt::format("what would be in use then does not fit together: {}", error.message);
  error.remedy = "tessera segments list --text";
  return std::unexpected(std::move(error));
}

}  // namespace

Result<std::vector<DefinitionChange>> put_into_use(const Context& context, Session& session,
                                                   const NewDefinitions& fresh,
                                                   const std::function<Result<void>(store::Connection&)>& along) {
  server::Service* const server = context.world.server();
  if (!server) return put_into_use_here(context, session, fresh, along);
  auto out = TRY(put_into_use_there(*server, session, fresh));
  if (along) {
    const auto record = TRY(context.world.open_record(store::OpenMode::MustExist));
    auto transaction = TRY(store::Transaction::begin(record->connection()));
    TRY(along(record->connection()));
    TRY(transaction.commit());
  }
  return out;
}

Result<std::vector<SegmentEffect>> effect_of(Session& session, const NewDefinitions& fresh, Instant as_of) {
  std::vector<Definition> then = session.applied;
  std::vector<SegmentEffect> out;
  const auto known = [&](const Definition& one) {
    return std::ranges::find_if(session.applied, [&](const auto& each) { return is_like(each, one); });
  };
  for (const Definition& one : fresh.applied) {
    std::erase_if(then, [&](const auto& each) { return is_like(each, one); });
    then.push_back(one);
    if (one.kind != DefinitionKind::Segment) continue;
    const auto old = known(one);
    out.push_back({.slug = one.slug,
                   .name = one.name,
                   .change = old == session.applied.end() ? DefinitionChange::Added
                             : means_the_same(*old, one)  ? DefinitionChange::Same
                                                          : DefinitionChange::Changed,
                   .is_given = true});
  }
  for (const std::string& slug : fresh.removed) {
    const auto gone = std::ranges::find_if(then, [&](const auto& each) { return is_segment(each, slug); });
    if (gone == then.end()) continue;
    out.push_back({.slug = slug, .name = gone->name, .change = DefinitionChange::Removed, .is_given = true});
    then.erase(gone);
  }
  for (const Definition& one : then)
    if (one.kind == DefinitionKind::Segment && std::ranges::find(out, one.slug, &SegmentEffect::slug) == out.end())
      out.push_back({.slug = one.slug, .name = one.name});
  const auto program = TRY(checked(then, session.schema));
  const Memberships was = TRY(memberships(session, TRY(checked(session.applied, session.schema)), as_of)),
                    is = TRY(memberships(session, program, as_of));
  const std::vector<uint64_t> none;
  const auto of = [&](const Memberships& all, const std::string& slug) -> const std::vector<uint64_t>& {
    const auto found = all.find(slug);
    return found == all.end() ? none : found->second;
  };
  for (SegmentEffect& each : out) {
    each.enter = without(of(is, each.slug), of(was, each.slug));
    each.leave = without(of(was, each.slug), of(is, each.slug));
    each.members = without(of(is, each.slug), none);
  }
  std::erase_if(out, [](const SegmentEffect& each) { return !each.is_given && each.enter + each.leave == 0; });
  return out;
}

}  // namespace tessera::cli

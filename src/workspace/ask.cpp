#include "workspace/ask.hpp"

#include "core/stop.hpp"
#include "core/text.hpp"
#include "language/needs.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "profiles/load.hpp"

namespace tessera::workspace {

namespace {

using language::Definition;
using language::DefinitionKind;

Result<Prepared> prepare_condition(Workspace& workspace, const std::string& text) {
  auto parsed = language::parse_expression(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text));
  auto checked = language::check_expression(std::move(parsed.expr), workspace.schema, workspace.known());
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, text));
  const auto& asked = checked.program.definitions.back();
  if (asked.body.type != language::Type::Condition && asked.body.type != language::Type::Bool)
    return fail(fmt::format("'{}' is a value, not a condition", text), {}, "compare it, as in: ... >= 1");
  const auto last = static_cast<uint32_t>(checked.program.definitions.size() - 1);
  auto out = TRY(prepare(workspace, std::move(checked.program), last));
  out.warnings = language::render(checked.diagnostics, text);
  return out;
}

// With what it uses, and nothing else.
Result<Prepared> prepare_definition(Workspace& workspace, const Definition& asked,
                                    const std::vector<Definition>& known) {
  auto checked = language::check({asked}, workspace.schema, known);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, ""));
  const uint32_t index = checked.given[0];
  return prepare(workspace, std::move(checked.program), index);
}

Result<Answer> evaluated(const Workspace& workspace, Prepared prepared) {
  Answer out{.prepared = std::move(prepared), .moment = workspace.moment, .evaluation = {}};
  out.evaluation = segment::evaluate_all(*out.prepared.bound, workspace.as_of(), workspace.known_at());
  TRY(go_on());
  // The plan's segments are the program's in order.
  for (uint32_t i = 0; i < out.prepared.asked; ++i)
    out.segment += out.prepared.program.definitions[i].kind == DefinitionKind::Segment;
  VERIFY(out.segment < out.evaluation.members.size());
  const profiles::History& history = *out.prepared.history;
  out.customers = history.customers_at(workspace.as_of(), history.visible_until(workspace.known_at()));
  return out;
}

}  // namespace

Result<size_t> find_segment(const std::vector<Definition>& known, std::string_view name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < known.size(); ++i) {
    if (known[i].kind != DefinitionKind::Segment) continue;
    if (known[i].slug == name || fold_case(known[i].name) == fold_case(name)) return i;
    names.push_back(known[i].name);
    names.push_back(known[i].slug);
  }
  if (names.empty())
    return fail(fmt::format("no segment '{}': none has been applied to this record", name), {},
                try_command("segments apply").blank("FILE.tsl"));
  const auto near = nearest_name(name, names);
  return fail(fmt::format("no segment '{}'{}", name, near ? fmt::format("; did you mean '{}'?", *near) : ""), {},
              try_command("segments list"));
}

Result<Prepared> prepare(Workspace& workspace, language::Program program, uint32_t asked) {
  Prepared out{.program = std::move(program), .asked = asked};
  out.plan = std::make_unique<segment::Plan>(TRY(segment::compile(out.program)));
  profiles::Needs needs = language::needs_of(out.program, workspace.schema);
  needs.asked_from = workspace.as_of();
  out.history =
      std::make_unique<profiles::History>(TRY(profiles::load(workspace.connection(), needs, workspace.known_at())));
  out.bound = std::make_unique<segment::Bound>(TRY(segment::Bound::bind(*out.plan, *out.history)));
  return out;
}

Result<Prepared> prepare(Workspace& workspace, const Question& question) {
  VERIFY(question.segment.has_value() != question.condition.has_value());
  if (question.condition) return prepare_condition(workspace, *question.condition);
  const auto known = workspace.known();
  return prepare_definition(workspace, known[TRY(find_segment(known, *question.segment))], known);
}

std::vector<std::string> Answer::members() const {
  std::vector<std::string> out;
  for (size_t i = 0; i < prepared.history->customers(); ++i)
    if (evaluation.is_member(segment, i)) out.push_back(prepared.history->customer[i]);
  return out;
}

Result<Answer> ask(Workspace& workspace, const Question& question) {
  return evaluated(workspace, TRY(prepare(workspace, question)));
}

Result<std::optional<PastMembers>> members_then(Workspace& workspace, std::string_view slug) {
  const auto& all = workspace.in_force;
  const auto asked = std::ranges::find_if(
      all, [&](const Definition& each) { return each.kind == DefinitionKind::Segment && each.slug == slug; });
  if (asked == all.end()) return std::nullopt;
  const Answer answer = TRY(evaluated(workspace, TRY(prepare_definition(workspace, *asked, all))));
  return PastMembers{language::print(*asked), answer.members()};
}

Result<WhyOne> explain(Workspace& workspace, const Question& question, const std::string& customer) {
  WhyOne out{.prepared = TRY(prepare(workspace, question)), .moment = workspace.moment, .explanation = {}};
  const auto index = out.prepared.history->find_customer(customer);
  if (!index) {
    const auto near = nearest_name(customer, out.prepared.history->customer);
    return fail(fmt::format("no customer '{}' in the record{}", customer,
                            near ? fmt::format("; did you mean '{}'?", *near) : ""),
                {}, try_command("sql").argument("SELECT customer FROM customers LIMIT 10"));
  }
  out.explanation = TRY(segment::explain(out.prepared.program, out.prepared.asked, *out.prepared.history, *index,
                                         workspace.as_of(), workspace.known_at()));
  return out;
}

Result<std::vector<Why>> explain_all(Workspace& workspace, std::string_view customer, std::string_view segment) {
  const auto program = runnable_in_force(workspace).program;
  const auto history =
      TRY(profiles::load(workspace.connection(), language::needs_of(program, workspace.schema), workspace.known_at()));
  std::vector<Why> out;
  const auto whose = history.find_customer(customer);
  for (uint32_t i = 0; whose && i < program.definitions.size(); ++i) {
    TRY(go_on());
    const Definition& each = program.definitions[i];
    if (each.kind != DefinitionKind::Segment || (!segment.empty() && each.slug != segment)) continue;
    out.push_back({each.slug, each.name,
                   TRY(segment::explain(program, i, history, *whose, workspace.as_of(), workspace.known_at()))});
  }
  TRY(go_on());
  return out;
}

Result<std::optional<CustomerLook>> look_at(Workspace& workspace, std::string_view id) {
  const auto program = runnable_in_force(workspace).program;
  const Instant at = workspace.as_of(), known_at = workspace.known_at();
  const auto history =
      TRY(profiles::load(workspace.connection(), language::needs_of(program, workspace.schema), known_at));
  auto who = TRY(profiles::acquaintance(workspace.connection(), workspace.record->pseudonym_key(), id, at, known_at));
  const auto index = who ? history.find_customer(who->customer) : std::nullopt;
  if (!index) return std::nullopt;
  return CustomerLook{.who = std::move(*who),
                      .moment = workspace.moment,
                      .nothing_since = nothing_since(workspace, history),
                      .outlook = TRY(segment::outlook(program, history, *index, at, known_at))};
}

Json to_json(const CustomerLook& look, bool identified) {
  Json out = profiles::to_json(look.who, identified);
  const Json more = segment::to_json(look.outlook);
  for (const auto& [name, value] : *more.as_object()) out.set(name, value);
  return out.set("as_of_is", name_of(look.moment.is));
}

std::optional<Instant> nothing_since(const Workspace& workspace, const profiles::History& history) {
  if (!workspace.moment.is_usual || workspace.moment.is != Moment::Is::Now) return std::nullopt;
  Instant newest = kEver;
  for (const profiles::Stream& stream : history.streams)
    for (const Instant time : stream.time) newest = std::max(newest, time);
  const bool is_long_ago = newest > kEver && workspace.clock->now() - newest > kDay * 30;
  return is_long_ago ? std::optional(newest) : std::nullopt;
}

}  // namespace tessera::workspace

#include "segment/runnable.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/stop.hpp"
#include "language/diagnostic.hpp"
#include "language/limits.hpp"
#include "language/node_count.hpp"
#include "language/parse.hpp"
#include "language/print.hpp"
#include "language/walk.hpp"
#include "segment/bind.hpp"

namespace tessera::segment {

namespace {

using language::Definition;
using language::DefinitionKind;
using Definitions = std::vector<Definition>;

// What is wrong with a pattern in it. Aliases are laid in, so events' conditions are looked at where they are used.
void find_bad_pattern(const language::Expr& expr, std::optional<Error>& found) {
  const auto* match = std::get_if<language::TextMatch>(&expr.node);
  if (match && !language::text_operator(match->op).holds && !found)
    if (auto test = TextTest::of({TextKind::Fits, match->ignore_case, {match->pattern}, match->op}); !test)
      found = test.error();
  language::for_each_child(
      expr, [&](const language::Expr& child) { find_bad_pattern(child, found); },
      [&](const language::EventPattern& events) {
        for (const language::Expr& where : events.where) find_bad_pattern(where, found);
      });
}

// Those that cannot be run, by their places in the program.
std::vector<Refusal> refusals_of(const language::Program& program, Plan& plan) {
  std::vector<Refusal> refused;
  for (uint32_t i = 0; i < program.definitions.size(); ++i) {
    std::optional<Error> bad;
    find_bad_pattern(program.definitions[i].body, bad);
    if (bad) refused.push_back({i, std::move(*bad)});
  }
  plan = compile_each(program, refused);
  return refused;
}

Definitions of_keys(const Definitions& all, const std::set<language::DefinitionKey>& keys) {
  Definitions out;
  for (const Definition& one : all)
    if (keys.contains(language::key_of(one))) out.push_back(one);
  return out;
}

// Error: who of those behind the first `given` would no longer be right.
Result<void> stay_right(const Definitions& users, const Runnable& then, size_t given, const language::Schema& schema,
                        const Definitions& in_force) {
  for (const language::SetAside& one : then.aside) {
    if (one.given < given) continue;
    const Definition& user = users[one.given];
    // What is set aside already stays so.
    if (const Runnable now = runnable({user}, schema, in_force); !now.aside.empty()) continue;
    return fail(fmt::format("'{}' uses it and would no longer be right: {}", user.name, one.why), {},
                "change both in one text, or that one first");
  }
  return {};
}

// What is more than may be already, as a record of before may have it, may become less.
Result<void> within_limits(const Definitions& definitions, const Definitions& in_force) {
  std::map<language::DefinitionKey, const Definition*> together;
  std::vector<const Definition*> before, after;
  for (const Definition& one : in_force) before.push_back(together[language::key_of(one)] = &one);
  for (const Definition& one : definitions) together[language::key_of(one)] = &one;
  for (const auto& [key, one] : together) after.push_back(one);
  const auto refuse = [](const std::string& what) {
    return fail(what, {}, try_command("segments remove").blank("NAME").note("those that nobody uses"));
  };
  if (after.size() > language::kMostDefinitions)
    return refuse(fmt::format("there would be {} definitions in force, and there may be {}", after.size(),
                              language::kMostDefinitions));
  constexpr size_t kMost = language::kMostNodesInAll;
  if (language::count_nodes(after, kMost) <= kMost) return {};
  if (language::count_nodes(after, SIZE_MAX) <= language::count_nodes(before, SIZE_MAX)) return {};
  return refuse(
      fmt::format("all definitions in force would have more than {} values, conditions and events together", kMost));
}

}  // namespace

Runnable runnable(const Definitions& definitions, const language::Schema& schema, std::span<const Definition> known) {
  auto checked = language::check_each(definitions, schema, known);
  Runnable out{.program = std::move(checked.program),
               .plan = nullptr,
               .settled = std::move(checked.settled),
               .nodes = std::move(checked.nodes),
               .aside = std::move(checked.aside)};
  Plan plan;
  const std::vector<Refusal> refused = refusals_of(out.program, plan);
  if (refused.empty()) {
    out.plan = std::make_shared<const Plan>(std::move(plan));
    return out;
  }
  // Without these, once more: they and those that use them.
  std::map<uint32_t, std::string> why;
  for (const language::SetAside& one : out.aside) why[one.given] = one.why;
  for (const Refusal& one : refused) {
    const auto given = std::ranges::find(checked.given, one.definition);
    if (given != checked.given.end())
      why.try_emplace(static_cast<uint32_t>(given - checked.given.begin()), one.error.message);
  }
  Definitions left;
  std::vector<uint32_t> was;
  for (uint32_t i = 0; i < definitions.size(); ++i) {
    if (why.contains(i)) continue;
    left.push_back(definitions[i]);
    was.push_back(i);
  }
  VERIFY(left.size() < definitions.size());  // of a known one that is refused, those given that use it are, too
  Runnable rest = runnable(left, schema, known);
  for (const language::SetAside& one : rest.aside) why.try_emplace(was[one.given], one.why);
  out.program = std::move(rest.program);
  out.plan = std::move(rest.plan);
  out.aside.clear();
  for (auto& [given, text] : why) out.aside.push_back({given, std::move(text)});
  return out;
}

void settle_as_known(Definitions& definitions, const Definitions& in_force) {
  std::map<language::DefinitionKey, Definition*> given;
  for (Definition& one : definitions) given.emplace(language::key_of(one), &one);
  for (const Definition& known : in_force) {
    const auto one = given.find(language::key_of(known));
    if (one != given.end() && known.settled && language::print(known) == language::print(*one->second))
      one->second->settled = known.settled;
  }
}

Result<Accepted> accept(std::string_view text, const language::Schema& schema, const Definitions& in_force,
                        const language::Users& users) {
  auto parsed = language::parse_definitions(text);
  if (!parsed.ok()) return std::unexpected(language::error_of(parsed.diagnostics, text));
  TRY(within_limits(parsed.definitions, in_force));
  Accepted out{.definitions = std::move(parsed.definitions), .resettled = {}, .warnings = {}};
  settle_as_known(out.definitions, in_force);
  const auto checked = language::check(out.definitions, schema, in_force);
  if (!checked.ok()) return std::unexpected(language::error_of(checked.diagnostics, text));
  out.warnings = language::render(checked.diagnostics, text);
  for (size_t i = 0; i < out.definitions.size(); ++i) out.definitions[i].settled = checked.settled[i];
  // Whoever calls them by their names of before or of now.
  auto keys = users.of(out.definitions);
  for (const Definition& one : out.definitions) keys.erase(language::key_of(one));
  Definitions together = out.definitions;
  for (Definition& user : of_keys(in_force, keys)) together.push_back(std::move(user));
  const size_t given = out.definitions.size();
  const Runnable then = runnable(together, schema, in_force);
  TRY(go_on());
  if (!then.aside.empty() && then.aside[0].given < given) {
    const Definition& wrong = together[then.aside[0].given];
    return fail(fmt::format("'{}': {}", wrong.name, then.aside[0].why));
  }
  TRY(stay_right(together, then, given, schema, in_force));
  TRY(go_on());
  for (size_t i = given; i < together.size(); ++i) {
    if (!then.settled[i] || (together[i].settled && *together[i].settled == *then.settled[i])) continue;
    out.resettled.push_back(together[i]);
    out.resettled.back().settled = then.settled[i];
  }
  return out;
}

Result<void> may_go(std::string_view slug, const language::Schema& schema, const Definitions& in_force,
                    const language::Users& users) {
  std::set<language::DefinitionKey> gone;
  Definitions left;
  for (const Definition& one : in_force) {
    if (one.slug == slug)
      gone.insert(language::key_of(one));
    else
      left.push_back(one);
  }
  auto keys = users.of(gone);
  for (const auto& key : gone) keys.erase(key);
  const Definitions needing = of_keys(in_force, keys);
  const Runnable then = runnable(needing, schema, left);
  for (const language::SetAside& one : then.aside)
    if (runnable({needing[one.given]}, schema, in_force).aside.empty())
      return fail(fmt::format("'{}' needs it: {}", needing[one.given].name, one.why));
  return go_on();  // of work that was stopped all is set aside, which says nothing
}

}  // namespace tessera::segment

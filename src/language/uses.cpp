#include "language/uses.hpp"

#include <algorithm>

#include "language/walk.hpp"

namespace tessera::language {

namespace {

void collect(const Expr& expr, std::set<std::string>& out);

void collect(const EventPattern& events, std::set<std::string>& out) {
  if (!events.alias.empty()) out.insert(events.alias);
}

void collect(const Expr& expr, std::set<std::string>& out) {
  if (const auto* name = std::get_if<Name>(&expr.node)) out.insert(name->name);
  if (const auto* in = std::get_if<InSegment>(&expr.node)) out.insert(in->segment);
  for_each_child(
      expr, [&](const Expr& child) { collect(child, out); }, [&](const EventPattern& events) { collect(events, out); });
}

}  // namespace

std::set<std::string> uses_of(const Definition& definition) {
  std::set<std::string> out;
  if (definition.kind == DefinitionKind::Event)
    collect(definition.event, out);
  else
    collect(definition.body, out);
  return out;
}

std::vector<Definition> with_what_they_use(const std::vector<Definition>& all, std::set<std::string> wanted) {
  std::vector<std::string> open(wanted.begin(), wanted.end());
  while (!open.empty()) {
    const auto found = std::ranges::find(all, open.back(), &Definition::name);
    open.pop_back();
    if (found == all.end()) continue;
    for (const std::string& use : uses_of(*found))
      if (wanted.insert(use).second) open.push_back(use);
  }
  std::vector<Definition> out;
  for (const Definition& candidate : all)
    if (wanted.contains(candidate.name)) out.push_back(candidate);
  return out;
}

}  // namespace tessera::language

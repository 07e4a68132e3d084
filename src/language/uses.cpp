#include "language/uses.hpp"

#include <algorithm>

#include "language/walk.hpp"

namespace tessera::language {

namespace {

void collect(const Expr& expr, Uses& out);

void collect(const EventPattern& events, Uses& out) {
  if (!events.alias.empty()) out.words.insert(events.alias);
}

void collect(const Expr& expr, Uses& out) {
  if (const auto* name = std::get_if<Name>(&expr.node)) out.words.insert(name->name);
  if (const auto* in = std::get_if<InSegment>(&expr.node)) out.segments.insert(in->segment);
  for_each_child(
      expr, [&](const Expr& child) { collect(child, out); }, [&](const EventPattern& events) { collect(events, out); });
}

}  // namespace

Uses uses_by_kind(const Definition& definition) {
  Uses out;
  if (definition.kind == DefinitionKind::Event)
    collect(definition.event, out);
  else
    collect(definition.body, out);
  return out;
}

std::string_view word_of(DefinitionKind kind) {
  constexpr std::string_view kWords[] = {"", "event", "let", "score", "segment"};
  return kWords[static_cast<size_t>(kind)];
}

std::set<std::string> uses_of(const Definition& definition) {
  Uses uses = uses_by_kind(definition);
  uses.words.merge(uses.segments);
  return std::move(uses.words);
}

namespace {

template <typename Tree, typename OnPlace>
void for_each_place(Tree& expr, const OnPlace& on_place) {
  if (auto* name = std::get_if<Name>(&expr.node)) on_place(name->definition);
  if (auto* in = std::get_if<InSegment>(&expr.node)) on_place(in->definition);
  for_each_child(expr, [&](auto& child) { for_each_place(child, on_place); }, [](auto&) {});
}

}  // namespace

Program part_of(const Program& program, uint32_t definition) {
  // Each uses earlier ones only, so one pass from it down finds all.
  std::vector<uint32_t> place(definition + 1, UINT32_MAX);
  place[definition] = 0;
  for (uint32_t i = definition + 1; i-- > 0;)
    if (place[i] == 0) for_each_place(program.definitions[i].body, [&](uint32_t used) { place[used] = 0; });
  Program out;
  for (uint32_t i = 0; i <= definition; ++i) {
    if (place[i] != 0) continue;
    place[i] = static_cast<uint32_t>(out.definitions.size());
    out.definitions.push_back(program.definitions[i]);
    for_each_place(out.definitions.back().body, [&](uint32_t& used) { used = place[used]; });
  }
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

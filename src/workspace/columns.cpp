#include "workspace/columns.hpp"

#include <bit>

#include "core/stop.hpp"
#include "language/needs.hpp"
#include "profiles/load.hpp"
#include "segment/evaluate.hpp"

namespace tessera::workspace {

Result<Columns> columns_of(Workspace& workspace, std::span<const language::Program* const> programs) {
  TRY(go_on());  // the programs may have lost what was set aside for that
  profiles::Needs needs = profiles::Needs::nothing();
  for (const language::Program* program : programs) {
    const profiles::Needs more = language::needs_of(*program, workspace.schema);
    needs.everything |= more.everything;
    for (const auto& [event, properties] : more.events)
      needs.events[event].insert(properties.begin(), properties.end());
  }
  needs.asked_from = workspace.as_of();
  profiles::History history = TRY(profiles::load(workspace.connection(), needs, workspace.known_at()));
  Columns out;
  out.there = history.customers_at(workspace.as_of(), history.visible_until(workspace.known_at()));
  for (const language::Program* program : programs) {
    std::vector<Column>& columns = out.columns.emplace_back();
    if (program->definitions.empty()) continue;
    const segment::Plan plan = TRY(segment::compile(*program));
    const segment::Bound bound = TRY(segment::Bound::bind(plan, history));
    segment::Evaluation found = segment::evaluate_all(bound, workspace.as_of(), workspace.known_at());
    TRY(go_on());
    for (size_t i = 0; i < plan.segments.size(); ++i) {
      const auto& output = plan.outputs[plan.segments[i]];
      const size_t count = found.count(i);
      columns.push_back({output.slug, output.name, std::move(found.members[i]), count});
    }
  }
  out.customers = std::move(history.customer);
  return out;
}

size_t in_both(const Column& a, const Column& b) {
  size_t count = 0;
  for (size_t word = 0; word < std::min(a.bits.size(), b.bits.size()); ++word)
    count += static_cast<size_t>(std::popcount(a.bits[word] & b.bits[word]));
  return count;
}

std::vector<std::string> sample_of(const Columns& all, const Column& column, size_t most) {
  std::vector<std::string> out;
  for (size_t word = 0; word < column.bits.size(); ++word)
    for (uint64_t left = column.bits[word]; left != 0 && out.size() < most; left &= left - 1)
      out.push_back(all.customers[word * 64 + static_cast<size_t>(std::countr_zero(left))]);
  return out;
}

}  // namespace tessera::workspace

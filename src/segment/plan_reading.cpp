// What of a plan is computed from what: plan.hpp's cones, and which segments look at events of a name.
#include <algorithm>
#include <unordered_set>

#include "segment/plan.hpp"

namespace tessera::segment {

namespace {

// What a node is computed from in its own scope.
template <typename OnNode>
void for_each_used(const Node& node, OnNode&& on_node) {
  const WindowPlan* window = nullptr;
  if (const auto* aggregate = std::get_if<AggregatePlan>(&node.detail)) window = &aggregate->window;
  if (const auto* score = std::get_if<ScorePlan>(&node.detail)) window = &score->window;
  if (window && window->anchor != kNoNode) on_node(window->anchor);
  if (node.op == Op::AnyElement) return;  // its operand lives in another scope
  for (const NodeId operand : node.operands) on_node(operand);
}

// From so few roots it costs what it finds, not what the plan has.
constexpr size_t kFewRoots = 4;

std::vector<NodeId> small_cone(const Plan& plan, const std::vector<NodeId>& roots) {
  std::unordered_set<NodeId> met(roots.begin(), roots.end());
  std::vector<NodeId> out(met.begin(), met.end());
  for (size_t next = 0; next < out.size(); ++next)
    for_each_used(plan.nodes[out[next]], [&](NodeId used) {
      if (met.insert(used).second) out.push_back(used);
    });
  std::ranges::sort(out);
  return out;
}

}  // namespace

std::vector<NodeId> Plan::cone(NodeId node) const {
  return cone(std::vector<NodeId>{node});
}

std::vector<NodeId> Plan::cone(const std::vector<NodeId>& roots) const {
  if (roots.size() <= kFewRoots) return small_cone(*this, roots);
  std::vector<bool> wanted(nodes.size(), false);
  for (const NodeId root : roots) wanted[root] = true;
  std::vector<NodeId> out;
  // Children have smaller ids than their parents, so one pass from the top finds all.
  for (NodeId id = static_cast<NodeId>(nodes.size()); id-- > 0;) {
    if (!wanted[id]) continue;
    out.push_back(id);
    for_each_used(nodes[id], [&](NodeId used) { wanted[used] = true; });
  }
  std::reverse(out.begin(), out.end());
  return out;
}

bool Plan::reads(NodeId id, profiles::StreamName stream) const {
  using profiles::SystemStream;
  const auto matches = [&](uint32_t index) {
    const Pattern& pattern = patterns[index];
    if (pattern.system != SystemStream::None) return pattern.system == stream.system;
    return pattern.names.empty() ? profiles::is_counted(stream.system)
                                 : std::ranges::find(pattern.names, stream.event) != pattern.names.end();
  };
  const Node& node = nodes[id];
  if (const auto* aggregate = std::get_if<AggregatePlan>(&node.detail)) return matches(aggregate->pattern);
  if (const auto* score = std::get_if<ScorePlan>(&node.detail))
    return std::ranges::any_of(score->terms, [&](const ScorePlan::Term& term) { return matches(term.pattern); });
  // A list trait; all other traits are aggregates.
  return (node.op == Op::Property || node.op == Op::AnyElement) && node.scope == 0 &&
         stream.system == SystemStream::Identify;
}

bool Plan::reads(const std::vector<NodeId>& cone, profiles::StreamName stream) const {
  return std::ranges::any_of(cone, [&](NodeId id) { return reads(id, stream); });
}

std::vector<uint32_t> Plan::readers(profiles::StreamName stream) const {
  std::vector<bool> is_reader(nodes.size());
  for (NodeId id = 0; id < nodes.size(); ++id) {
    is_reader[id] = reads(id, stream);
    for_each_used(nodes[id], [&](NodeId used) { is_reader[id] = is_reader[id] || is_reader[used]; });
  }
  std::vector<uint32_t> out;
  for (uint32_t s = 0; s < segments.size(); ++s)
    if (is_reader[outputs[segments[s]].node]) out.push_back(s);
  return out;
}

std::set<profiles::MoneyWant> money_wanted(const Plan& plan) {
  std::set<profiles::MoneyWant> out;
  for (const Node& node : plan.nodes) {
    if (node.currency.empty()) continue;
    const auto* aggregate = std::get_if<AggregatePlan>(&node.detail);
    out.insert({aggregate ? aggregate->property : std::get<std::string>(node.detail), node.currency});
  }
  return out;
}

Selection select(const Plan& plan, std::vector<uint32_t> segments) {
  std::vector<NodeId> roots, ungated;
  for (const uint32_t segment : segments) {
    roots.push_back(plan.outputs[plan.segments[segment]].node);
    ungated.push_back(plan.outputs[plan.segments[segment]].ungated);
  }
  return {.segments = std::move(segments), .cone = plan.cone(roots), .ungated = plan.cone(ungated)};
}

std::optional<uint32_t> Plan::find(std::string_view name) const {
  for (uint32_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].name == name || outputs[i].slug == name) return i;
  return std::nullopt;
}

}  // namespace tessera::segment

#include "segment/needs.hpp"

#include "segment/walk.hpp"

namespace tessera::segment {

namespace {

class Walker {
 public:
  explicit Walker(const Schema& schema) : schema_(schema) {}
  profiles::Needs needs = profiles::Needs::nothing();

  void visit(const Expr& expr) {
    if (const auto* trait = std::get_if<Trait>(&expr.node))
      needs.add_property(std::string(profiles::kTraits), trait->name);
    else if (const auto* aggregate = std::get_if<Aggregate>(&expr.node); aggregate && !aggregate->property.empty())
      add_property(names_of(aggregate->events), aggregate->property);
    else if (const auto* property = std::get_if<Property>(&expr.node))
      add_property(*at_, property->name);
    else if (const auto* any = std::get_if<AnyElement>(&expr.node))
      add_property(*at_, any->list);
    for_each_child(expr, [&](const Expr& child) { visit(child); }, [&](const EventPattern& events) { visit(events); });
  }

 private:
  std::vector<std::string> names_of(const EventPattern& events) const {
    if (!events.names.empty()) return events.names;
    std::vector<std::string> all;
    for (const auto& [name, event] : schema_.events) all.push_back(name);
    return all;
  }

  // A property may be meant as the element's or the event's own: both are read.
  void add_property(const std::vector<std::string>& events, const std::string& property) {
    for (const std::string& event : events) needs.add_property(event, property);
  }

  void visit(const EventPattern& events) {
    const auto names = names_of(events);
    for (const std::string& name : names) {
      needs.add_event(name);
      if (!events.each.empty()) needs.add_property(name, events.each);
    }
    const auto* outer = std::exchange(at_, &names);
    for (const Expr& where : events.where) visit(where);
    at_ = outer;
  }

  const Schema& schema_;
  const std::vector<std::string>* at_ = &nowhere_;  // the events whose properties a `where` speaks of
  const std::vector<std::string> nowhere_;
};

}  // namespace

profiles::Needs needs_of(const Program& program, const Schema& schema) {
  Walker walker(schema);
  for (const Definition& definition : program.definitions) walker.visit(definition.body);
  return std::move(walker.needs);
}

}  // namespace tessera::segment

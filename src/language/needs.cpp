#include "language/needs.hpp"

#include <algorithm>
#include <functional>

#include "language/time_properties.hpp"
#include "language/walk.hpp"
#include "profiles/money_names.hpp"

namespace tessera::language {

namespace {

class Walker {
 public:
  Looks looks;

  void visit(const Expr& expr) {
    if (const auto* trait = std::get_if<Trait>(&expr.node)) looks.traits.insert(trait->name);
    if (const auto* property = std::get_if<Property>(&expr.node)) add(*at_, list_, property->name, property->currency);
    if (const auto* aggregate = std::get_if<Aggregate>(&expr.node); aggregate && !aggregate->property.empty())
      add(aggregate->events.names, aggregate->events.each, aggregate->property, aggregate->currency);
    const std::string outer = list_;
    if (const auto* any = std::get_if<AnyElement>(&expr.node)) {
      add(*at_, any->list, "");
      list_ = any->list;
    }
    for_each_child(expr, [&](const Expr& child) { visit(child); }, [&](const EventPattern& events) { visit(events); });
    list_ = outer;
  }

 private:
  using Names = std::vector<std::string>;

  void visit(const EventPattern& events) {
    if (events.names.empty()) looks.events.insert("");
    looks.events.insert(events.names.begin(), events.names.end());
    if (!events.each.empty()) add(events.names, events.each, "");
    const auto* outer = std::exchange(at_, &events.names);
    const std::string outer_list = std::exchange(list_, events.each);
    for (const Expr& where : events.where) visit(where);
    at_ = outer;
    list_ = outer_list;
  }

  void add(const Names& events, const std::string& list, const std::string& property,
           const std::string& currency = {}) {
    if (time_property(property)) return;  // every event has it
    if (events.empty()) looks.properties.insert({"", list, property, currency});
    for (const std::string& event : events) looks.properties.insert({event, list, property, currency});
  }

  const Names nowhere_;
  const Names* at_ = &nowhere_;  // the events whose properties a `where` speaks of
  std::string list_;             // the list whose elements it speaks of
};

}  // namespace

Looks looks_of(const Program& program) {
  Walker walker;
  for (const Definition& definition : program.definitions) walker.visit(definition.body);
  return std::move(walker.looks);
}

std::optional<std::set<std::string>> events_looked_at(const Program& program, size_t definition) {
  std::set<size_t> reached;
  const std::function<void(size_t)> reach = [&](size_t index) {
    if (index >= program.definitions.size() || !reached.insert(index).second) return;
    std::function<void(const Expr&)> on_expr;
    const std::function<void(const EventPattern&)> on_events = [&](const EventPattern& events) {
      for (const Expr& where : events.where) on_expr(where);
    };
    on_expr = [&](const Expr& expr) {
      if (const auto* name = std::get_if<Name>(&expr.node)) reach(name->definition);
      if (const auto* other = std::get_if<InSegment>(&expr.node)) reach(other->definition);
      for_each_child(expr, on_expr, on_events);
    };
    on_expr(program.definitions[index].body);
  };
  reach(definition);
  Program part;
  for (const size_t index : reached) part.definitions.push_back(program.definitions[index]);
  Looks looks = looks_of(part);
  if (looks.events.contains("")) return std::nullopt;
  for (const std::string& trait : looks.traits)
    looks.events.emplace(profiles::row_of(profiles::stream_of_trait(trait))->name);
  return std::move(looks.events);
}

profiles::Needs needs_of(const Program& program, const Schema& schema) {
  const Looks looks = looks_of(program);
  profiles::Needs needs = profiles::Needs::nothing();
  const auto each_event = [&](const std::string& event, const auto& add) {
    if (!event.empty()) return add(event);
    for (const auto& [name, known] : schema.events)
      if (!known.is_rare) add(name);
    add("");  // the rare ones together
  };
  for (const std::string& event : looks.events)
    each_event(event, [&](const std::string& name) { needs.add_event(name); });
  for (const Looks::Property& look : looks.properties)
    each_event(look.event, [&](const std::string& name) {
      // A property may be meant as the element's or the event's own: both are read.
      if (!look.list.empty()) needs.add_property(name, look.list);
      if (!look.property.empty()) needs.add_property(name, look.property);
      if (look.currency.empty() || are_all_in(schema, name, look.currency)) return;
      needs.add_property(name, std::string(profiles::kCurrencyProperty));
      needs.money.insert({look.property, look.currency});
    });
  const auto add_trait = [&](std::string_view trait) {
    needs.add_property(std::string(profiles::row_of(profiles::stream_of_trait(trait))->name), std::string(trait));
  };
  for (const std::string& trait : looks.traits) add_trait(trait);
  // The gate's, of every segment.
  const bool has_rulings = std::ranges::any_of(
      schema.events, [](const auto& known) { return known.second.system == profiles::SystemStream::Ruling; });
  if (!has_rulings) return needs;
  for (const profiles::SystemTrait& trait : profiles::kTraitsOfRulings) add_trait(trait.name);
  return needs;
}

}  // namespace tessera::language

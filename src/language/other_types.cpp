#include "language/other_types.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "language/time_properties.hpp"
#include "language/walk.hpp"

namespace tessera::language {

namespace {

using profiles::PropertyType;

enum class Reads : uint8_t { None, Numbers, All };

// Which values of this form a place of this type reads. `each`: the elements of lists count one by one.
Reads reads(Type type, bool each, const Schema::Form& form) {
  const auto all_of = [&](PropertyType read) { return form.type == read ? Reads::All : Reads::None; };
  if (type == Type::List) return form.is_list ? Reads::All : Reads::None;
  if (form.is_list && !each) return Reads::None;
  switch (type) {
    case Type::Number:
      if (form.type == PropertyType::Text) return Reads::Numbers;
      [[fallthrough]];
    case Type::Duration:
      return all_of(PropertyType::Number);
    case Type::Text:
    case Type::Instant:
      return all_of(PropertyType::Text);
    case Type::Bool:
    case Type::Condition:
      return all_of(PropertyType::Bool);
    default:
      return Reads::All;
  }
}

class TypeWalker {
 public:
  TypeWalker(const Schema& now, const std::vector<std::set<OtherType>>& before) : now_(now), before_(before) {}

  std::set<OtherType> of(const Expr& body) {
    visit(body);
    for (const OtherType& one : read_) other_.erase(one);
    // What it uses says for itself what it reads.
    other_.insert(used_.begin(), used_.end());
    return std::move(other_);
  }

 private:
  void visit(const Expr& expr) {
    if (const auto* trait = std::get_if<Trait>(&expr.node)) look_at(now_.traits, "", trait->name, expr.type, false);
    if (const auto* property = std::get_if<Property>(&expr.node); property && !time_property(property->name))
      look_at_events(property->name, expr.type, false);
    if (const auto* name = std::get_if<Name>(&expr.node)) use(name->definition);
    if (const auto* in = std::get_if<InSegment>(&expr.node)) use(in->definition);
    if (const auto* aggregate = std::get_if<Aggregate>(&expr.node)) look_at(*aggregate, expr.type);
    const auto* any = std::get_if<AnyElement>(&expr.node);
    if (any) lists_.push_back(any->list);
    for_each_child(expr, [&](const Expr& child) { visit(child); }, [&](const EventPattern& events) { visit(events); });
    if (any) lists_.pop_back();
  }

  void visit(const EventPattern& events) {
    const EventPattern* const outer = std::exchange(events_, &events);
    if (!events.each.empty()) lists_.push_back(events.each);
    for (const Expr& where : events.where) visit(where);
    if (!events.each.empty()) lists_.pop_back();
    events_ = outer;
  }

  void look_at(const Aggregate& aggregate, Type type) {
    // What is counted by its kinds counts in every type.
    if (aggregate.property.empty() || aggregate.kind == AggregateKind::Distinct) return;
    if (time_property(aggregate.property)) return;
    const EventPattern* const outer = std::exchange(events_, &aggregate.events);
    if (!aggregate.events.each.empty()) lists_.push_back(aggregate.events.each);
    look_at_events(aggregate.property, type, true);
    if (!aggregate.events.each.empty()) lists_.pop_back();
    events_ = outer;
  }

  void look_at_events(const std::string& name, Type type, bool each) {
    if (!events_) return;
    for (const std::string& event : events_->names)
      if (const auto known = now_.events.find(event); known != now_.events.end()) look_at(*known, name, type, each);
    if (!events_->names.empty()) return;
    for (const auto& known : now_.events)
      if (profiles::is_counted(known.second.system)) look_at(known, name, type, each);
  }

  void look_at(const std::pair<const std::string, Schema::Event>& event, const std::string& name, Type type,
               bool each) {
    for (const std::string& list : lists_) look_at(event.second.properties, event.first, list + "." + name, type, true);
    look_at(event.second.properties, event.first, name, type, each);
  }

  // Under the name itself, and under the names of members where it came as an object.
  void look_at(const Schema::Properties& properties, const std::string& event, const std::string& name, Type type,
               bool each) {
    for (auto at = properties.lower_bound(name); at != properties.end() && at->first.starts_with(name); ++at) {
      const bool is_whole = at->first.size() == name.size();
      if (!is_whole && at->first[name.size()] != '.') continue;
      for (const Schema::Form& form : at->second) {
        const Reads which = is_whole ? reads(type, each, form) : Reads::None;
        (which == Reads::All ? read_ : other_).insert({event, at->first, form, which == Reads::Numbers});
      }
    }
  }

  void use(uint32_t definition) { used_.insert(before_[definition].begin(), before_[definition].end()); }

  const Schema& now_;
  const std::vector<std::set<OtherType>>& before_;
  const EventPattern* events_ = nullptr;
  std::vector<std::string> lists_;
  std::set<OtherType> other_, read_, used_;
};

}  // namespace

std::vector<std::set<OtherType>> other_types(const Program& program, const Schema& now) {
  std::vector<std::set<OtherType>> out;
  for (const Definition& definition : program.definitions) out.push_back(TypeWalker(now, out).of(definition.body));
  return out;
}

std::string text_of(const OtherType& type) {
  return type.event.empty() ? "trait " + type.property : fmt::format("{} of {}", type.property, type.event);
}

std::string_view came_as(const OtherType& type) {
  const Schema::Form& form = type.form;
  if (type.but_numbers) return form.is_list ? "list of text that is no number" : "text that is no number";
  constexpr std::array<std::string_view, 4> kPlain{"", "true or false", "number", "text"};
  constexpr std::array<std::string_view, 4> kLists{"", "list of true or false", "list of number", "list of text"};
  return (form.is_list ? kLists : kPlain)[static_cast<size_t>(form.type)];
}

}  // namespace tessera::language

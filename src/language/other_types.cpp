#include "language/other_types.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "language/amounts.hpp"
#include "language/time_properties.hpp"
#include "language/walk.hpp"
#include "profiles/currencies.hpp"
#include "profiles/value_count.hpp"

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
      look_at_events(property->name, expr.type, false, property->currency);
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
    // What is counted by its kinds counts in every type; amounts of other currencies do not.
    const bool is_distinct = aggregate.kind == AggregateKind::Distinct;
    if (aggregate.property.empty() || (is_distinct && aggregate.currency.empty())) return;
    if (time_property(aggregate.property)) return;
    const EventPattern* const outer = std::exchange(events_, &aggregate.events);
    if (!aggregate.events.each.empty()) lists_.push_back(aggregate.events.each);
    only_amounts_ = is_distinct;
    look_at_events(aggregate.property, type, true, aggregate.currency);
    only_amounts_ = false;
    if (!aggregate.events.each.empty()) lists_.pop_back();
    events_ = outer;
  }

  void look_at_events(const std::string& name, Type type, bool each, const std::string& currency) {
    // What a condition leaves out is not missing.
    const bool is_narrowed = events_ && !events_->where.empty() && currency_in(events_->where[0]) == currency;
    currency_ = is_narrowed ? "" : currency;
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
        add_amount(event, at->first, form, is_whole && reads(type, each, form) != Reads::None);
        if (only_amounts_) continue;
        const Reads which = is_whole ? reads(type, each, form) : Reads::None;
        (which == Reads::All ? read_ : other_).insert({event, at->first, form, which == Reads::Numbers});
      }
    }
  }

  void add_amount(const std::string& event, const std::string& property, const Schema::Form& form, bool is_read) {
    const bool is_amount = is_read && !currency_.empty() && form.type != PropertyType::Bool;
    if (is_amount && !event.empty() && !are_all_in(now_, event, currency_))
      other_.insert({event, property, form, false, currency_});
  }

  void use(uint32_t definition) { used_.insert(before_[definition].begin(), before_[definition].end()); }

  const Schema& now_;
  const std::vector<std::set<OtherType>>& before_;
  const EventPattern* events_ = nullptr;
  std::vector<std::string> lists_;
  std::string currency_;       // in which the property at hand is read
  bool only_amounts_ = false;  // its other types are none of our concern
  std::set<OtherType> other_, read_, used_;
};

}  // namespace

std::vector<std::set<OtherType>> other_types(const Program& program, const Schema& now) {
  std::vector<std::set<OtherType>> out;
  for (const Definition& definition : program.definitions) out.push_back(TypeWalker(now, out).of(definition.body));
  return out;
}

Result<uint64_t> count_unread(store::Connection& connection, const profiles::EventTables& tables, const OtherType& type,
                              const profiles::MoneyBook& book) {
  const profiles::StreamName stream =
      type.event.empty() ? profiles::StreamName(profiles::SystemStream::Identify) : profiles::StreamName(type.event);
  if (!type.currency.empty())
    return profiles::count_unconverted(connection, tables, {stream, type.property, type.form.type, type.form.is_list},
                                       type.currency, book);
  return profiles::count_values(connection, tables, stream, type.property, type.form.type, type.form.is_list,
                                type.but_numbers ? profiles::Counted::ButNumbers : profiles::Counted::All);
}

std::string text_of(const OtherType& type) {
  return type.event.empty() ? "trait " + type.property : fmt::format("{} of {}", type.property, type.event);
}

std::string came_as(const OtherType& type) {
  if (type.currency == profiles::kRecordsCurrency) return "other currencies than the record's, without a rate";
  if (!type.currency.empty()) return fmt::format("other currencies than {}, without a rate", type.currency);
  const Schema::Form& form = type.form;
  if (type.but_numbers) return form.is_list ? "list of text that is no number" : "text that is no number";
  constexpr std::array<std::string_view, 4> kPlain{"", "true or false", "number", "text"};
  constexpr std::array<std::string_view, 4> kLists{"", "list of true or false", "list of number", "list of text"};
  return std::string((form.is_list ? kLists : kPlain)[static_cast<size_t>(form.type)]);
}

}  // namespace tessera::language

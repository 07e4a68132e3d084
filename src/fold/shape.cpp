#include "fold/shape.hpp"

#include <algorithm>

#include "profiles/extra.hpp"
#include "profiles/money_names.hpp"

namespace tessera::fold {

using profiles::is_under;

Wanted Wanted::by(const segment::Plan& plan) {
  Wanted wanted;
  for (const segment::Pattern& pattern : plan.patterns) {
    if (pattern.system != profiles::SystemStream::None) {
      wanted.systems.insert(pattern.system);
      continue;
    }
    wanted.any_event |= pattern.names.empty();
    wanted.events.insert(pattern.names.begin(), pattern.names.end());
    // An element's property is named without its list: the list is kept whole.
    if (!pattern.each.empty()) wanted.properties.insert(pattern.each);
  }
  for (const segment::Node& node : plan.nodes) {
    if (const auto* aggregate = std::get_if<segment::AggregatePlan>(&node.detail);
        aggregate && !aggregate->property.empty() && !aggregate->calendar)
      wanted.properties.insert(aggregate->property);
    if (node.op != segment::Op::Property && node.op != segment::Op::AnyElement) continue;
    wanted.properties.insert(std::get<std::string>(node.detail));
    if (node.scope == 0) wanted.systems.insert(profiles::SystemStream::Identify);
  }
  wanted.money = segment::money_wanted(plan);
  if (!wanted.money.empty()) wanted.properties.emplace(profiles::kCurrencyProperty);
  return wanted;
}

Wanted Wanted::of_traits(std::span<const std::string> names) {
  Wanted wanted;
  for (const std::string& name : names) {
    wanted.properties.insert(name);
    wanted.systems.insert(profiles::stream_of_trait(name));
  }
  return wanted;
}

void Wanted::add(const Wanted& other) {
  any_event |= other.any_event;
  events.insert(other.events.begin(), other.events.end());
  properties.insert(other.properties.begin(), other.properties.end());
  money.insert(other.money.begin(), other.money.end());
  systems.insert(other.systems.begin(), other.systems.end());
}

bool Wanted::keeps(profiles::StreamName stream) const {
  return (any_event && profiles::is_counted(stream.system)) || systems.contains(stream.system) ||
         events.contains(stream.event);
}

bool Wanted::keeps_property(std::string_view property) const {
  // A prefix of the property that ends before a dot, or all of it.
  for (size_t end = property.find('.');; end = property.find('.', end + 1)) {
    if (properties.contains(property.substr(0, end))) return true;
    if (end == std::string_view::npos) return false;
  }
}

bool Wanted::names(profiles::StreamName stream) const {
  return systems.contains(stream.system) || events.contains(stream.event);
}

bool Wanted::concerns_property(std::string_view property) const {
  return keeps_property(property) ||
         std::ranges::any_of(properties, [&](const std::string& each) { return is_under(each, property); });
}

profiles::Needs Wanted::needs(const profiles::EventTables& tables) const {
  profiles::Needs needs = profiles::Needs::nothing();
  const std::set<std::string> wanted(properties.begin(), properties.end());
  for (const profiles::EventTable& table : tables.all())
    if (keeps(table.event) || (table.system != profiles::SystemStream::None && keeps(table.system)))
      needs.events[table.event] = wanted;
  for (const std::string& event : events) needs.events[event] = wanted;  // a rare one, or not there yet
  return needs;
}

uint16_t StreamShape::property(std::string_view name) {
  const auto at = static_cast<size_t>(std::ranges::find(properties, name) - properties.begin());
  if (at == properties.size()) properties.emplace_back(name);
  return static_cast<uint16_t>(at);
}

uint16_t StreamShape::slot(Slot wanted) {
  const auto at = static_cast<size_t>(std::ranges::find(slots, wanted) - slots.begin());
  if (at == slots.size()) slots.push_back(wanted);
  return static_cast<uint16_t>(at);
}

std::optional<uint16_t> Shape::stream(profiles::StreamName name) {
  std::pair key(std::string(name.event), name.system);
  if (const auto found = by_name_.find(key); found != by_name_.end()) return found->second;
  if (!wanted_.keeps(name)) return std::nullopt;
  if (!wanted_.names(name) && !name.event.empty() && unnamed_ >= profiles::kMaxEvents) return stream(kUnnamed);
  unnamed_ += !wanted_.names(name);
  const auto index = static_cast<uint16_t>(streams_.size());
  streams_.push_back({.event = key.first, .system = name.system});
  by_name_.emplace(std::move(key), index);
  ++version_;
  return index;
}

bool Shape::covers(const Wanted& other) const {
  if (other.any_event && !wanted_.any_event) return false;
  const auto has_its_own = [&](const std::string& event) {
    return wanted_.events.contains(event) || by_name_.contains(std::pair(event, profiles::SystemStream::None)) ||
           (wanted_.any_event && unnamed_ < profiles::kMaxEvents);
  };
  return std::ranges::all_of(other.events, has_its_own) && std::ranges::includes(wanted_.systems, other.systems) &&
         std::ranges::all_of(other.properties, [&](const std::string& property) {
           return std::ranges::any_of(wanted_.properties,
                                      [&](const std::string& own) { return is_under(property, own); });
         });
}

std::optional<uint16_t> Shape::property(uint16_t stream, std::string_view property) {
  if (!wanted_.concerns_property(property)) return std::nullopt;
  return streams_[stream].property(property);
}

std::optional<uint16_t> Shape::slot(uint16_t stream, std::string_view property, Slot wanted) {
  if (!wanted_.keeps_property(property)) return std::nullopt;
  wanted.property = *this->property(stream, property);
  const size_t before = streams_[stream].slots.size();
  const uint16_t slot = streams_[stream].slot(wanted);
  version_ += streams_[stream].slots.size() > before;
  return slot;
}

std::optional<uint16_t> Shape::slot(uint16_t stream, std::string_view property, profiles::PropertyType type,
                                    bool is_list) {
  return slot(stream, property, Slot{.property = 0, .type = type, .is_list = is_list});
}

void Shape::note_currency(uint16_t stream, std::string_view named) {
  StreamShape& of = streams_[stream];
  if (of.has_more_currencies || std::ranges::find(of.currencies, named) != of.currencies.end()) return;
  std::string code = currency_named(named);
  if (code.empty() || std::ranges::find(of.currencies, code) != of.currencies.end()) return;
  if (of.currencies.size() < kMostCurrencies)
    of.currencies.push_back(std::move(code));
  else
    of.has_more_currencies = true;
  ++version_;
}

std::vector<profiles::MoneyWant> Shape::converted(size_t stream, const profiles::MoneyBook& book) const {
  const StreamShape& of = streams_[stream];
  std::vector<profiles::MoneyWant> out;
  if (book.home.empty() || !profiles::is_counted(of.system)) return out;
  for (const profiles::MoneyWant& want : wanted_.money) {
    const std::string_view currency = book.resolved(want.currency);
    const bool is_other = currency != book.home || of.has_more_currencies ||
                          std::ranges::any_of(of.currencies, [&](const auto& named) { return named != currency; });
    if (is_other) out.push_back(want);
  }
  return out;
}

std::optional<uint16_t> Shape::length_slot(uint16_t stream, std::string_view prefix) {
  return slot(stream, prefix,
              Slot{.property = 0, .type = profiles::PropertyType::Number, .is_list = false, .is_length = true});
}

}  // namespace tessera::fold

#include "language/lookup.hpp"

#include "profiles/money.hpp"

namespace tessera::language {

namespace {

// Stands for every event; no event has this name.
const std::string kAny;

const Schema::Event* event_in(const Schema* schema, const std::string& name) {
  if (!schema) return nullptr;
  const auto found = schema->events.find(name);
  return found == schema->events.end() ? nullptr : &found->second;
}

const Lookup::Forms* forms_in(const Schema::Properties& properties, const std::string& name) {
  const auto found = properties.find(name);
  return found == properties.end() ? nullptr : &found->second;
}

const Lookup::Forms* forms_in(const Schema* schema, const std::string& event, const std::string& name) {
  const Schema::Event* found = event_in(schema, event);
  return found ? forms_in(found->properties, name) : nullptr;
}

// The names under which a property may be meant, in the order in which they are tried.
std::vector<std::string> names_under(const std::vector<std::string>& lists, const std::string& name) {
  std::vector<std::string> out;
  for (auto list = lists.rbegin(); list != lists.rend(); ++list) out.push_back(*list + "." + name);
  out.push_back(name);
  return out;
}

// Of one event, by its forms under each of these names: an element's where there is one, else the event's own.
template <typename FormsOf>
void add_forms(const std::vector<std::string>& names, const FormsOf& forms_of, Lookup::Forms& out) {
  for (size_t i = 0; i < names.size(); ++i) {
    const Lookup::Forms* forms = forms_of(names[i]);
    if (!forms || forms->empty()) continue;
    for (Schema::Form form : *forms) {
      if (i + 1 < names.size()) form.is_list = false;
      out.insert(form);
    }
    return;
  }
}

}  // namespace

bool Lookup::has_event(const std::string& name) {
  const Schema::Event* known = event_in(settled_, name);
  if (!known) known = event_in(&now_, name);
  if (known) found_.events.try_emplace(name).first->second.system = known->system;
  return known != nullptr;
}

const Lookup::Forms& Lookup::trait(const std::string& name) {
  const auto [at, is_new] = found_.traits.try_emplace(name);
  if (!is_new) return at->second;
  const Forms* known = settled_ ? forms_in(settled_->traits, name) : nullptr;
  if (!known) known = forms_in(now_.traits, name);
  if (known) at->second = *known;
  return at->second;
}

const Lookup::Forms& Lookup::property_of(const std::string& event, const std::string& name) {
  Schema::Event& of = found_.events[event];
  const auto [at, is_new] = of.properties.try_emplace(name);
  if (!is_new) return at->second;
  const Forms* known = forms_in(settled_, event, name);
  if (!known) known = forms_in(&now_, event, name);
  if (known) at->second = *known;
  return at->second;
}

Lookup::Forms& Lookup::property_of_any(const std::vector<std::string>& lists, const std::string& name) {
  std::string key;
  for (const std::string& list : lists) key += list + "[].";
  const auto [at, is_new] = found_.events[kAny].properties.try_emplace(key + name);
  if (!is_new) return at->second;
  if (const Forms* known = forms_in(settled_, kAny, at->first)) return at->second = *known;
  for (const auto& [event, known] : now_.events)
    if (profiles::is_counted(known.system))
      add_forms(
          names_under(lists, name), [&](const std::string& under) { return forms_in(known.properties, under); },
          at->second);
  return at->second;
}

Lookup::Forms Lookup::property(const EventPattern* events, const std::vector<std::string>& lists,
                               const std::string& name) {
  Forms out;
  if (!events) return out;
  if (events->names.empty()) return property_of_any(lists, name);
  for (const std::string& event : events->names)
    add_forms(names_under(lists, name), [&](const std::string& under) { return &property_of(event, under); }, out);
  return out;
}

std::string Lookup::currency() {
  const std::string& asked = now_.asked_currency.empty() ? now_.currency : now_.asked_currency;
  if (!settled_) found_.currency = asked;
  const std::string& out = found_.currency.empty() ? asked : found_.currency;
  return out.empty() ? std::string(profiles::kRecordsCurrency) : out;
}

void Lookup::forget_property(const EventPattern* events, const std::vector<std::string>& lists,
                             const std::string& name) {
  if (!events) return;
  if (events->names.empty()) property_of_any(lists, name).clear();
  for (const std::string& event : events->names)
    for (const std::string& under : names_under(lists, name)) found_.events[event].properties[under].clear();
}

}  // namespace tessera::language

#include "language/schema.hpp"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "profiles/money.hpp"
#include "profiles/schema.hpp"

namespace tessera::language {

namespace {

using profiles::PropertyType;

struct FormName {
  std::string_view text;
  Schema::Form form;
};
constexpr std::array<FormName, 6> kFormNames{{{"bool", {PropertyType::Bool, false}},
                                              {"number", {PropertyType::Number, false}},
                                              {"text", {PropertyType::Text, false}},
                                              {"list of bool", {PropertyType::Bool, true}},
                                              {"list of number", {PropertyType::Number, true}},
                                              {"list of text", {PropertyType::Text, true}}}};

Json properties_to_json(const Schema::Properties& properties) {
  Json out = Json::object();
  for (const auto& [name, forms] : properties) {
    Json list = Json::array();
    for (const FormName& known : kFormNames)
      if (forms.contains(known.form)) list.add(known.text);
    out.set(name, std::move(list));
  }
  return out;
}

Result<Schema::Properties> properties_from_json(const Json* json, std::string_view where) {
  Schema::Properties out;
  if (!json) return out;
  if (!json->as_object()) return fail(fmt::format("{}: expected an object of properties", where));
  for (const auto& [name, forms] : *json->as_object()) {
    if (!forms.as_array()) return fail(fmt::format("{}.{}: expected a list of types", where, name));
    std::set<Schema::Form>& known_forms = out[name];  // none: a definition has looked for it in vain
    for (const Json& form : *forms.as_array()) {
      const std::string text = form.text_or("");
      const auto known = std::ranges::find(kFormNames, text, &FormName::text);
      if (known == kFormNames.end())
        return fail(
            fmt::format("{}.{}: unknown type '{}'; known are bool, number, text, list of ...", where, name, text));
      known_forms.insert(known->form);
    }
  }
  return out;
}

}  // namespace

bool are_all_in(const Schema& schema, const std::string& event, std::string_view currency) {
  if (schema.currency.empty()) return true;
  const std::string_view wanted = currency == profiles::kRecordsCurrency ? schema.currency : currency;
  const auto known = schema.events.find(event);
  if (known == schema.events.end()) return false;
  if (known->second.currencies.empty()) return wanted == schema.currency;
  return std::ranges::all_of(known->second.currencies, [&](const auto& named) {
    return (named.first.empty() ? schema.currency : named.first) == wanted;
  });
}

Schema schema_of(const profiles::History& history) {
  Schema out;
  for (const profiles::Stream& stream : history.streams) {
    Schema::Properties properties;
    for (const profiles::Column& column : stream.columns)
      properties[column.property].insert({column.type, column.is_list});
    if (stream.system == profiles::SystemStream::Identify)
      out.traits = std::move(properties);
    else if (!stream.event.empty())  // rare ones, not told apart
      out.events.try_emplace(stream.event,
                             Schema::Event{.count = stream.rows(), .system = stream.system, .properties = properties});
  }
  return out;
}

Schema schema_of(const std::vector<profiles::EventListing>& listing) {
  Schema out;
  for (const profiles::EventListing& event : listing) {
    Schema::Properties properties;
    for (const profiles::PropertyListing& listed : event.properties)
      properties[listed.property].insert({listed.type, listed.is_list});
    if (event.system == profiles::SystemStream::Identify)
      out.traits = std::move(properties);
    else
      out.events[event.event] = {
          .count = event.rows, .system = event.system, .properties = std::move(properties), .is_rare = event.is_rare};
  }
  return out;
}

Json to_json(const Schema& schema) {
  Json events = Json::object();
  for (const auto& [name, event] : schema.events) {
    Json item = Json::object();
    item.set("count", event.count).set("properties", properties_to_json(event.properties));
    if (const profiles::SystemStreamRow* row = profiles::row_of(event.system)) item.set("system", row->name);
    events.set(name, std::move(item));
  }
  Json out = Json::object();
  out.set("events", std::move(events)).set("traits", properties_to_json(schema.traits));
  if (!schema.currency.empty()) out.set("currency", schema.currency);
  return out;
}

Result<Schema> schema_from_json(const Json& json) {
  Schema out;
  if (!json.as_object()) return fail("a schema is an object with events and traits");
  if (const Json* events = json.find("events")) {
    if (!events->as_object()) return fail("events: expected an object");
    for (const auto& [name, event] : *events->as_object()) {
      const Json* count = event.find("count");
      const Json* system = event.find("system");
      out.events[name] = {.count = count ? static_cast<uint64_t>(count->number_or(0)) : 0,
                          .system = profiles::system_stream_named(system ? system->text_or("") : ""),
                          .properties = TRY(properties_from_json(event.find("properties"), name))};
    }
  }
  out.traits = TRY(properties_from_json(json.find("traits"), "traits"));
  if (const Json* currency = json.find("currency")) out.currency = currency->text_or("");
  return out;
}

}  // namespace tessera::language

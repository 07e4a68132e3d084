// What the record knows by name: its events, their properties and the traits, with the types they came in. The checker
// compares definitions with it; a name it does not know is a warning, a type it contradicts is an error.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "profiles/history.hpp"

namespace tessera::profiles {
struct EventListing;
}

namespace tessera::language {

struct Schema {
  struct Form {
    profiles::PropertyType type = profiles::PropertyType::Text;
    bool is_list = false;
    auto operator<=>(const Form&) const = default;
  };
  using Properties = std::map<std::string, std::set<Form>>;  // a property may have come in several forms
  struct Event {
    uint64_t count = 0;
    profiles::SystemStream system = profiles::SystemStream::None;
    Properties properties;
    bool is_rare = false;  // has no table of its own (profiles/tables.hpp)
    // How many name which currency, under "" none (profiles/currencies.hpp); empty: none of them ever named one.
    std::map<std::string, uint64_t> currencies = {};
    bool operator==(const Event&) const = default;
  };
  std::map<std::string, Event> events;  // Identify is not in it: its properties are the traits
  Properties traits;
  std::string zone = {};  // by whose calendar a definition without a zone reads times; empty: UTC
  // In which the amounts are read of what says none: the record's. Empty: there is none. Of what a definition is settled
  // with: in which its amounts are read; empty: the record's.
  std::string currency = {};
  bool currency_is_set = false;     // by the user
  std::string asked_currency = {};  // of a question, before the record's

  // Nothing is known: then no name is unknown.
  bool empty() const { return events.empty() && traits.empty(); }
  bool operator==(const Schema&) const = default;
};

// Whether all amounts of an event are in that currency (profiles::kRecordsCurrency: the record's), as far as is known.
bool are_all_in(const Schema& schema, const std::string& event, std::string_view currency);

// O(columns).
Schema schema_of(const profiles::History& history);
// Of profiles::list_events().
Schema schema_of(const std::vector<profiles::EventListing>& listing);

// {"events": {"Order Completed": {"count": 3, "properties": {"total": ["number"], "products.category": ["list of
// text"]}}},
//  "traits": {"country": ["text"]}}
Json to_json(const Schema& schema);
Result<Schema> schema_from_json(const Json& json);

}  // namespace tessera::language

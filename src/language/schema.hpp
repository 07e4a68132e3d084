// What the record knows by name: its events, their properties and the traits, with the types they came in. The checker
// compares definitions with it; a name it does not know is a warning, a type it contradicts is an error.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
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
    bool operator==(const Event&) const = default;
  };
  std::map<std::string, Event> events;  // Identify is not in it: its properties are the traits
  Properties traits;
  std::string zone = {};  // by whose calendar a definition without a zone reads times; empty: UTC

  // Nothing is known: then no name is unknown.
  bool empty() const { return events.empty() && traits.empty(); }
  bool operator==(const Schema&) const = default;
};

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

// What kind of personal data a property is, decided at import from its name and its values, in English, German, French
// and Spanish. The class is kept with the property in the record (tessera.property.class) and decides what may be used
// to find segments and to describe them. A class is a guess on the careful side: a person may set another, which stays.
//
// What stays out of clustering, personas and ads until someone allows it by name:
//   contact, device    always: they tell people apart, they do not describe them
//   health, belief     always: special categories (GDPR article 9)
//   demographic        age, gender, marital status, postcode ...: under the health and bank presets
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tessera::store {
class Connection;
}

namespace tessera::privacy {

enum class PropertyClass : uint8_t { Ordinary, Contact, Device, Demographic, Health, Belief, Money };

// "ordinary", "contact", ...: stored on disk, never rename.
std::string_view name_of(PropertyClass kind);
std::optional<PropertyClass> class_named(std::string_view name);

// By the property's name ("traits.postcode", "Geburtsdatum", "products.name") and, where given, some of its values
// (e-mail addresses, IP addresses, IBANs, card numbers, ICD-10 codes, names of illnesses and wards). The event tells
// whose a bare "name" is: that of "$identify" a person's, that of "Offer Viewed" an offer's.
PropertyClass class_of(std::string_view event, std::string_view property, std::span<const std::string> values = {});

// Whether segments may be found by a property of this class. `preset` is the industry's: "shop", "clinic", "bank",
// "airline", "health", "insurance"; empty: none said.
bool allowed_in_discovery(PropertyClass kind, std::string_view preset);

// Classes every property of the record that has none yet; those set before (by a person, or by an earlier import) stay.
// Returns those classed now whose class is not ordinary: "Order Completed.email" -> "contact".
// In the transaction at hand, if there is one.
Result<std::map<std::string, std::string>> class_properties(store::Connection& connection);

}  // namespace tessera::privacy

// What the name of a property is made of: vendors write who somebody is in the order ("ship", "bill to", "Empfänger")
// beside what of them stands in the column ("name", "zip", "Telefon"), each in their own way and language. Such a name is
// known by its words, in English, German, French, Spanish and Italian, and not by a list of whole names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tessera::privacy {

enum class Saying : uint8_t { PersonsName, PersonsPhone, Address, Postcode };

// `name`: folded words with one '_' between. `values`: some of the column, where it is one of texts. A name that has
// words of which nothing is known is a person's only where the values look like names of people, and never where one of
// its words is a thing's (product, campaign, file).
std::optional<Saying> saying_of(std::string_view name, std::span<const std::string> values);

// Whether somebody is named: "buyer", "ship_to", "destinatario".
bool names_somebody(std::string_view name);

}  // namespace tessera::privacy

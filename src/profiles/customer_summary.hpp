// Who one customer is, as far as the record knows without looking at what they did: by which identifiers, with how many
// facts, from when to when.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "profiles/identity.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

struct Acquaintance {
  std::string customer;                                         // public id
  std::map<IdentifierKind, std::vector<std::string>> known_by;  // the values are personal data: shown to whoever asks
                                                                // with --identified, which is logged
  std::map<std::string, uint64_t> events;                       // how many of each name, traits and rulings apart
  std::optional<Instant> first, last;                           // of those with a time
  std::string last_event;
};

// By public id, any identifier, an identifier with its kind ("email:ann@shop.com"), or the pseudonym of reports and
// letters, made with the record's `key`. Facts of time <= as_of, learnt
// by known_at. nullopt: nobody is known by it. O(facts of the record): a scan of one column a kind of event.
Result<std::optional<Acquaintance>> acquaintance(store::Connection& connection, const std::string& key,
                                                 std::string_view id, Instant as_of, Instant known_at);

// The error for an id that nobody is known by; it names a near one.
Result<Error> nobody(store::Connection& connection, std::string_view id);

// "1 user id, 2 anonymous ids"
std::string kinds_text(const Acquaintance& acquaintance);
// `identified`: with the identifiers' values.
Json to_json(const Acquaintance& acquaintance, bool identified);

}  // namespace tessera::profiles

// Who plays what in this record: the industry, its main event and its properties, found from names and from what the
// columns hold.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "features/industry.hpp"
#include "features/net_money.hpp"
#include "profiles/history.hpp"

namespace tessera::features {

struct EventRoles {
  IndustryTerms words;                                  // of the industry, adapted to a generic main event
  std::array<std::vector<std::string>, kParts> events;  // present in the record, by part
  std::string money;                                    // property of main events; empty = none
  NetMoney net;                                         // what they bring, less what is given back
  std::string list;                                     // list of things of a main event: "products"; empty = none
  std::string item_name;                                // name of a thing in that list: "name"; or a plain property
  std::string category;                                 // property of category, of the list or plain
  bool category_in_list = false;
  bool service_lines = false;               // things have a flag "service": postage, fees, adjustments
  std::string count;                        // property of how many things, where there is no list
  std::vector<std::string> promotion;       // properties that say a reduction was had: "coupon"
  std::string channel, device;              // properties of any event
  std::string value_definition;             // for readers: "sum of revenue of orders, less refunds"
  std::string currency;                     // of the money; empty: no event names one
  std::vector<profiles::LeftOut> left_out;  // what of it is in other currencies, and not converted

  const std::vector<std::string>& of(EventRole part) const { return events[static_cast<size_t>(part)]; }
  bool has(EventRole part) const { return !of(part).empty(); }
  std::string alias(EventRole part) const;  // name in the segment language
  // What values are called: "spend net of returns in EUR"; without amounts "orders".
  std::string value_words() const;
};

// Of a record that knows people and nothing that they did: no events, and words for a table of customers.
EventRoles roles_without_events();

// Error where no event could be the main one.
Result<EventRoles> recognise(const profiles::History& history);
// Without events, but with traits of customers: roles_without_events().
Result<EventRoles> recognise_any(const profiles::History& history);

}  // namespace tessera::features
